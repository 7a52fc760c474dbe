import { expect, test } from 'vitest'
import { GatheredWrites } from './gathered-writes.ts'

/** A file in memory that takes at most `most` bytes of a write. */
function memoryFile(most: number) {
  const bytes: number[] = []
  const writes: number[] = []
  return {
    bytes,
    writes,
    async writev(chunks: readonly Uint8Array[], position: number) {
      const given = chunks.flatMap((chunk) => [...chunk])
      const taken = given.slice(0, most)
      for (const [index, byte] of taken.entries()) bytes[position + index] = byte
      writes.push(taken.length)
      return { bytesWritten: taken.length }
    },
  }
}

test('writes every byte at its place when the system takes fewer than it is given', async () => {
  const file = memoryFile(3)
  const writes = new GatheredWrites(file, 2)
  for (const chunk of [[1, 2], [], [3, 4, 5, 6], [7]]) await writes.add(Uint8Array.from(chunk))
  await writes.flush()
  expect(file.bytes.slice(2)).toEqual([1, 2, 3, 4, 5, 6, 7])
})

test('fails when the system takes nothing, and does not ask for ever', async () => {
  const writes = new GatheredWrites(memoryFile(0), 0)
  await writes.add(new Uint8Array(7))
  await expect(writes.flush()).rejects.toThrow('none of 7 bytes')
})

test('writes once for many small chunks, and before it holds much', async () => {
  const file = memoryFile(Number.POSITIVE_INFINITY)
  const writes = new GatheredWrites(file, 0)
  for (let count = 0; count < 20; count += 1) await writes.add(new Uint8Array(64 * 1024))
  expect(file.writes).toEqual([512 * 1024, 512 * 1024])
  await writes.flush()
  expect(file.writes).toHaveLength(3)
  await writes.flush()
  expect(file.writes).toHaveLength(3)
})
