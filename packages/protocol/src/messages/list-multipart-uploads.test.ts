import fc from 'fast-check'
import { expect, test } from 'vitest'
import { date, encodingTypes, textFor, uploadId } from '../fixtures/arbitraries.ts'
import { answerOf } from '../fixtures/wire.ts'
import {
  decodeListMultipartUploadsResult,
  encodeListMultipartUploadsResult,
  type ListMultipartUploadsResult,
} from './list-multipart-uploads.ts'

test('a page is read as the wire case has it', () => {
  expect(decodeListMultipartUploadsResult(answerOf('list-uploads'))).toEqual({
    bucket: 'examplebucket',
    keyMarker: '',
    uploadIdMarker: '',
    nextKeyMarker: 'multipart.data',
    nextUploadIdMarker: '0004B9B2D2F7815C432C9057C031AA01',
    delimiter: '',
    prefix: 'multi',
    maxUploads: 1000,
    isTruncated: false,
    uploads: [
      {
        key: 'multipart.data',
        uploadId: '0004B9B2D2F7815C432C9057C031AA01',
        storageClass: 'Standard',
        initiated: new Date('2023-02-24T10:19:18Z'),
      },
    ],
    commonPrefixes: [],
  })
})

test('encoding-type covers keys, prefixes, key markers and the delimiter', () => {
  const page = decodeListMultipartUploadsResult(answerOf('list-uploads'))
  const upload = { ...page.uploads[0], key: 'a/1' }
  const xml = encodeListMultipartUploadsResult(
    {
      ...page,
      keyMarker: 'a/2',
      nextKeyMarker: 'a/3',
      delimiter: '/',
      prefix: 'a/4',
      uploads: [upload as (typeof page.uploads)[number]],
      commonPrefixes: ['a/5/'],
    },
    { encodingType: 'url' },
  )
  for (const written of ['a%2F1', 'a%2F2', 'a%2F3', '>%2F<', 'a%2F4', 'a%2F5%2F']) {
    expect(xml).toContain(written)
  }
})

function pages(encodingType: 'url' | undefined): fc.Arbitrary<ListMultipartUploadsResult> {
  const text = textFor(encodingType)
  return fc.record({
    bucket: fc.constant('examplebucket'),
    keyMarker: text,
    uploadIdMarker: fc.oneof(uploadId, fc.constant('')),
    nextKeyMarker: text,
    nextUploadIdMarker: fc.oneof(uploadId, fc.constant('')),
    delimiter: text,
    prefix: text,
    maxUploads: fc.integer({ min: 1, max: 1000 }),
    isTruncated: fc.boolean(),
    uploads: fc.array(
      fc.record({ key: text, uploadId, storageClass: fc.constant('Standard'), initiated: date }),
      { maxLength: 5 },
    ),
    commonPrefixes: fc.array(text, { maxLength: 3 }),
  })
}

test.each(encodingTypes)('what is written can be read back, encoding-type %s', (encodingType) => {
  fc.assert(
    fc.property(pages(encodingType), (page) => {
      const xml = encodeListMultipartUploadsResult(page, { encodingType })
      expect(decodeListMultipartUploadsResult(xml)).toEqual(page)
    }),
  )
})

const broken = (from: string | RegExp, to: string): string =>
  answerOf('list-uploads').replace(from, to)

test.each([
  ['nothing', ''],
  ['another root', '<ListPartsResult/>'],
  ['no IsTruncated', broken(/<IsTruncated>.*<\/IsTruncated>/, '')],
  ['a MaxUploads in words', broken('1000', 'many')],
  ['an upload without an id', broken(/<UploadId>.*<\/UploadId>/, '')],
  ['an upload without a time', broken(/<Initiated>.*<\/Initiated>/, '')],
  ['a common prefix without its prefix', broken('</ListM', '<CommonPrefixes/></ListM')],
])('refuses %s', (_, xml) => {
  expect(() => decodeListMultipartUploadsResult(xml)).toThrow(
    expect.objectContaining({ code: 'MalformedXML' }),
  )
})
