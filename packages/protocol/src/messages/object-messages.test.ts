/** The messages about objects: deleting many, copying, restoring, posting, listing versions. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { date, encodingTypes, etag, size, textFor, xmlText } from '../fixtures/arbitraries.ts'
import { normalise } from '../fixtures/wire.ts'
import { parseETag } from '../values.ts'
import {
  type CopyObjectResult,
  decodeCopyObjectResult,
  encodeCopyObjectResult,
} from './copy-object.ts'
import {
  type DeletedObject,
  type DeleteMultipleObjects,
  decodeDeleteMultipleObjects,
  decodeDeleteResult,
  encodeDeleteMultipleObjects,
  encodeDeleteResult,
} from './delete-multiple-objects.ts'
import {
  decodeListObjectVersionsResult,
  encodeListObjectVersionsResult,
  type ListedVersion,
  type ListObjectVersionsResult,
} from './list-object-versions.ts'
import { decodePostResponse, encodePostResponse, type PostResponse } from './post-object.ts'
import {
  decodeRestoreRequest,
  encodeRestoreRequest,
  type RestoreRequest,
} from './restore-request.ts'

const malformed = expect.objectContaining({ code: 'MalformedXML' })
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined })
const versionId = fc.oneof(fc.constant('null'), fc.stringMatching(/^[0-9A-F]{32}$/))
const owner = fc.record({ id: xmlText, displayName: xmlText })

describe('the body of DeleteMultipleObjects', () => {
  test('is read as the documentation has it', () => {
    const body = `<?xml version="1.0" encoding="UTF-8"?>
<Delete>
  <Quiet>true</Quiet>
  <Object><Key>multipart.data</Key></Object>
  <Object><Key>test.jpg</Key><VersionId>CAEQNRiBgIDyz.6C0BYiIGQ2NWEwNmVhNTA3ZTQ3MzM5ODliYjM1ZTdjYjA4</VersionId></Object>
</Delete>`
    expect(decodeDeleteMultipleObjects(body)).toEqual({
      quiet: true,
      objects: [
        { key: 'multipart.data', versionId: undefined },
        {
          key: 'test.jpg',
          versionId: 'CAEQNRiBgIDyz.6C0BYiIGQ2NWEwNmVhNTA3ZTQ3MzM5ODliYjM1ZTdjYjA4',
        },
      ],
    })
  })

  test('keeps control characters, as references or raw, and the blanks around a key', () => {
    const body = '<Delete><Object><Key> &#x01;\x02&#x1F; b </Key></Object></Delete>'
    expect(decodeDeleteMultipleObjects(body).objects).toEqual([
      { key: ' \x01\x02\x1F b ', versionId: undefined },
    ])
  })

  test('is not quiet unless it says so', () => {
    expect(
      decodeDeleteMultipleObjects('<Delete><Object><Key>k</Key></Object></Delete>').quiet,
    ).toBe(false)
  })

  test('what is written can be read back', () => {
    const bodies: fc.Arbitrary<DeleteMultipleObjects> = fc.record({
      quiet: fc.boolean(),
      objects: fc.array(fc.record({ key: xmlText, versionId: optional(versionId) }), {
        minLength: 1,
        maxLength: 4,
      }),
    })
    fc.assert(
      fc.property(bodies, (value) => {
        expect(decodeDeleteMultipleObjects(encodeDeleteMultipleObjects(value))).toEqual(value)
      }),
    )
  })

  test('1,000 objects are read, one more is refused', () => {
    const objects = Array.from({ length: 1000 }, (_, index) => ({
      key: `k${index}`,
      versionId: undefined,
    }))
    const body = encodeDeleteMultipleObjects({ quiet: false, objects })
    expect(decodeDeleteMultipleObjects(body).objects).toHaveLength(1000)
    const tooMany = body.replace('<Object>', '<Object><Key>more</Key></Object><Object>')
    expect(() => decodeDeleteMultipleObjects(tooMany)).toThrow(malformed)
  })

  test.each([
    ['nothing', ''],
    ['no object', '<Delete><Quiet>true</Quiet></Delete>'],
    ['another root', '<DeleteObjects><Object><Key>k</Key></Object></DeleteObjects>'],
    ['an object without a key', '<Delete><Object/></Delete>'],
    ['two keys in an object', '<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>'],
    ['an object in another case', '<Delete><Object><Key>a</Key></Object><object/></Delete>'],
    ['a quiet of neither', '<Delete><Quiet>1</Quiet><Object><Key>a</Key></Object></Delete>'],
    ['half of it', '<Delete><Object><Key>a</Key></Object>'],
  ])('refuses %s as MalformedXML, with its number', (_, body) => {
    expect(() => decodeDeleteMultipleObjects(body)).toThrow(
      expect.objectContaining({ code: 'MalformedXML', status: 400, ec: '0016-00000608' }),
    )
  })
})

describe('the answer to DeleteMultipleObjects', () => {
  test('names a delete marker only where there is one', () => {
    const deleted: DeletedObject[] = [
      { key: 'a', versionId: undefined, deleteMarker: false, deleteMarkerVersionId: undefined },
      { key: 'b', versionId: '1', deleteMarker: true, deleteMarkerVersionId: '1' },
    ]
    expect(normalise(encodeDeleteResult({ deleted }))).toBe(
      normalise(`<?xml version="1.0" encoding="UTF-8"?><DeleteResult>
        <Deleted><Key>a</Key></Deleted>
        <Deleted><Key>b</Key><VersionId>1</VersionId><DeleteMarker>true</DeleteMarker>
          <DeleteMarkerVersionId>1</DeleteMarkerVersionId></Deleted></DeleteResult>`),
    )
  })

  test.each(encodingTypes)('what is written can be read back, encoding-type %s', (encodingType) => {
    const deleted = fc.array(
      fc.record({
        key: textFor(encodingType),
        versionId: optional(versionId),
        deleteMarker: fc.boolean(),
        deleteMarkerVersionId: optional(versionId),
      }),
      { maxLength: 3 },
    )
    fc.assert(
      fc.property(deleted, (value) => {
        const xml = encodeDeleteResult({ deleted: value }, { encodingType })
        expect(decodeDeleteResult(xml)).toEqual({ deleted: value })
      }),
    )
  })

  test('is empty when the request was quiet', () => {
    expect(decodeDeleteResult('')).toEqual({ deleted: [] })
  })

  test.each(['<Deleted/>', '<DeleteResult><Deleted/></DeleteResult>'])('refuses %s', (xml) => {
    expect(() => decodeDeleteResult(xml)).toThrow(malformed)
  })
})

describe('the answer to CopyObject', () => {
  /** The sample of the CopyObject page of the OSS API reference, without its namespace. */
  const sample = `<?xml version="1.0" encoding="UTF-8"?>
<CopyObjectResult>
  <ETag>"5B3C1A2E053D763E1B002CC607C5A0FE"</ETag>
  <LastModified>2015-02-27T02:09:53.000Z</LastModified>
</CopyObjectResult>`

  test('the documented sample is read, and written the same', () => {
    const result: CopyObjectResult = {
      etag: parseETag('5B3C1A2E053D763E1B002CC607C5A0FE'),
      lastModified: new Date('2015-02-27T02:09:53Z'),
    }
    expect(decodeCopyObjectResult(sample)).toEqual(result)
    expect(normalise(encodeCopyObjectResult(result))).toBe(normalise(sample))
  })

  test.each(['', sample.replace(/<ETag>.*<\/ETag>/, ''), sample.replace('02-27', '02-31')])(
    'refuses %j',
    (xml) => {
      expect(() => decodeCopyObjectResult(xml)).toThrow(malformed)
    },
  )
})

