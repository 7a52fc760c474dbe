import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  crc64Value,
  date,
  encodingTypes,
  etag,
  size,
  textFor,
  uploadId,
} from '../fixtures/arbitraries.ts'
import { answerOf } from '../fixtures/wire.ts'
import { decodeListPartsResult, encodeListPartsResult, type ListPartsResult } from './list-parts.ts'

test('a page is read as the wire case has it', () => {
  expect(decodeListPartsResult(answerOf('list-parts'))).toEqual({
    bucket: 'examplebucket',
    key: 'multipart.data',
    uploadId: '0004B9B2D2F7815C432C9057C031AA01',
    storageClass: 'Standard',
    partNumberMarker: 0,
    nextPartNumberMarker: 5,
    maxParts: 1000,
    isTruncated: false,
    parts: [
      {
        partNumber: 1,
        lastModified: new Date('2023-02-24T10:19:18Z'),
        etag: '302D3A0C8E319EAA95B059B346DE1D1D',
        size: 102400,
        crc64: 12696911168479852064n,
      },
      {
        partNumber: 5,
        lastModified: new Date('2023-02-24T10:19:18Z'),
        etag: '5D41402ABC4B2A76B9719D911017C592',
        size: 5,
        crc64: 11177612005948864433n,
      },
    ],
  })
})

test('a page without parts has an empty next marker, which the C SDK tells from 0', () => {
  const page = decodeListPartsResult(answerOf('list-parts-empty'))
  expect(page.nextPartNumberMarker).toBeUndefined()
  expect(encodeListPartsResult(page)).toContain('<NextPartNumberMarker></NextPartNumberMarker>')
})

test('a part without a CRC has no element for it, because no element of a part may be empty', () => {
  const page = decodeListPartsResult(
    answerOf('list-parts').replaceAll(/<HashCrc64ecma>.*<\/HashCrc64ecma>/g, ''),
  )
  expect(page.parts.map(({ crc64 }) => crc64)).toEqual([undefined, undefined])
  expect(encodeListPartsResult(page)).not.toContain('HashCrc64ecma')
})

test('times are written in whole seconds, as the service knows them', () => {
  const page = decodeListPartsResult(answerOf('list-parts'))
  const [part] = page.parts
  if (!part) throw new Error('The wire case has a part.')
  const late = { ...part, lastModified: new Date('2023-02-24T10:19:18.999Z') }
  expect(encodeListPartsResult({ ...page, parts: [late] })).toContain(
    '<LastModified>2023-02-24T10:19:18.000Z</LastModified>',
  )
})

const partNumber = fc.integer({ min: 1, max: 10_000 })

function pages(encodingType: 'url' | undefined): fc.Arbitrary<ListPartsResult> {
  return fc.record({
    bucket: fc.constant('examplebucket'),
    key: textFor(encodingType),
    uploadId,
    storageClass: fc.constantFrom('Standard', 'IA'),
    partNumberMarker: fc.integer({ min: 0, max: 10_000 }),
    nextPartNumberMarker: fc.option(partNumber, { nil: undefined }),
    maxParts: fc.integer({ min: 1, max: 1000 }),
    isTruncated: fc.boolean(),
    parts: fc.array(
      fc.record({
        partNumber,
        lastModified: date,
        etag,
        size,
        crc64: fc.option(crc64Value, { nil: undefined }),
      }),
    ),
  })
}

test.each(encodingTypes)('what is written can be read back, encoding-type %s', (encodingType) => {
  fc.assert(
    fc.property(pages(encodingType), (page) => {
      expect(decodeListPartsResult(encodeListPartsResult(page, { encodingType }))).toEqual(page)
    }),
  )
})

const broken = (from: string | RegExp, to: string): string =>
  answerOf('list-parts').replace(from, to)

test.each([
  ['nothing', ''],
  ['another root', '<ListMultipartUploadsResult/>'],
  ['no IsTruncated', broken(/<IsTruncated>.*<\/IsTruncated>/, '')],
  ['an IsTruncated in words', broken('>false<', '>no<')],
  ['a negative size', broken('>102400<', '>-1<')],
  ['a size beyond 2^53', broken('>102400<', '>9007199254740993<')],
  ['an empty size', broken('>102400<', '><')],
  ['a CRC of 65 bits', broken('12696911168479852064', '18446744073709551616')],
  ['an empty CRC', broken('12696911168479852064', '')],
  ['a part without a time', broken(/<LastModified>.*<\/LastModified>/, '')],
  ['a broken escape in the key', broken('multipart.data', '%')],
])('refuses %s', (_, xml) => {
  expect(() => decodeListPartsResult(xml)).toThrow(
    expect.objectContaining({ code: 'MalformedXML' }),
  )
})
