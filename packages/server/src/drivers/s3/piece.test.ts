import { createHash } from 'node:crypto'
import { loadHasher } from '@lading/protocol'
import { expect, test } from 'vitest'
import type { BlobId } from '../../ports/blob-store.ts'
import { BLOCK, BlockSums, SUM } from '../blob-layout.ts'
import { Budget } from './budget.ts'
import { Piece } from './piece.ts'
import { SLAB, Slabs } from './slabs.ts'

const ID = '0'.repeat(32) as BlobId
const CAPACITY = 16 * (BLOCK + SUM)

const makeHasher = await loadHasher({ crc64: false })

function opened(all = 64 * SLAB) {
  const memory = new Budget(all, { waitMs: 1, refusal: 'no room' })
  const slabs = new Slabs()
  return { memory, slabs, piece: () => new Piece(CAPACITY, { memory, slabs, makeHasher }) }
}

async function gather(piece: Piece, bytes: Uint8Array, step: number) {
  const sums = new BlockSums(ID)
  for (let at = 0; at < bytes.length; ) {
    const taken = bytes.subarray(at, Math.min(at + step, at + sums.left))
    await piece.add(taken, sums)
    at += taken.length
  }
  return await piece.end(sums)
}

const lengths = [0, 1, 65_535, 65_536, 65_537, SLAB - 1, SLAB, SLAB + 1, 3 * SLAB, 12 * BLOCK]

test.each(lengths)(
  '%i bytes are gathered as they came, whatever pieces they came in',
  async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8)) & 0xff)
    const { piece } = opened()
    const seen = new Set<string>()
    for (const step of [997, 65_536, size + 1]) {
      const { size: stored, chunks, md5 } = await gather(piece(), bytes, step)
      const all = Buffer.concat(chunks)
      expect(all.length).toBe(stored)
      expect(md5).toEqual(createHash('md5').update(all).digest())
      seen.add(all.toString('latin1'))
      // The first block with its sum after it, or all there is.
      expect(all.subarray(0, Math.min(BLOCK, size)).equals(bytes.subarray(0, BLOCK))).toBe(true)
    }
    expect(seen.size).toBe(1)
  },
)

test('memory that a request may still read is not used again', async () => {
  const { piece, slabs } = opened()
  const [lost, sent] = [piece(), piece()]
  const { chunks: stillRead } = await gather(lost, new Uint8Array(3 * SLAB).fill(1), SLAB)
  lost.release({ isSent: false })
  const { chunks } = await gather(sent, new Uint8Array(3 * SLAB).fill(2), SLAB)
  sent.release({ isSent: true })
  const memoryOf = (bytes: Uint8Array | undefined): unknown => bytes?.buffer
  const again = chunks.map(() => memoryOf(slabs.take()))
  expect(again).toContain(memoryOf(chunks[0]))
  for (const chunk of stillRead) expect(again).not.toContain(memoryOf(chunk))
})

test('what is released is given back in full', async () => {
  const { piece } = opened(5 * SLAB)
  for (let round = 0; round < 5; round += 1) {
    const one = piece()
    await gather(one, new Uint8Array(4 * SLAB), SLAB)
    one.release({ isSent: round % 2 === 0 })
  }
})
