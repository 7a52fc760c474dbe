import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatContentRange, selectRange } from './range.ts'

const whole = undefined
const first500 = { offset: 0, length: 500 }
const last500 = { offset: 500, length: 500 }
const all = { offset: 0, length: 1000 }

describe('of 1,000 bytes', () => {
  test.each([
    ['bytes=0-499', first500, first500],
    ['bytes=500-', last500, last500],
    ['bytes=-500', last500, last500],
    ['bytes=0-999', all, all],
    ['bytes=-1000', all, all],
    ['bytes=999-999', { offset: 999, length: 1 }, { offset: 999, length: 1 }],
    [' BYTES=0-499 ', first500, first500],
    ['bytes=0-1000', whole, all],
    ['bytes=500-2000', whole, last500],
    ['bytes=500-99999999999999999999999', whole, last500],
    ['bytes=1000-2000', whole, 'InvalidRange'],
    ['bytes=1000-', whole, 'InvalidRange'],
    ['bytes=-2000', whole, all],
    ['bytes=-0', 'InvalidRange', 'InvalidRange'],
    ['bytes=500-100', whole, whole],
    ['bytes=2000-100', whole, whole],
    ['bytes=--1', whole, whole],
    ['bytes=-', whole, whole],
    ['bytes=0-1,5-6', whole, whole],
    ['byte=0-1', whole, whole],
    ['bytes 0-1', whole, whole],
    ['bytes=a-b', whole, whole],
    ['', whole, whole],
    [undefined, whole, whole],
  ])('%s is %o, and by the standard %o', (header, plain, standard) => {
    expect(outcome(header, 1000, false)).toEqual(plain)
    expect(outcome(header, 1000, true)).toEqual(standard)
  })
})

describe('of no bytes', () => {
  test.each([
    ['bytes=0-', whole, 'InvalidRange'],
    ['bytes=0-0', whole, 'InvalidRange'],
    ['bytes=-5', whole, whole],
    ['bytes=-0', 'InvalidRange', 'InvalidRange'],
  ])('%s is %o, and by the standard %o', (header, plain, standard) => {
    expect(outcome(header, 0, false)).toEqual(plain)
    expect(outcome(header, 0, true)).toEqual(standard)
  })
})

test('a range that is selected lies within the object, whatever was asked for', () => {
  const number = fc.oneof(fc.constant(''), fc.nat({ max: 50 }).map(String))
  fc.assert(
    fc.property(number, number, fc.nat({ max: 40 }), fc.boolean(), (from, to, size, standard) => {
      const range = outcome(`bytes=${from}-${to}`, size, standard)
      if (range === undefined || typeof range === 'string') return
      expect(range.length).toBeGreaterThan(0)
      expect(range.offset).toBeGreaterThanOrEqual(0)
      expect(range.offset + range.length).toBeLessThanOrEqual(size)
    }),
  )
})

test('a Content-Range names the first and the last byte, and the size', () => {
  expect(formatContentRange({ offset: 0, length: 500 }, 1000)).toBe('bytes 0-499/1000')
})

function outcome(
  header: string | undefined,
  size: number,
  standard: boolean,
): ReturnType<typeof selectRange> | string {
  try {
    return selectRange(header, size, { standard })
  } catch (error) {
    expect(error).toMatchObject({ status: 416 })
    return (error as { code: string }).code
  }
}
