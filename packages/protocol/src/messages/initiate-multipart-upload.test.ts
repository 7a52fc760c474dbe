import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodingTypes, textFor, uploadId } from '../fixtures/arbitraries.ts'
import { answerOf } from '../fixtures/wire.ts'
import type { UploadId } from '../values.ts'
import {
  decodeInitiateMultipartUploadResult,
  encodeInitiateMultipartUploadResult,
} from './initiate-multipart-upload.ts'

test('the result is read as the wire case has it', () => {
  expect(decodeInitiateMultipartUploadResult(answerOf('initiate'))).toEqual({
    bucket: 'examplebucket',
    key: 'multipart.data',
    uploadId: '0004B9B2D2F7815C432C9057C031AA01',
  })
})

test('under encoding-type url a key is written so that every SDK reads it alike', () => {
  // Both in the OSS documentation's spelling: a slash is encoded, a space is never a plus.
  const result = { bucket: 'b', key: 'demo/gp-\f\n\v +', uploadId: 'U' as UploadId }
  const xml = encodeInitiateMultipartUploadResult(result, { encodingType: 'url' })
  expect(xml).toContain('<EncodingType>url</EncodingType>')
  expect(xml).toContain('<Key>demo%2Fgp-%0C%0A%0B%20%2B</Key>')
})

test('under encoding-type url a bare plus is a space, as other SDKs read it', () => {
  const xml = answerOf('initiate').replace('multipart.data', 'a+b%2Bc%20d')
  expect(decodeInitiateMultipartUploadResult(xml).key).toBe('a b+c d')
})

test.each(encodingTypes)('what is written can be read back, encoding-type %s', (encodingType) => {
  const result = fc.record({
    bucket: fc.constant('examplebucket'),
    key: textFor(encodingType),
    uploadId,
  })
  fc.assert(
    fc.property(result, (value) => {
      const xml = encodeInitiateMultipartUploadResult(value, { encodingType })
      expect(decodeInitiateMultipartUploadResult(xml)).toEqual(value)
    }),
  )
})

test.each([
  ['nothing', ''],
  ['HTML', '<html></html>'],
  ['no upload id', answerOf('initiate').replace(/<UploadId>.*<\/UploadId>/, '')],
  ['an empty upload id', answerOf('initiate').replace(/<UploadId>.*<\/UploadId>/, '<UploadId/>')],
  ['a cut off body', answerOf('initiate').slice(0, -20)],
])('refuses %s', (_, xml) => {
  expect(() => decodeInitiateMultipartUploadResult(xml)).toThrow(
    expect.objectContaining({ code: 'MalformedXML' }),
  )
})
