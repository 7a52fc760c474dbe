import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { createCRC64 } from 'hash-wasm'
import { describe, expect, test } from 'vitest'
import { vectors } from '../fixtures/crc64.ts'
import { toHex } from '../headers.ts'
import { HashCore, REGION } from './hash-core.ts'
import { scalarModule, simdModule } from './hash-core-module.ts'
import type { ByteHasher, Sums } from './hasher.ts'
import { makeLanes } from './lanes.ts'
import { loadHasher } from './load-hasher.ts'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const reference = await createCRC64()

/** What other people's code makes of the same bytes. */
function sumsOf(...chunks: readonly Uint8Array[]): Sums {
  const md5 = createHash('md5')
  reference.init()
  for (const chunk of chunks) {
    md5.update(chunk)
    reference.update(chunk)
  }
  return {
    md5: Uint8Array.from(md5.digest()),
    crc64: BigInt(`0x${reference.digest()}`),
    size: chunks.reduce((size, { length }) => size + length, 0),
  }
}

/** Bytes that no stretch of repeats. */
const pool = Uint8Array.from({ length: REGION * 3 }, (_, at) => (at * 2_654_435_761) >>> 13)
const piece = (from: number, length: number): Uint8Array =>
  pool.subarray(from % 1000, (from % 1000) + length)

async function feed(hasher: ByteHasher, ...chunks: readonly Uint8Array[]): Promise<void> {
  for (const chunk of chunks) await hasher.update(chunk)
}

test('both modules together are under 32 KiB, and are what the engine takes', () => {
  expect((simdModule.length + scalarModule.length) * 0.75).toBeLessThan(32 * 1024)
  for (const text of [simdModule, scalarModule]) {
    expect(WebAssembly.validate(Uint8Array.from(Buffer.from(text, 'base64')))).toBe(true)
  }
})

