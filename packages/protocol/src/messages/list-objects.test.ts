import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { date, encodingTypes, etag, size, textFor } from '../fixtures/arbitraries.ts'
import { normalise } from '../fixtures/wire.ts'
import {
  decodeListObjectsResult,
  encodeListObjectsResult,
  type ListObjectsResult,
} from './list-objects.ts'
import {
  decodeListObjectsV2Result,
  encodeListObjectsV2Result,
  type ListObjectsV2Result,
} from './list-objects-v2.ts'
import type { ListedObject } from './listed-object.ts'

const contents = `
  <Contents>
    <Key>fun/movie/001.avi</Key>
    <LastModified>2012-02-24T08:43:07.000Z</LastModified>
    <ETag>"5B3C1A2E053D763E1B002CC607C5A0FE"</ETag>
    <Type>Normal</Type>
    <Size>344606</Size>
    <StorageClass>Standard</StorageClass>
    <Owner><ID>0022012</ID><DisplayName>user-example</DisplayName></Owner>
  </Contents>`

/** The sample of the ListObjects page of the OSS API reference, in the service's order of elements. */
const sampleV1 = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult>
  <Name>oss-example</Name>
  <Prefix>fun/</Prefix>
  <Marker></Marker>
  <MaxKeys>1</MaxKeys>
  <Delimiter>/</Delimiter>
  <IsTruncated>true</IsTruncated>
  <NextMarker>fun/movie/</NextMarker>${contents}
  <CommonPrefixes>
    <Prefix>fun/movie/</Prefix>
  </CommonPrefixes>
</ListBucketResult>`

/** As above, of the ListObjectsV2 page. */
const sampleV2 = `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult>
  <Name>oss-example</Name>
  <Prefix>a/</Prefix>
  <StartAfter>a/b</StartAfter>
  <MaxKeys>3</MaxKeys>
  <Delimiter>/</Delimiter>
  <EncodingType>url</EncodingType>
  <IsTruncated>true</IsTruncated>
  <ContinuationToken>CgJi%2B%2F</ContinuationToken>
  <NextContinuationToken>CgJi%3D</NextContinuationToken>
  <KeyCount>2</KeyCount>${contents}
  <CommonPrefixes>
    <Prefix>a/c/</Prefix>
  </CommonPrefixes>
