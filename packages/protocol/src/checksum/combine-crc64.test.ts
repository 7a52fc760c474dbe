import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc64Value } from '../fixtures/arbitraries.ts'
import { vectors } from '../fixtures/crc64.ts'
import { combineCrc64 } from './combine-crc64.ts'
import { crc64 } from './crc64.ts'

test.each(vectors.combine)('$a and $b make $combined', ({ crcA, crcB, lenB, combined }) => {
  // Twice, because a repeated length takes another way.
  expect(combineCrc64(BigInt(crcA), BigInt(crcB), lenB)).toBe(BigInt(combined))
  expect(combineCrc64(BigInt(crcA), BigInt(crcB), lenB)).toBe(BigInt(combined))
})

test('the parts of the sample upload make the CRC of its object', () => {
  const { parts, objectCrc64 } = vectors.multipart
  const whole = parts.reduce((sum, part) => combineCrc64(sum, BigInt(part.crc64), part.size), 0n)
  expect(whole).toBe(BigInt(objectCrc64))
})

test('two runs combine to the CRC of both, whatever was combined before', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (runs) => {
      const all = Uint8Array.from(runs.flatMap((run) => [...run]))
      const folded = runs.reduce((sum, run) => combineCrc64(sum, crc64(run), run.length), 0n)
      expect(folded).toBe(crc64(all))
    }),
  )
})

test('a repeated length gives what it gave the first time', () => {
  fc.assert(
    fc.property(crc64Value, crc64Value, fc.maxSafeNat(), (first, second, length) => {
      combineCrc64(0n, 0n, length === 1 ? 2 : 1)
      const once = combineCrc64(first, second, length)
      expect(combineCrc64(first, second, length)).toBe(once)
      expect(combineCrc64(first, second, length)).toBe(once)
    }),
  )
})

test('lengths add up: following with m, then n bytes, is following with m + n', () => {
  const length = fc.nat({ max: 2 ** 51 })
  fc.assert(
    fc.property(crc64Value, length, length, (value, m, n) => {
      expect(combineCrc64(combineCrc64(value, 0n, m), 0n, n)).toBe(combineCrc64(value, 0n, m + n))
    }),
  )
})

test('10,000 equal parts make the CRC of their whole', () => {
  const part = Uint8Array.from({ length: 1000 }, (_, index) => index)
  let folded = 0n
  let whole = 0n
  for (let count = 0; count < 10_000; count += 1) {
    folded = combineCrc64(folded, crc64(part), part.length)
    whole = crc64(part, whole)
  }
  expect(folded).toBe(whole)
})

test('nothing in front changes nothing, and nothing behind changes nothing', () => {
  expect(combineCrc64(0n, 7n, 5)).toBe(7n)
  expect(combineCrc64(7n, 0n, 0)).toBe(7n)
})

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
  'a length of %d is refused',
  (length) => {
    expect(() => combineCrc64(1n, 2n, length)).toThrow(RangeError)
  },
)