describe.each([
  ['with SIMD', true],
  ['without SIMD', false],
])('a hasher %s', async (_, simd) => {
  const make = await loadHasher({ simd })

  // Source: RFC 1321, appendix A.5.
  test.each([
    ['', 'D41D8CD98F00B204E9800998ECF8427E'],
    ['a', '0CC175B9C0F1B6A831C399E269772661'],
    ['abc', '900150983CD24FB0D6963F7D28E17F72'],
    ['message digest', 'F96B697D7CB7938D525A2F31AAF161D0'],
    ['abcdefghijklmnopqrstuvwxyz', 'C3FCD3D76192E4007DFB496CCA67E13B'],
    [
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
      'D174AB98D277D9F5A5611C2C9F419D9F',
    ],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      '57EDF4A22BE3C955AC49DA2E2107B67A',
    ],
  ])('takes the MD5 of %j as RFC 1321 gives it', async (text, expected) => {
    const hasher = make()
    await feed(hasher, ascii(text))
    expect(toHex((await hasher.finish()).md5)).toBe(expected)
  })

  test.each(vectors.strings)(
    'takes the CRC-64 of $input as published',
    async ({ input, decimal }) => {
      const hasher = make()
      await feed(hasher, ascii(input))
      expect((await hasher.finish()).crc64).toBe(BigInt(decimal))
    },
  )

  test('takes every length around the ends of blocks', async () => {
    for (const block of [0, 1, 2, 3, 7, 8]) {
      for (let length = Math.max(0, block * 64 - 18); length <= block * 64 + 18; length += 1) {
        const hasher = make()
        await feed(hasher, piece(length, length))
        expect(await hasher.finish(), `${length} bytes`).toEqual(sumsOf(piece(length, length)))
      }
    }
  })

  test('takes chunks of every length around what a stream may hold, one, two and more at a time', async () => {
    const lengths = [REGION / 2, REGION, 2 * REGION].flatMap((full) =>
      [-65, -64, -1, 0, 1, 63, 64, 65].map((more) => full + more),
    )
    for (const streams of [1, 2, 3, 4, 5, 9]) {
      const inputs = Array.from({ length: streams }, (_, at) =>
        lengths.filter((_, index) => index % streams === at).map((length) => piece(length, length)),
      )
      const sums = await Promise.all(
        inputs.map(async (chunks) => {
          const hasher = make()
          await feed(hasher, ...chunks)
          return await hasher.finish()
        }),
      )
      expect(sums).toEqual(inputs.map((chunks) => sumsOf(...chunks)))
    }
  })

  test('never mixes streams that join, wait and leave at any block', async () => {
    const length = fc.oneof(
      { weight: 4, arbitrary: fc.nat(300) },
      { weight: 2, arbitrary: fc.nat(70_000) },
      { weight: 1, arbitrary: fc.integer({ min: REGION / 2 - 70, max: REGION + 70 }) },
    )
    const stream = fc.record({
      chunks: fc.array(length, { maxLength: 12 }),
      end: fc.constantFrom('finish', 'finish', 'finish', 'abandon'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(stream, { maxLength: 9 }), async (streams) => {
        await Promise.all(
          streams.map(async ({ chunks, end }, at) => {
            const bytes = chunks.map((size, index) => piece(at * 131 + index * 17, size))
            const hasher = make()
            await feed(hasher, ...bytes)
            if (end === 'abandon') hasher.abandon()
            else expect(await hasher.finish()).toEqual(sumsOf(...bytes))
          }),
        )
      }),
      { numRuns: 60 },
    )
  })

  test('lets a chunk be reused once its update is done', async () => {
    const hasher = make()
    const chunk = piece(3, REGION + 5).slice()
    const first = chunk.slice()
    await hasher.update(chunk)
    chunk.fill(7)
    await hasher.update(chunk)
    expect(await hasher.finish()).toEqual(sumsOf(first, chunk))
  })

  test('asks its feeder to wait only when much has come', async () => {
    const hasher = make()
    expect(hasher.update(piece(0, REGION / 2 - 1))).toBeUndefined()
    const waiting = hasher.update(piece(1, 1))
    expect(waiting).toBeInstanceOf(Promise)
    expect(() => hasher.update(piece(2, 1))).toThrow('Wait')
    await expect(hasher.finish()).rejects.toThrow('Wait')
    await waiting
    expect(await hasher.finish()).toEqual(sumsOf(piece(0, REGION / 2 - 1), piece(1, 1)))
  })

  test('ends a wait when it is abandoned, and disturbs nobody', async () => {
    const abandoned = make()
    const other = make()
    await other.update(piece(1, 1000))
    const waiting = abandoned.update(piece(2, REGION))
    abandoned.abandon()
    await waiting
    const third = make()
    await third.update(piece(3, REGION))
    expect(await third.finish()).toEqual(sumsOf(piece(3, REGION)))
    expect(await other.finish()).toEqual(sumsOf(piece(1, 1000)))
  })

  test.each(['finish', 'abandon'] as const)('refuses to go on after %s', async (end) => {
    const hasher = make()
    await hasher.update(ascii('a'))
    await hasher[end]()
    hasher.abandon()
    expect(() => hasher.update(ascii('b'))).toThrow('finished')
    await expect(hasher.finish()).rejects.toThrow('finished')
  })
})

test('a hasher without CRC leaves it undefined', async () => {
  const make = await loadHasher({ crc64: false })
  const hasher = make()
  await feed(hasher, piece(0, 500))
  expect(await hasher.finish()).toEqual({ ...sumsOf(piece(0, 500)), crc64: undefined })
})

test('streams that come together run together, and one that comes alone runs alone', async () => {
  const core = await HashCore.load()
  const make = makeLanes(core, { crc64: true, later: setImmediate })
  const stream = async (at: number): Promise<void> => {
    const hasher = make()
    for (let round = 0; round < 8; round += 1) await hasher.update(piece(at, REGION / 2))
    await hasher.finish()
  }
  const blocks = (8 * (REGION / 2)) / 64
  await stream(0)
  expect(core.counts).toEqual({ blocks, shared: 0 })
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(stream))
  expect(core.counts).toEqual({ blocks: 9 * blocks, shared: 8 * blocks })
})

test('memory grows to the streams at work, not to those that ever were or have no bytes', async () => {
  const core = await HashCore.load()
  const make = makeLanes(core, { crc64: true, later: setImmediate })
  const slotsBefore = core.slots
  for (let count = 0; count < 100; count += 1) make()
  for (let count = 0; count < 100; count += 1) {
    const hasher = make()
    await hasher.update(ascii('x'))
    if (count % 2 === 0) await hasher.finish()
    else hasher.abandon()
  }
  expect(core.slots).toBe(slotsBefore + 1)
})
