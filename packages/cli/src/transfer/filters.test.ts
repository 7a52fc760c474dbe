import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Filter, selectBy } from './filters.ts'

const only = (...patterns: string[]): Filter[] =>
  patterns.map((pattern) => ({ kind: 'include', pattern }))
const without = (...patterns: string[]): Filter[] =>
  patterns.map((pattern) => ({ kind: 'exclude', pattern }))

const names = [
  'a.mov',
  'b.txt',
  'raw/c.mov',
  'raw/x/电影.mov',
  'cache/d.mov',
  'x/cache/e.txt',
  '.f',
]

test.each([
  { filters: [], taken: names },
  { filters: only('*.mov'), taken: ['a.mov', 'raw/c.mov', 'raw/x/电影.mov', 'cache/d.mov'] },
  { filters: without('*.mov'), taken: ['b.txt', 'x/cache/e.txt', '.f'] },
  { filters: only('raw/*'), taken: ['raw/c.mov'] },
  { filters: only('raw/**'), taken: ['raw/c.mov', 'raw/x/电影.mov'] },
  { filters: only('**/x/*'), taken: ['raw/x/电影.mov'] },
  { filters: without('cache/'), taken: ['a.mov', 'b.txt', 'raw/c.mov', 'raw/x/电影.mov', '.f'] },
  { filters: only('??.mov'), taken: ['raw/x/电影.mov'] },
  { filters: only('[ab].*'), taken: ['a.mov', 'b.txt'] },
  { filters: only('[!a-d].*'), taken: ['x/cache/e.txt'] },
  {
    filters: [...without('a*'), ...only('*.mov')],
    taken: ['raw/c.mov', 'raw/x/电影.mov', 'cache/d.mov'],
  },
  { filters: [...only('a*'), ...without('*.mov')], taken: ['a.mov'] },
])('of these files $filters takes $taken', ({ filters, taken }) => {
  expect(names.filter(selectBy(filters))).toEqual(taken)
})

test('what is no wildcard matches itself, whatever it means elsewhere', () => {
  const texts = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 12 })
    .filter((text) => !/[*?[\]/]/.test(text))
  fc.assert(
    fc.property(texts, texts, (text, other) => {
      const selects = selectBy(only(text))
      expect(selects(text)).toBe(true)
      expect(selects(`in/${text}`)).toBe(true)
      expect(selects(other)).toBe(other === text)
    }),
  )
})

test('any pattern is a pattern, or refused as a mistake in the command line', () => {
  const patterns = fc.string({ unit: fc.constantFrom(...'ab*?[]!-^\\/{}.é电🎬') })
  fc.assert(
    fc.property(patterns, (pattern) => {
      try {
        selectBy(without(pattern))('a/b')
      } catch (error) {
        expect(error).toMatchObject({ name: 'CommandError', exitCode: 2 })
      }
    }),
  )
})
