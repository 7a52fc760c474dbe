import { expect, test } from 'vitest'
import {
  formatDuration,
  formatSize,
  parseAge,
  parseCount,
  parseSize,
  plural,
} from './quantities.ts'

test.each([
  ['5M', 5_242_880],
  ['5m', 5_242_880],
  ['10K', 10_240],
  ['1 G', 1_073_741_824],
  ['8MiB', 8_388_608],
  ['8mib', 8_388_608],
  ['8MB', 8_000_000],
  ['1.5GiB', 1_610_612_736],
  ['102400', 102_400],
  ['0', 0],
])('%s is %d bytes', (text, size) => {
  expect(parseSize('--part-size', text)).toBe(size)
})

test.each(['', 'M', 'five', '-5M', '5X', '1e3', '5 5', '0x10', '99999999Y'])(
  '"%s" is no size',
  (text) => {
    expect(() => parseSize('--part-size', text)).toThrow(expect.objectContaining({ exitCode: 2 }))
  },
)

test.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['12h', 43_200_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
])('%s is %d milliseconds', (text, ms) => {
  expect(parseAge('--older-than', text)).toBe(ms)
})

test.each(['7', 'd', '-1d', '1y', '1.5d'])('"%s" is no age', (text) => {
  expect(() => parseAge('--older-than', text)).toThrow(expect.objectContaining({ exitCode: 2 }))
})

test('a count keeps its bounds', () => {
  expect(parseCount('--jobs', '5', { min: 1, max: 5 })).toBe(5)
  for (const text of ['0', '6', '-1', '1.5', '', 'x']) {
    expect(() => parseCount('--jobs', text, { min: 1, max: 5 })).toThrow(
      expect.objectContaining({ exitCode: 2 }),
    )
  }
})

test('what is wrong with a number names its option', () => {
  expect(() => parseCount('--parallel', '0', { min: 1, max: 256 })).toThrow(
    '--parallel: "0" is not a whole number from 1 to 256',
  )
  expect(() => parseSize('--part-size', 'big')).toThrow('--part-size: "big" is not a size')
  expect(() => parseAge('--older-than', 'old')).toThrow('--older-than: "old" is not an age')
})

test.each([
  [40, '0.0 s'],
  [9_940, '9.9 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 00 s'],
  [185_000, '3 min 05 s'],
  [7_800_000, '2 h 10 min'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

test('sizes are shown with binary units, and counts with the right noun', () => {
  expect(formatSize(103_000_000)).toBe('98.2 MiB')
  expect(plural(1, 'part')).toBe('1 part')
  expect(plural(10_000, 'part')).toBe('10,000 parts')
})
