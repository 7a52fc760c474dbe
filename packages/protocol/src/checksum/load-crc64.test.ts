import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc64, POLYNOMIAL_HIGH, POLYNOMIAL_LOW } from './crc64.ts'
import { REGION } from './hash-core.ts'
import { loadCrc64 } from './load-crc64.ts'

const take = await loadCrc64()

/** How many bytes behind a byte those lie that assembly/hash-core.ts adds it to. */
const FOLDS = [226, 335, 480, 1182, 1366, 1393, 1498]

test('takes the published CRC-64/XZ of "123456789", and 0 of nothing', () => {
  expect(take(new TextEncoder().encode('123456789'))).toBe(0x995dc9bbdf1939fan)
  expect(take(new Uint8Array(0))).toBe(0n)
})

test('goes on from the CRC of what came before, whoever took it and whoever else is being taken', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), (pieces) => {
      let mine = 0n
      let theirs = 0n
      for (const piece of pieces) {
        take(Uint8Array.of(1, 2, 3), 42n)
        mine = take(piece, mine)
        theirs = crc64(piece, theirs)
        expect(mine).toBe(theirs)
      }
    }),
  )
})

test.each([REGION - 1, REGION, REGION + 1, 3 * REGION + 7])('takes %i bytes at once', (length) => {
  const bytes = bytesOf(length)
  expect(take(bytes, 7n)).toBe(crc64(bytes, 7n))
})

test('takes as many bytes as are folded, and any number more or less', () => {
  // Where folding begins, and where a window of it ends: with what stays, and in steps of 64 bytes.
  const near = fc.constantFrom(8192, 16_384 + 1504, 2 * 16_384 + 1504, 65_536)
  fc.assert(
    fc.property(
      near,
      fc.integer({ min: -70, max: 70 }),
      fc.nat(255),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (length, more, salt, previous) => {
        const bytes = bytesOf(length + more, salt)
        expect(take(bytes, previous)).toBe(crc64(bytes, previous))
      },
    ),
  )
})

test('folds by a multiple of the polynomial', () => {
  const high = (BigInt(POLYNOMIAL_HIGH) & 0xffffffffn) << 32n
  const reflected = high | (BigInt(POLYNOMIAL_LOW) & 0xffffffffn)
  const bits = reflected.toString(2).padStart(64, '0')
  const polynomial = BigInt(`0b1${[...bits].reverse().join('')}`)
  const [last = 0, ...others] = FOLDS.toReversed()
  const multiple = [last, ...others.map((fold) => last - fold), 0]
  expect(multiple.reduce((sum, bytes) => sum ^ power(8 * bytes, polynomial), 0n)).toBe(0n)
})

/** The remainder of x to the power of `exponent`. */
function power(exponent: number, polynomial: bigint): bigint {
  let remainder = 1n
  for (let at = 0; at < exponent; at += 1) {
    remainder <<= 1n
    if (remainder >> 64n) remainder ^= polynomial
  }
  return remainder
}

function bytesOf(length: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => ((at + salt) * 2_654_435_761) >>> 13)
}