describe('the body of RestoreObject', () => {
  test('is read as the documentation has it', () => {
    const body = `<?xml version="1.0" encoding="UTF-8"?>
<RestoreRequest>
  <Days>7</Days>
  <JobParameters><Tier>Bulk</Tier></JobParameters>
</RestoreRequest>`
    expect(decodeRestoreRequest(body)).toEqual({ days: 7, tier: 'Bulk' })
  })

  test.each(['', ' \n', '<RestoreRequest/>', '<RestoreRequest><Days/></RestoreRequest>'])(
    'asks for nothing in particular in %j',
    (body) => {
      expect(decodeRestoreRequest(body)).toEqual({ days: undefined, tier: undefined })
    },
  )

  test('what is written can be read back', () => {
    const requests: fc.Arbitrary<RestoreRequest> = fc.record({
      days: optional(fc.integer({ min: 0, max: 1000 })),
      tier: optional(fc.constantFrom('Standard', 'Bulk', 'Expedited')),
    })
    fc.assert(
      fc.property(requests, (value) => {
        expect(decodeRestoreRequest(encodeRestoreRequest(value))).toEqual(value)
      }),
    )
  })

  test.each([
    '<Restore/>',
    '<RestoreRequest><Days>-1</Days></RestoreRequest>',
    '<RestoreRequest><Days>1.5</Days></RestoreRequest>',
    '<RestoreRequest><Days>1</Days><Days>2</Days></RestoreRequest>',
    '<RestoreRequest><JobParameters/></RestoreRequest>',
    '<RestoreRequest><Hours>1</Hours></RestoreRequest>',
  ])('refuses %s', (body) => {
    expect(() => decodeRestoreRequest(body)).toThrow(malformed)
  })
})

