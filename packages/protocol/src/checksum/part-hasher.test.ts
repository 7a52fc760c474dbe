import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { createCRC64 } from 'hash-wasm'
import { expect, onTestFinished, test } from 'vitest'
import type { Sums } from './hasher.ts'
import { loadPartHasher } from './load-part-hasher.ts'
import type { PartHasher } from './part-hasher.ts'

const reference = await createCRC64()

async function start(count: number, size: number): Promise<PartHasher> {
  const hasher = await loadPartHasher(count, size)
  if (!hasher) throw new Error('Node has threads and shared memory.')
  onTestFinished(() => hasher.close())
  return hasher
}

/** A buffer of these bytes; the same `salt` gives the same ones. */
function filled(hasher: PartHasher, size: number, salt = 0): Uint8Array {
  const buffer = hasher.take(size)
  if (!buffer) throw new Error('There is room for it.')
  for (let at = 0; at < size; at += 1) buffer[at] = ((at + salt) * 2_654_435_761) >>> 13
  return buffer
}

/** What other people's code makes of the same bytes. */
function expected(buffer: Uint8Array, crc64 = true): Sums {
  const bytes = Uint8Array.from(buffer)
  const sum = BigInt(`0x${reference.init().update(bytes).digest()}`)
  const md5 = Uint8Array.from(createHash('md5').update(bytes).digest())
  return { md5, crc64: crc64 ? sum : undefined, size: bytes.length }
}

const MOST = 70_000

test('the sums of parts of any lengths, any number of them together, are those of others', async () => {
  // Around the ends of blocks, of padding and of a step of the thread, which is 32 KiB.
  const near = fc
    .tuple(fc.constantFrom(0, 64, 128, 16_384, 32_768, 65_536), fc.integer({ min: -9, max: 64 }))
    .map(([length, more]) => Math.max(0, length + more))
  const part = fc.record({
    length: fc.oneof(near, fc.nat(MOST)),
    salt: fc.nat(),
    crc64: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 9 }), async (parts) => {
      const room = await start(parts.length, MOST)
      const buffers = parts.map(({ length, salt }) => filled(room, length, salt))
      const sums = parts.map(async ({ crc64 }, at) => {
        const sums = await room.sums(buffers[at] as Uint8Array, { crc64 })
        room.onItsWay(buffers[at] as Uint8Array)
        return sums
      })
      const others = parts.map(({ crc64 }, at) => expected(buffers[at] as Uint8Array, crc64))
      expect(await Promise.all(sums)).toEqual(others)
      await room.close()
    }),
    { numRuns: 20 },
  )
})

test('a part waits for those that are being filled, until there are four', async () => {
  const hasher = await start(5, 1024)
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map((salt) => filled(hasher, 1024, salt))
  const order: string[] = []
  const sums = (name: string, buffer: Uint8Array | undefined) =>
    hasher.sums(buffer as Uint8Array, { crc64: false }).then(() => order.push(name))
  const first = [sums('a', a), sums('b', b), sums('c', c)]
  // Another thread has long answered by then, if it was asked.
  const other = await start(2, 1024)
  const elsewhere = filled(other, 1024)
  await other.sums(elsewhere, { crc64: false })
  other.onItsWay(elsewhere)
  expect(order).toEqual([])
  await Promise.all([...first, sums('d', d)])
  expect(order).toEqual(['a', 'b', 'c', 'd'])
  const fifth = sums('e', e)
  // As long as one of them lies ready, there is time.
  for (const ready of [a, b, c]) hasher.onItsWay(ready as Uint8Array)
  await other.sums(filled(other, 1024), { crc64: false })
  expect(order).toHaveLength(4)
  hasher.giveBack(d as Uint8Array)
  await fifth
})

test('a part that is given back without being hashed keeps nobody waiting', async () => {
  const hasher = await start(2, 1024)
  const [a, b] = [filled(hasher, 1024, 1), filled(hasher, 1024, 2)]
  const sums = hasher.sums(a, { crc64: true })
  hasher.giveBack(b)
  expect(await sums).toEqual(expected(a))
})

test('a buffer given back is taken again by a part as long, and there are no more than fit', async () => {
  const size = 256 * 1024
  const hasher = await start(2, size)
  const [first, second] = [hasher.take(size), hasher.take(size)]
  expect(first).toHaveLength(size)
  expect(second).toHaveLength(size)
  expect(hasher.take(size)).toBeUndefined()
  hasher.giveBack(first as Uint8Array)
  expect(hasher.take(size - 1)).toBeUndefined()
  expect(hasher.take(size)).toBe(first)
})

test('a hasher that is closed rejects what it was asked for', async () => {
  const hasher = await start(2, 1024)
  const [a] = [filled(hasher, 1024), filled(hasher, 1024)]
  const waits = hasher.sums(a, { crc64: true })
  const rejected = expect(waits).rejects.toThrow('closed')
  await hasher.close()
  await rejected
  await expect(hasher.sums(a, { crc64: true })).rejects.toThrow('closed')
})

test('more memory than there can be is no hasher', async () => {
  expect(await loadPartHasher(5, 2 ** 30)).toBeUndefined()
})
