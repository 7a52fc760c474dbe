import { createHash } from 'node:crypto'
import { crc64, type MakeHasher } from '@lading/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { observe } from './digests.ts'
import { gather, makeHasher, refusalOf, streamOf } from './store-samples.contract.ts'

const bytes = new TextEncoder().encode('123456789')

test('the sums are those of all the bytes, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 3000 }),
      fc.integer({ min: 1, max: 999 }),
      async (all, cut) => {
        const observed = observe(streamOf(all, cut), makeHasher)
        expect(await gather(observed.bytes)).toEqual(all)
        const { md5, crc64: sum, size } = observed.digests()
        expect(Buffer.from(md5)).toEqual(createHash('md5').update(all).digest())
        expect(sum).toBe(crc64(all))
        expect(size).toBe(all.length)
      },
    ),
  )
})

test('bytes that are what was promised end as they should', async () => {
  const expected = { md5: createHash('md5').update(bytes).digest(), crc64: 0x995dc9bbdf1939fan }
  expect(await gather(observe(streamOf(bytes), makeHasher, expected).bytes)).toEqual(bytes)
})

test.each([
  ['InvalidDigest', { md5: new Uint8Array(16) }],
  ['InvalidCRC64', { crc64: 1n }],
  ['InvalidCRC64', { crc64: 0n }],
])('every byte passes before %s takes the place of the end', async (code, expected) => {
  const observed = observe(streamOf(bytes, 4), makeHasher, expected)
  const seen: number[] = []
  const reading = (async () => {
    for await (const chunk of observed.bytes) seen.push(...chunk)
  })()
  expect(await refusalOf(reading)).toMatchObject({ code, status: 400 })
  expect(seen).toEqual([...bytes])
  expect(() => observed.digests()).toThrow(TypeError)
})

test('the sums are not to be had before the end', async () => {
  const observed = observe(streamOf(bytes, 4), makeHasher)
  for await (const _ of observed.bytes) {
    expect(() => observed.digests()).toThrow(TypeError)
    break
  }
  expect(() => observed.digests()).toThrow(TypeError)
})

test('a hasher is given up when the bytes fail or nobody reads on', async () => {
  let inUse = 0
  const counting: MakeHasher = () => {
    const hasher = makeHasher()
    let open = true
    inUse += 1
    return {
      update: (chunk) => hasher.update(chunk),
      finish: () => hasher.finish(),
      abandon() {
        if (open) inUse -= 1
        open = false
        hasher.abandon()
      },
    }
  }
  for await (const _ of observe(streamOf(bytes, 4), counting).bytes) break
  const failing = (async function* () {
    yield bytes
    throw new Error('the peer left')
  })()
  await expect(gather(observe(failing, counting).bytes)).rejects.toThrow('the peer left')
  await gather(observe(streamOf(bytes), counting).bytes)
  expect(inUse).toBe(0)
})