test('what PostObject answers can be read back', () => {
  const responses: fc.Arbitrary<PostResponse> = fc.record({
    bucket: xmlText,
    location: xmlText,
    key: xmlText,
    etag,
  })
  fc.assert(
    fc.property(responses, (value) => {
      expect(decodePostResponse(encodePostResponse(value))).toEqual(value)
    }),
  )
  expect(() => decodePostResponse('<PostResponse><Bucket>b</Bucket></PostResponse>')).toThrow(
    malformed,
  )
})

describe('ListObjectVersions', () => {
  /** After the sample of the ListObjectVersions page of the OSS API reference. */
  const sample = `<?xml version="1.0" encoding="UTF-8"?>
<ListVersionsResult>
  <Name>examplebucket-1250000000</Name>
  <Prefix></Prefix>
  <KeyMarker></KeyMarker>
  <VersionIdMarker></VersionIdMarker>
  <MaxKeys>1000</MaxKeys>
  <Delimiter></Delimiter>
  <IsTruncated>false</IsTruncated>
  <DeleteMarker>
    <Key>example</Key>
    <VersionId>CAEQMxiBgICAof2D0BYiIDJhMGE3N2M1YTI1NDQzOGY5NTkyNTI3MGYyMzJm</VersionId>
    <IsLatest>true</IsLatest>
    <LastModified>2019-04-09T07:27:28.000Z</LastModified>
    <Owner><ID>1234512528586</ID><DisplayName>12345125285864390</DisplayName></Owner>
  </DeleteMarker>
  <Version>
    <Key>example</Key>
    <VersionId>CAEQMxiBgMDNoP2D0BYiIDE3MWUxNzgxZDQxNTRiODI5OGYwZGMwNGY3MzZjN</VersionId>
    <IsLatest>false</IsLatest>
    <LastModified>2019-04-09T07:27:28.000Z</LastModified>
    <ETag>"250F8A0AE989679A22926A875F0A2"</ETag>
    <Type>Normal</Type>
    <Size>93731</Size>
    <StorageClass>Standard</StorageClass>
    <Owner><ID>1234512528586</ID><DisplayName>12345125285864390</DisplayName></Owner>
  </Version>
</ListVersionsResult>`

  test('the documented sample is read in its order, and written the same', () => {
    const result = decodeListObjectVersionsResult(sample)
    expect(result.versions.map(({ kind, isLatest }) => [kind, isLatest])).toEqual([
      ['marker', true],
      ['object', false],
    ])
    expect(normalise(encodeListObjectVersionsResult(result))).toBe(normalise(sample))
  })

  test.each(encodingTypes)('what is written can be read back, encoding-type %s', (encodingType) => {
    const text = textFor(encodingType)
    const some = optional(text.filter((value) => value !== ''))
    const common = { key: text, versionId, isLatest: fc.boolean(), lastModified: date, owner }
    const version: fc.Arbitrary<ListedVersion> = fc.oneof(
      fc.record({ kind: fc.constant('marker' as const), ...common }),
      fc.record({
        kind: fc.constant('object' as const),
        ...common,
        etag,
        type: fc.constantFrom('Normal', 'Multipart', 'Appendable', 'Symlink'),
        size,
        storageClass: fc.constantFrom('Standard', 'Archive'),
        restoreInfo: optional(fc.constant('ongoing-request="true"')),
      }),
    )
    const results: fc.Arbitrary<ListObjectVersionsResult> = fc.record({
      name: xmlText,
      prefix: text,
      keyMarker: text,
      versionIdMarker: fc.oneof(fc.constant(''), versionId),
      maxKeys: fc.integer({ min: 1, max: 1000 }),
      delimiter: text,
      isTruncated: fc.boolean(),
      nextKeyMarker: some,
      nextVersionIdMarker: optional(versionId),
      versions: fc.array(version, { maxLength: 3 }),
      commonPrefixes: fc.array(text, { maxLength: 2 }),
    })
    fc.assert(
      fc.property(results, (value) => {
        const xml = encodeListObjectVersionsResult(value, { encodingType })
        expect(decodeListObjectVersionsResult(xml)).toEqual(value)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    [
      'a version without an owner',
      sample.replace(/<Owner>.*<\/Owner>\s*<\/Version>/, '</Version>'),
    ],
    ['a version without an id', sample.replaceAll(/<VersionId>.*<\/VersionId>/g, '')],
    ['a marker without a date', sample.replace(/<LastModified>.*<\/LastModified>/, '')],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeListObjectVersionsResult(xml)).toThrow(malformed)
  })
})