</ListBucketResult>`.replace(/(<Prefix>|<StartAfter>|<Delimiter>|<Key>)[^<]*/g, (text) =>
  text.replaceAll('/', '%2F'),
)

const object: ListedObject = {
  key: 'fun/movie/001.avi',
  lastModified: new Date('2012-02-24T08:43:07Z'),
  etag: '5B3C1A2E053D763E1B002CC607C5A0FE' as ListedObject['etag'],
  type: 'Normal',
  size: 344606,
  storageClass: 'Standard',
  owner: { id: '0022012', displayName: 'user-example' },
}

function objects(encodingType: 'url' | undefined): fc.Arbitrary<ListedObject[]> {
  const listed = fc.record({
    key: textFor(encodingType),
    lastModified: date,
    etag,
    type: fc.constantFrom('Normal', 'Multipart'),
    size,
    storageClass: fc.constant('Standard'),
    owner: fc.option(fc.constant({ id: '1', displayName: 'one' }), { nil: undefined }),
  })
  return fc.array(listed, { maxLength: 5 })
}

/** Tokens and next markers are never empty: absence is how they say nothing. */
const present = (text: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> =>
  fc.option(
    text.filter((value) => value !== ''),
    { nil: undefined },
  )

describe('version 1', () => {
  const sample: ListObjectsResult = {
    name: 'oss-example',
    prefix: 'fun/',
    marker: '',
    maxKeys: 1,
    delimiter: '/',
    isTruncated: true,
    nextMarker: 'fun/movie/',
    contents: [object],
    commonPrefixes: ['fun/movie/'],
  }

  test('the documented sample is read, and written the same', () => {
    expect(decodeListObjectsResult(sampleV1)).toEqual(sample)
    expect(encodeListObjectsResult(sample)).toBe(normalise(sampleV1).replace('?><', '?>\n<'))
  })

  test('a last page has no next marker', () => {
    const xml = encodeListObjectsResult({ ...sample, isTruncated: false, nextMarker: undefined })
    expect(xml).not.toContain('NextMarker')
    expect(decodeListObjectsResult(xml).nextMarker).toBeUndefined()
    const empty = xml.replace('<Contents>', '<NextMarker></NextMarker><Contents>')
    expect(decodeListObjectsResult(empty).nextMarker).toBeUndefined()
  })

  test('a key of controls is written raw when encoding-type is not asked for', () => {
    // ali-oss stores \x01\n\f\x07 and finds it in a plain listing of the live service.
    const xml = encodeListObjectsResult({
      ...sample,
      contents: [{ ...object, key: '\x01\n\f\x07Pc' }],
    })
    expect(xml).toContain('<Key>\x01\n\f\x07Pc</Key>')
  })

  test.each(encodingTypes)('what is written can be read back, encoding-type %s', (encodingType) => {
    const text = textFor(encodingType)
    const page: fc.Arbitrary<ListObjectsResult> = fc.record({
      name: fc.constant('oss-example'),
      prefix: text,
      marker: text,
      maxKeys: fc.integer({ min: 1, max: 1000 }),
      delimiter: text,
      isTruncated: fc.boolean(),
      nextMarker: present(text),
      contents: objects(encodingType),
      commonPrefixes: fc.array(text, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(page, (value) => {
        const xml = encodeListObjectsResult(value, { encodingType })
        expect(decodeListObjectsResult(xml)).toEqual(value)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['another root', '<ListAllMyBucketsResult/>'],
    ['no name', sampleV1.replace(/<Name>.*<\/Name>/, '')],
    ['an object without a size', sampleV1.replace(/<Size>.*<\/Size>/, '')],
    ['an owner without an id', sampleV1.replace(/<ID>.*<\/ID>/, '')],
    ['two keys in an object', sampleV1.replace('<Key>', '<Key>a</Key><Key>')],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeListObjectsResult(xml)).toThrow(
      expect.objectContaining({ code: 'MalformedXML' }),
    )
  })
})

describe('version 2', () => {
  const sample: ListObjectsV2Result = {
    name: 'oss-example',
    prefix: 'a/',
    startAfter: 'a/b',
    maxKeys: 3,
    delimiter: '/',
    isTruncated: true,
    continuationToken: 'CgJi+/',
    nextContinuationToken: 'CgJi=',
    keyCount: 2,
    contents: [object],
    commonPrefixes: ['a/c/'],
  }

  test('the documented sample is read, and written the same', () => {
    expect(decodeListObjectsV2Result(sampleV2)).toEqual(sample)
    expect(encodeListObjectsV2Result(sample, { encodingType: 'url' })).toBe(
      normalise(sampleV2).replace('?><', '?>\n<'),
    )
  })

  test('a first and last page has no tokens', () => {
    const xml = encodeListObjectsV2Result({
      ...sample,
      continuationToken: undefined,
      nextContinuationToken: undefined,
    })
    expect(xml).not.toContain('ContinuationToken')
    const empty = '<ContinuationToken/><NextContinuationToken/><KeyCount>'
    const page = decodeListObjectsV2Result(xml.replace('<KeyCount>', empty))
    expect(page.continuationToken).toBeUndefined()
    expect(page.nextContinuationToken).toBeUndefined()
  })

  test.each(encodingTypes)('what is written can be read back, encoding-type %s', (encodingType) => {
    const text = textFor(encodingType)
    const page: fc.Arbitrary<ListObjectsV2Result> = fc.record({
      name: fc.constant('oss-example'),
      prefix: text,
      startAfter: text,
      maxKeys: fc.integer({ min: 1, max: 1000 }),
      delimiter: text,
      isTruncated: fc.boolean(),
      continuationToken: present(text),
      nextContinuationToken: present(text),
      keyCount: fc.nat(),
      contents: objects(encodingType),
      commonPrefixes: fc.array(text, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(page, (value) => {
        const xml = encodeListObjectsV2Result(value, { encodingType })
        expect(decodeListObjectsV2Result(xml)).toEqual(value)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['no KeyCount', sampleV2.replace(/<KeyCount>.*<\/KeyCount>/, '')],
    ['half an escape', sampleV2.replace('%2F', '%2')],
    ['an escape that is not UTF-8', sampleV2.replace('%2F', '%FF')],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeListObjectsV2Result(xml)).toThrow(
      expect.objectContaining({ code: 'MalformedXML' }),
    )
  })
})
