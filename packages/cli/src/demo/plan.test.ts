import { MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE } from '@lading/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSize } from '../quantities.ts'
import { formatNumbers, planDemo, shortSize } from './plan.ts'

test('a file of any size has legal parts, and one that the killed client has not sent', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 * 2 ** 40 }), (size) => {
      const { partSize, parts, partsBeforeKill } = planDemo(size)
      expect(partSize).toBeGreaterThanOrEqual(MIN_PART_SIZE)
      expect(partSize).toBeLessThanOrEqual(MAX_PART_SIZE)
      expect(Number.isInteger(partSize)).toBe(true)
      expect(parts).toBeLessThanOrEqual(MAX_PARTS)
      expect(parts * partSize).toBeGreaterThanOrEqual(size)
      expect(partsBeforeKill).toBeLessThan(parts)
    }),
  )
})

test("Node's own executable goes in about a dozen parts", () => {
  expect(planDemo(98 * 1024 * 1024)).toEqual({
    partSize: 8 * 1024 * 1024,
    parts: 13,
    partsBeforeKill: 7,
  })
})

test('a part size is written so that the command reads it back', () => {
  expect([8_388_608, 131_072, 100_001].map(shortSize)).toEqual(['8M', '128K', '100001'])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 * 2 ** 30 }), (size) => {
      expect(parseSize('--size', shortSize(size))).toBe(size)
    }),
  )
})

test('part numbers are told as runs', () => {
  expect(formatNumbers([9, 1, 2, 4, 3, 6, 8])).toBe('1-4, 6, 8-9')
  expect(formatNumbers([])).toBe('')
})
