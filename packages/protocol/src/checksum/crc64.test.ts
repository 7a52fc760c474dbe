import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc64Value } from '../fixtures/arbitraries.ts'
import { vectors } from '../fixtures/crc64.ts'
import { crc64 } from './crc64.ts'
import { formatCrc64, parseCrc64 } from './crc64-text.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The definition, a bit at a time: nothing to get wrong, and far too slow. */
function crc64ByDefinition(bytes: Uint8Array): bigint {
  const ones = (1n << 64n) - 1n
  let value = ones
  for (const byte of bytes) {
    value ^= BigInt(byte)
    for (let bit = 0; bit < 8; bit += 1) {
      value = value & 1n ? (value >> 1n) ^ 0xc96c5795d7870f42n : value >> 1n
    }
  }
  return value ^ ones
}

describe('the CRC of bytes', () => {
  test.each(vectors.strings)('of $input is $decimal', ({ input, decimal }) => {
    expect(formatCrc64(crc64(bytesOf(input)))).toBe(decimal)
  })

  test.each(vectors.repeated)('of $count times 0x$repeatByteHex is $decimal', (vector) => {
    const bytes = new Uint8Array(vector.count).fill(Number.parseInt(vector.repeatByteHex, 16))
    expect(formatCrc64(crc64(bytes))).toBe(vector.decimal)
  })

  test('goes on from the value before, as appends do', () => {
    let value = 0n
    for (const { append, crcAfter } of vectors.appendChain) {
      value = crc64(bytesOf(append), value)
      expect(formatCrc64(value)).toBe(crcAfter)
    }
  })

  test('is that of the definition, whatever the length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(crc64(bytes)).toBe(crc64ByDefinition(bytes))
      }),
    )
  })

  test('does not depend on where bytes are cut, nor on where they lie in a buffer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
        const first = bytes.subarray(0, cut)
        const second = bytes.subarray(cut)
        expect(crc64(second, crc64(first))).toBe(crc64(bytes))
        expect(crc64(second.slice())).toBe(crc64(second))
      }),
    )
  })
})

describe('the wire form', () => {
  test('what is written can be read back', () => {
    fc.assert(
      fc.property(crc64Value, (value) => {
        expect(parseCrc64(formatCrc64(value))).toBe(value)
      }),
    )
  })

  test.each([
    ['0', 0n],
    ['18446744073709551615', 18446744073709551615n],
    [' 7\n', 7n],
    ['007', 7n],
  ])('%j is read', (text, value) => {
    expect(parseCrc64(text)).toBe(value)
  })

  test.each([
    '',
    ' ',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    '18446744073709551616',
    '1 2',
    '１',
    'abc',
  ])('%j is no CRC', (text) => {
    expect(parseCrc64(text)).toBeUndefined()
  })
})
