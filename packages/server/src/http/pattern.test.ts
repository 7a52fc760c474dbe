import { expect, test } from 'vitest'
import { matchesPattern } from './pattern.ts'

test.each([
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
  expect(matchesPattern(pattern, text)).toBe(true)
})

test.each([
  ['logs/*', 'logs'],
  ['*.txt', 'a.txt.gz'],
  ['a*b', 'acbd'],
  ['??', 'a'],
  ['a.c', 'abc'],
  ['', 'a'],
  ['a', ''],
])('%j does not match %j', (pattern, text) => {
  expect(matchesPattern(pattern, text)).toBe(false)
})

test('many stars cost no more than the product of both lengths', () => {
  expect(matchesPattern('*a'.repeat(200), 'a'.repeat(199).padEnd(1000, 'b'))).toBe(false)
})
