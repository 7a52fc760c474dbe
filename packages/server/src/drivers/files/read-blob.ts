/** A range of a blob's bytes from its file. */

import { BlobDamagedError, type BlobId, type ByteRange } from '../../ports/blob-store.ts'
import { BLOCK, BlockSums, FULL, readSum, SUM } from '../blob-layout.ts'
import type { OldFile } from './file-system.ts'

/** Blocks that are read at once. */
const BLOCKS = 2

/** Bytes of one read of a file without blocks. */
const READ_SIZE = 256 * 1024

/**
 * Of a file that holds the bytes and nothing else: what it says cannot be proved here.
 *
 * @throws {BlobDamagedError} it ends within the range.
 */
export async function* readPlain(
  id: BlobId,
  file: OldFile,
  { offset, length }: ByteRange,
): AsyncIterable<Uint8Array> {
  for (let at = offset, left = length; left > 0; ) {
    // A new buffer each time: who passes chunks on to a socket need not know when it is done.
    const chunk = new Uint8Array(Math.min(READ_SIZE, left))
    const read = await file.read(chunk, at)
    if (read === 0) throw new BlobDamagedError(id, `it ends at byte ${at}.`)
    yield chunk.subarray(0, read)
    at += read
    left -= read
  }
}

/**
 * Reads whole blocks, and yields of each what lies in the range once its sum is right.
 *
 * @param range within `size`, which is that of the blob.
 * @throws {BlobDamagedError} a block is not what was written, or is not there.
 */
export async function* readProved(
  id: BlobId,
  file: OldFile,
  { offset, length, size }: ByteRange & { readonly size: number },
): AsyncIterable<Uint8Array> {
  if (length === 0) return
  const end = offset + length
  let block = Math.floor(offset / BLOCK)
  const sums = new BlockSums(id, block)
  while (block * BLOCK < end) {
    const from = block * BLOCK
    const to = Math.min(size, from + BLOCKS * BLOCK, Math.ceil(end / BLOCK) * BLOCK)
    const bytes = await readFully(id, file, {
      position: block * FULL,
      length: to - from + SUM * Math.ceil((to - from) / BLOCK),
    })
    for (let at = 0; at < bytes.length; at += FULL, block += 1) {
      const own = bytes.subarray(at, Math.min(at + BLOCK, bytes.length - SUM))
      sums.add(own)
      if (sums.take() !== readSum(bytes, at + own.length)) {
        throw new BlobDamagedError(
          id,
          `its bytes from ${block * BLOCK} to ${block * BLOCK + own.length} are not those that were written.`,
        )
      }
      const begin = block * BLOCK
      yield own.subarray(Math.max(0, offset - begin), Math.min(own.length, end - begin))
    }
  }
}

async function readFully(
  id: BlobId,
  file: OldFile,
  { position, length }: { readonly position: number; readonly length: number },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let filled = 0; filled < length; ) {
    const read = await file.read(bytes.subarray(filled), position + filled)
    if (read === 0) throw new BlobDamagedError(id, `its file ends at byte ${position + filled}.`)
    filled += read
  }
  return bytes
}
