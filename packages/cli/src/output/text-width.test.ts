import fc from 'fast-check'
import { expect, test } from 'vitest'
import { headOf, tailOf, textWidth } from './text-width.ts'

test.each([
  ['movie.mov', 9],
  ['电影.mov', 8],
  ['ファイル', 8],
  ['한글', 4],
  ['（全角）', 8],
  ['cafe\u0301', 4],
  ['🎬', 2],
  ['é', 1],
])('%s is %i columns wide', (text, width) => {
  expect(textWidth(text)).toBe(width)
})

test('a head and a tail have room in the columns, and could not be longer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, columns) => {
      for (const [part, isHead] of [
        [headOf(text, columns), true],
        [tailOf(text, columns), false],
      ] as const) {
        expect(textWidth(part)).toBeLessThanOrEqual(columns)
        expect(isHead ? text.startsWith(part) : text.endsWith(part)).toBe(true)
        if (part !== text) expect(textWidth(part)).toBeGreaterThanOrEqual(columns - 1)
      }
    }),
  )
})
