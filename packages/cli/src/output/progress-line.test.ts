import fc from 'fast-check'
import { expect, test } from 'vitest'
import { barLine, plainLine } from './progress-line.ts'
import { textWidth } from './text-width.ts'

const MiB = 1024 * 1024
const half = { label: 'movie.mov', loaded: 50 * MiB, total: 100 * MiB, rate: 10 * MiB }

test('a line tells the name, how far, how fast and how long', () => {
  expect(barLine(half, 79)).toBe(
    'movie.mov  [=========>        ]   50 %  50 MiB of 100 MiB  10 MiB/s  5.0 s left',
  )
  expect(plainLine(half)).toBe('movie.mov:  50 %  50 MiB of 100 MiB  10 MiB/s  5.0 s left')
})

test('100 % is said only when every byte is there', () => {
  expect(plainLine({ ...half, loaded: 100 * MiB - 1 })).toContain(' 99 %')
  expect(plainLine({ ...half, loaded: 100 * MiB })).toContain('100 %')
  expect(plainLine({ label: 'empty', loaded: 0, total: 0, rate: undefined })).toContain('100 %')
})

test('a stream of unknown length has neither percent nor time left', () => {
  expect(barLine({ ...half, total: undefined }, 79)).toBe('movie.mov  50 MiB  10 MiB/s')
})

test('no line is wider than the terminal, nor does a name drive it', () => {
  const states = fc.record({
    label: fc.string({ unit: 'binary' }),
    loaded: fc.nat(),
    total: fc.option(fc.nat(), { nil: undefined }),
    rate: fc.option(fc.nat(), { nil: undefined }),
  })
  fc.assert(
    fc.property(states, fc.integer({ min: 10, max: 200 }), (state, columns) => {
      const line = barLine(state, columns)
      expect(textWidth(line)).toBeLessThanOrEqual(columns)
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    }),
  )
})

test('of a name in Chinese as many columns are counted as it takes', () => {
  const label = '第一次出国旅行的家庭录像.mov'
  const line = barLine({ ...half, label }, 79)
  expect(line).toMatch(/^第一次出…庭录像\.mov {2}\[=+> *\] {3}50 %/)
  expect(textWidth(line)).toBe(79)
})
