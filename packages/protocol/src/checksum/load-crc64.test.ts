import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc64 } from './crc64.ts'
import { REGION } from './hash-core.ts'
import { loadCrc64 } from './load-crc64.ts'

const take = await loadCrc64()

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
  const bytes = Uint8Array.from({ length }, (_, at) => (at * 31) & 0xff)
  expect(take(bytes, 7n)).toBe(crc64(bytes, 7n))
})
