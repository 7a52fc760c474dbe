import fc from 'fast-check'
import { expect, it } from 'vitest'
import { matchesWildcard } from './wildcard.ts'

/** By the engine of regular expressions, which is slow where patterns are made for that. */
function expected(pattern: string, text: string): boolean {
  const source = pattern.replaceAll('*', '[^]*').replaceAll('?', '[^]')
  return new RegExp(`^${source}$`).test(text)
}

it.each([
  ['*', ''],
  ['*', 'a/b'],
  ['logs/*', 'logs/'],
  ['logs/*', 'logs/2026/11'],
  ['*.txt', 'a.txt.txt'],
  ['a*b*c', 'a-bb-c-c'],
  ['???', 'abc'],
  ['a.c', 'a.c'],
  ['', ''],
])('%j matches %j', (pattern, text) => {
  expect(matchesWildcard(pattern, text)).toBe(true)
})

it.each([
  ['logs/*', 'logs'],
  ['*.txt', 'a.txt.gz'],
  ['a*b', 'acbd'],
  ['??', 'a'],
  ['a.c', 'abc'],
  ['', 'a'],
  ['a', ''],
])('%j does not match %j', (pattern, text) => {
  expect(matchesWildcard(pattern, text)).toBe(false)
})

it('matches what the same regular expression matches, short and long', () => {
  const letters = fc.constantFrom('a', 'b')
  const few = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
  const run = fc.tuple(letters, fc.integer({ min: 0, max: 40 })).map(([a, n]) => a.repeat(n))
  const texts = fc.array(run, { maxLength: 5 }).map((runs) => runs.join(''))
  const patterns = fc
    .array(fc.oneof(run, fc.constantFrom('*', '?'), few), { maxLength: 5 })
    .map((runs) => runs.join(''))
    // Three runs of any text are all that the other engine bears.
    .filter((pattern) => pattern.replaceAll(/\*+/g, '*').split('*').length <= 4)
    .map((pattern) => pattern.replaceAll(/\*+/g, '*'))
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      expect(matchesWildcard(pattern, text)).toBe(expected(pattern, text))
    }),
    { numRuns: 2000 },
  )
})

it.each([
  ['a run of one letter before another', `*${'a'.repeat(500)}b`, 'a'.repeat(1000), false],
  ['the same with any letters', `*${'a?'.repeat(250)}b*`, 'a'.repeat(1000), false],
  ['one that fits at the very end', `*${'a'.repeat(500)}b`, `${'a'.repeat(1000)}b`, true],
  [
    'one with characters beyond the first plane',
    `*${'😀'.repeat(99)}😎`,
    `${'😀'.repeat(500)}😎`,
    true,
  ],
  ['one that fits in the middle', `*${'a'.repeat(99)}?b*c`, `${'a'.repeat(900)}xbaac`, true],
])('takes a few steps for each character also for %s', (_, pattern, text, fits) => {
  let steps = 0
  const counted = new Proxy(Object(text), {
    get(target, name) {
      steps += 1
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  expect(matchesWildcard(pattern, counted)).toBe(fits)
  expect(steps).toBeLessThan(40 * (pattern.length + text.length))
})
