import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareKeys } from './compare-keys.ts'

test('keys are ordered as their UTF-8 bytes are', () => {
  const letter = fc.constantFrom(
    'a',
    'é',
    '\ud7ff',
    '\ue000',
    '\ufffd',
    '\uffff',
    '🦊',
    '\u{10ffff}',
  )
  const text = fc.oneof(
    fc.array(letter, { maxLength: 4 }).map((letters) => letters.join('')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(text, text, (left, right) => {
      const expected = Buffer.compare(Buffer.from(left), Buffer.from(right))
      expect(Math.sign(compareKeys(left, right))).toBe(expected)
    }),
  )
})
