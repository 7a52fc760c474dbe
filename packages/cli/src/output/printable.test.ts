import { expect, test } from 'vitest'
import { printable } from './printable.ts'

test('control characters and direction marks are shown, not obeyed', () => {
  expect(printable('a\nb\u001b[2Jc\u202egpj.exe')).toBe('a\\x0ab\\x1b[2Jc\\u202egpj.exe')
})

test('every other character stays', () => {
  expect(printable('电影/café 🎬 %2F')).toBe('电影/café 🎬 %2F')
})
