import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MAX_OBJECT_SIZE, MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE } from '@lading/protocol'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { fileSource } from './file-source.ts'
import {
  choosePartSize,
  countParts,
  MAX_STREAM_PART_SIZE,
  planParts,
  requirePartSize,
  streamPartSize,
} from './plan-parts.ts'

const MiB = 1024 * 1024
const partSizes = fc.integer({ min: MIN_PART_SIZE, max: MAX_PART_SIZE })

test('no object that OSS can hold makes more than 10,000 parts, or parts beyond 5 GiB', () => {
  const sizes = fc.oneof(
    fc.maxSafeNat().map((n) => n % (MAX_OBJECT_SIZE + 1)),
    fc.nat(),
  )
  fc.assert(
    fc.property(sizes, partSizes, (size, wanted) => {
      const partSize = choosePartSize(size, wanted)
      expect(partSize).toBeGreaterThanOrEqual(wanted)
      expect(partSize).toBeLessThanOrEqual(MAX_PART_SIZE)
      expect(countParts(size, partSize)).toBeLessThanOrEqual(MAX_PARTS)
    }),
  )
})

test('parts cover the source exactly, in order, all but the last of one size', () => {
  const sources = fc.record({
    partSize: fc.integer({ min: 1, max: 1000 }),
    parts: fc.integer({ min: 0, max: 50 }),
    rest: fc.integer({ min: 0, max: 999 }),
  })
  fc.assert(
    fc.property(sources, ({ partSize, parts: whole, rest }) => {
      const size = partSize * whole + (rest % partSize)
      const parts = [...planParts(size, partSize)]
      expect(parts).toHaveLength(countParts(size, partSize))
      let offset = 0
      for (const [index, part] of parts.entries()) {
        expect(part).toMatchObject({ partNumber: index + 1, offset })
        if (index < parts.length - 1) expect(part.size).toBe(partSize)
        expect(part.size).toBeGreaterThan(0)
        offset += part.size
      }
      expect(offset).toBe(size)
    }),
  )
})

test.each([
  [0, 8 * MiB, 8 * MiB],
  [80_000 * MiB, 8 * MiB, 8 * MiB],
  [80_000 * MiB + 1, 8 * MiB, 9 * MiB],
  [MAX_OBJECT_SIZE, 8 * MiB, MAX_PART_SIZE],
])('%i bytes with parts of %i wanted get parts of %i', (size, wanted, expected) => {
  expect(choosePartSize(size, wanted)).toBe(expected)
})

test('more than an object can hold is refused', () => {
  expect(() => choosePartSize(MAX_OBJECT_SIZE + 1, 8 * MiB)).toThrow(RangeError)
})

test.each([0, -1, MIN_PART_SIZE - 1, MAX_PART_SIZE + 1, 1.5 * MIN_PART_SIZE + 0.5, Number.NaN])(
  'a part size of %d is refused',
  (partSize) => {
    expect(() => requirePartSize(partSize)).toThrow(RangeError)
  },
)

const firstSizes = fc.integer({ min: MIN_PART_SIZE, max: MAX_STREAM_PART_SIZE })

test('parts of a stream never shrink, stay within limits, and hold 2.4 TiB from 8 MiB on', () => {
  fc.assert(
    fc.property(firstSizes, fc.integer({ min: 1, max: MAX_PARTS - 1 }), (first, partNumber) => {
      const size = streamPartSize(partNumber, first)
      expect(size).toBeGreaterThanOrEqual(first)
      expect(size).toBeLessThanOrEqual(MAX_STREAM_PART_SIZE)
      expect(streamPartSize(partNumber + 1, first)).toBeGreaterThanOrEqual(size)
    }),
  )
  let total = 0
  for (let part = 1; part <= MAX_PARTS; part += 1) total += streamPartSize(part, 8 * MiB)
  expect(total / 1024 ** 4).toBeCloseTo(2.43, 2)
})

test('60 GiB are planned within 10,000 parts, as a sparse file and as a stream of unknown length', async () => {
  const size = 60 * 1024 ** 3
  const directory = await mkdtemp(join(tmpdir(), 'lading-plan-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'sparse')
  await writeFile(path, '')
  await truncate(path, size)
  const source = await fileSource(path)
  onTestFinished(() => source.close())
  for (const wanted of [MIN_PART_SIZE, 1 * MiB, 8 * MiB]) {
    const parts = [...planParts(source.size, choosePartSize(source.size, wanted))]
    expect(parts.length).toBeLessThanOrEqual(MAX_PARTS)
    expect(parts.at(-1)?.partNumber).toBe(parts.length)
    expect(parts.reduce((sum, part) => sum + part.size, 0)).toBe(size)

    let streamed = 0
    let count = 0
    while (streamed < size) streamed += streamPartSize(++count, wanted)
    expect(count).toBeLessThanOrEqual(MAX_PARTS)
  }
})
