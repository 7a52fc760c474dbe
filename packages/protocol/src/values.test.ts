import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatETag,
  isBucketName,
  keyByteLength,
  parseETag,
  parsePartNumber,
  requireBucketName,
  requireObjectKey,
  sameETag,
} from './values.ts'

describe('ETags', () => {
  test.each([
    ['"A1"', 'A1'],
    ['A1', 'A1'],
    [' "A1" ', 'A1'],
    ['""', ''],
    ['"', '"'],
    ['"A1', '"A1'],
    ['""A1""', '"A1"'],
  ])('%s is read as %s', (text, etag) => {
    expect(parseETag(text)).toBe(etag)
  })

  test('quotes are put back on the wire', () => {
    expect(formatETag(parseETag('A1-2'))).toBe('"A1-2"')
  })

  test('case does not tell them apart, all else does', () => {
    expect(sameETag('ab12', 'AB12')).toBe(true)
    expect(sameETag('AB12', 'AB12-1')).toBe(false)
  })
})

describe('part numbers', () => {
  test('1 to 10,000 are read', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (number) => {
        expect(parsePartNumber(String(number))).toBe(number)
      }),
    )
  })

  test.each([
    '0',
    '10001',
    '-1',
    '1.5',
    '1e3',
    '',
    ' 1',
    '1 ',
    '+1',
    '0x1',
    '٣',
    '99999',
    '000001',
  ])('%j is refused', (text) => {
    expect(() => parsePartNumber(text)).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        message: 'Part number must be an integer between 1 and 10000, inclusive.',
        ec: '0017-00000220',
        details: { ArgumentName: 'PartNumber', ArgumentValue: text },
      }),
    )
  })
})

describe('bucket names', () => {
  test.each(['abc', '0a-b-9', 'a'.repeat(63), '123'])('%s is one', (name) => {
    expect(isBucketName(name)).toBe(true)
    expect(requireBucketName(name)).toBe(name)
  })

  test.each([
    '',
    'ab',
    'a'.repeat(64),
    '-ab',
    'ab-',
    'a_b',
    'a.b',
    'Abc',
    'a b',
    'abc\n',
    'äbc',
    '../x',
  ])('%j is none', (name) => {
    expect(isBucketName(name)).toBe(false)
    expect(() => requireBucketName(name)).toThrow(
      expect.objectContaining({ code: 'InvalidBucketName', status: 400 }),
    )
  })
})

describe('object keys', () => {
  test.each([
    'a',
    'a/',
    'a//b/../c/.',
    '..',
    ' ',
    'a\\b',
    '\x01\n\r',
    '\ufeff',
    '中'.repeat(341),
    '😀'.repeat(255),
    'a'.repeat(1023),
    'a%2Fb',
    '-/health',
  ])('%j is one', (key) => {
    expect(requireObjectKey(key)).toBe(key)
  })

  test.each([
    ['', 'The Object name can not be empty.'],
    ['a'.repeat(1024), 'The Length of Object name must be less than 1024.'],
    [`${'中'.repeat(341)}a`, 'The Length of Object name must be less than 1024.'],
    ['/a', 'The specified object is not valid.'],
    ['\\a', 'The specified object is not valid.'],
    ['a\0b', 'The specified object is not valid.'],
    ['a\ud800', 'The specified object is not valid.'],
  ])('%j is none: %s', (key, message) => {
    if (key === `${'中'.repeat(341)}a`) expect(keyByteLength(key)).toBe(1024)
    expect(() => requireObjectKey(key)).toThrow(
      expect.objectContaining({ code: 'InvalidObjectName', status: 400, message }),
    )
  })

  test('length is counted in bytes of UTF-8', () => {
    expect(keyByteLength('aé中😀')).toBe(1 + 2 + 3 + 4)
  })
})
