import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatOssUrl, isOssUrl, parseBucketUrl, parseObjectUrl, parseOssUrl } from './oss-url.ts'

test.each([
  ['oss://films', { bucket: 'films', key: '' }],
  ['oss://films/', { bucket: 'films', key: '' }],
  ['OSS://films/a.mov', { bucket: 'films', key: 'a.mov' }],
  ['oss://films/a/b c/%2F+é', { bucket: 'films', key: 'a/b c/%2F+é' }],
  ['oss://films//double', { bucket: 'films', key: '/double' }],
])('%s names bucket and key as they stand', (text, expected) => {
  expect(parseOssUrl(text)).toEqual(expected)
})

test('what is formatted can be parsed again, whatever the key', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (key) => {
      expect(parseOssUrl(formatOssUrl('films', key))).toEqual({ bucket: 'films', key })
    }),
  )
})

test.each([
  's3://films/a',
  'films/a',
  'oss://',
  'oss:///a',
  'oss://Films/a',
  'oss://a',
  'oss://a_b/c',
])('%s is refused as a usage error', (text) => {
  expect(() => parseOssUrl(text)).toThrow(expect.objectContaining({ exitCode: 2 }))
})

test('a bucket is not taken for an object, nor an object for a bucket', () => {
  expect(() => parseObjectUrl('oss://films')).toThrow(expect.objectContaining({ exitCode: 2 }))
  expect(() => parseBucketUrl('oss://films/a')).toThrow(expect.objectContaining({ exitCode: 2 }))
  expect(parseBucketUrl('oss://films/')).toBe('films')
  expect(isOssUrl('./oss')).toBe(false)
})
