/** The messages about buckets: the list of them, one's description, its place, its making. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { date, xmlText } from '../fixtures/arbitraries.ts'
import { normalise } from '../fixtures/wire.ts'
import {
  type AccessControlPolicy,
  decodeAccessControlPolicy,
  encodeAccessControlPolicy,
} from './access-control-policy.ts'
import { type BucketInfo, decodeBucketInfo, encodeBucketInfo } from './bucket-info.ts'
import { decodeBucketLocation, encodeBucketLocation } from './bucket-location.ts'
import {
  type CreateBucketConfiguration,
  decodeCreateBucketConfiguration,
  encodeCreateBucketConfiguration,
} from './create-bucket.ts'
import {
  decodeListBucketsResult,
  encodeListBucketsResult,
  type ListBucketsResult,
} from './list-buckets.ts'

const malformed = expect.objectContaining({ code: 'MalformedXML' })
const owner = fc.record({ id: xmlText, displayName: xmlText })
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined })
const someText = optional(fc.stringMatching(/^[A-Za-z0-9-]+$/))

describe('ListBuckets', () => {
  /** The second sample of the ListBuckets page of the OSS API reference. */
  const sample = `<?xml version="1.0" encoding="UTF-8"?>
<ListAllMyBucketsResult>
  <Prefix>my</Prefix>
  <Marker>mybucket</Marker>
  <MaxKeys>1</MaxKeys>
  <IsTruncated>true</IsTruncated>
  <NextMarker>mybucket10</NextMarker>
  <Owner>
    <ID>ut_test_put_bucket</ID>
    <DisplayName>ut_test_put_bucket</DisplayName>
  </Owner>
  <Buckets>
    <Bucket>
      <CreationDate>2014-05-14T11:18:32.000Z</CreationDate>
      <ExtranetEndpoint>oss-cn-hangzhou.aliyuncs.com</ExtranetEndpoint>
      <IntranetEndpoint>oss-cn-hangzhou-internal.aliyuncs.com</IntranetEndpoint>
      <Location>oss-cn-hangzhou</Location>
      <Name>mybucket01</Name>
      <Region>cn-hangzhou</Region>
      <StorageClass>Standard</StorageClass>
    </Bucket>
  </Buckets>
</ListAllMyBucketsResult>`

  const page: ListBucketsResult = {
    prefix: 'my',
    marker: 'mybucket',
    maxKeys: 1,
    isTruncated: true,
    nextMarker: 'mybucket10',
    owner: { id: 'ut_test_put_bucket', displayName: 'ut_test_put_bucket' },
    buckets: [
      {
        name: 'mybucket01',
        creationDate: new Date('2014-05-14T11:18:32Z'),
        extranetEndpoint: 'oss-cn-hangzhou.aliyuncs.com',
        intranetEndpoint: 'oss-cn-hangzhou-internal.aliyuncs.com',
        location: 'oss-cn-hangzhou',
        region: 'cn-hangzhou',
        storageClass: 'Standard',
        tags: [],
      },
    ],
  }

  test('the documented sample is read, and written the same', () => {
    expect(decodeListBucketsResult(sample)).toEqual(page)
    expect(normalise(encodeListBucketsResult(page))).toBe(normalise(sample))
  })

  test('the short form of a listing that needs one page is read', () => {
    const short = sample.replace(/<Prefix>[\s\S]*<\/NextMarker>/, '')
    expect(decodeListBucketsResult(short)).toEqual({
      ...page,
      prefix: '',
      marker: '',
      maxKeys: undefined,
      isTruncated: false,
      nextMarker: undefined,
    })
  })

  test('what is written can be read back', () => {
    const pages: fc.Arbitrary<ListBucketsResult> = fc.record({
      prefix: xmlText,
      marker: xmlText,
      maxKeys: optional(fc.integer({ min: 1, max: 1000 })),
      isTruncated: fc.boolean(),
      nextMarker: someText,
      owner,
      buckets: fc.array(
        fc.record({
          name: xmlText,
          creationDate: date,
          extranetEndpoint: xmlText,
          intranetEndpoint: xmlText,
          location: xmlText,
          region: xmlText,
          storageClass: xmlText,
          tags: fc.array(fc.record({ key: xmlText, value: xmlText }), { maxLength: 2 }),
        }),
        { maxLength: 3 },
      ),
    })
    fc.assert(
      fc.property(pages, (value) => {
        expect(decodeListBucketsResult(encodeListBucketsResult(value))).toEqual(value)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['no owner', sample.replace(/<Owner>[\s\S]*<\/Owner>/, '')],
    ['a bucket without a name', sample.replace(/<Name>.*<\/Name>/, '')],
    ['a bucket without a date', sample.replace(/<CreationDate>.*<\/CreationDate>/, '')],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeListBucketsResult(xml)).toThrow(malformed)
  })
})

describe('GetBucketInfo', () => {
  const info: BucketInfo = {
    name: 'examplebucket',
    creationDate: new Date('2013-07-31T10:56:21Z'),
    extranetEndpoint: 'oss-cn-hangzhou.aliyuncs.com',
    intranetEndpoint: 'oss-cn-hangzhou-internal.aliyuncs.com',
    location: 'oss-cn-hangzhou',
    storageClass: 'Standard',
    dataRedundancyType: 'LRS',
    owner: { id: '2718281828', displayName: '2718281828' },
    acl: 'private',
    comment: '',
    resourceGroupId: 'rg-default',
    accessMonitor: 'Disabled',
    crossRegionReplication: 'Disabled',
    transferAcceleration: 'Disabled',
    blockPublicAccess: true,
    versioning: undefined,
    encryption: undefined,
    logBucket: '',
    logPrefix: '',
  }

  /** The elements that the live suites of the OSS SDKs for Go v2 and Python v2 dereference. */
  const sample = `<?xml version="1.0" encoding="UTF-8"?>
<BucketInfo>
  <Bucket>
    <AccessMonitor>Disabled</AccessMonitor>
    <BlockPublicAccess>true</BlockPublicAccess>
    <Comment></Comment>
    <CreationDate>2013-07-31T10:56:21.000Z</CreationDate>
    <CrossRegionReplication>Disabled</CrossRegionReplication>
    <DataRedundancyType>LRS</DataRedundancyType>
    <ExtranetEndpoint>oss-cn-hangzhou.aliyuncs.com</ExtranetEndpoint>
    <IntranetEndpoint>oss-cn-hangzhou-internal.aliyuncs.com</IntranetEndpoint>
    <Location>oss-cn-hangzhou</Location>
    <Name>examplebucket</Name>
    <ResourceGroupId>rg-default</ResourceGroupId>
    <StorageClass>Standard</StorageClass>
    <TransferAcceleration>Disabled</TransferAcceleration>
    <Owner><ID>2718281828</ID><DisplayName>2718281828</DisplayName></Owner>
    <AccessControlList><Grant>private</Grant></AccessControlList>
    <ServerSideEncryptionRule><SSEAlgorithm>None</SSEAlgorithm></ServerSideEncryptionRule>
    <BucketPolicy><LogBucket></LogBucket><LogPrefix></LogPrefix></BucketPolicy>
  </Bucket>
</BucketInfo>`

  test('the sample is read, and written the same', () => {
    expect(decodeBucketInfo(sample)).toEqual(info)
    expect(normalise(encodeBucketInfo(info))).toBe(normalise(sample))
  })

  test('an older answer without the newer elements is read', () => {
    const old = sample
      .replace(/<(BlockPublicAccess|AccessMonitor|Comment|ResourceGroupId)>.*<\/\1>/g, '')
      .replace(/<(ServerSideEncryptionRule|BucketPolicy|AccessControlList)>.*<\/\1>/g, '')
    expect(decodeBucketInfo(old)).toEqual({
      ...info,
      blockPublicAccess: false,
      accessMonitor: '',
      resourceGroupId: '',
      acl: '',
    })
  })

  test('what is written can be read back', () => {
    const infos: fc.Arbitrary<BucketInfo> = fc.record({
      name: xmlText,
      creationDate: date,
      extranetEndpoint: xmlText,
      intranetEndpoint: xmlText,
      location: xmlText,
      storageClass: xmlText,
      dataRedundancyType: xmlText,
      owner,
      acl: xmlText,
      comment: xmlText,
      resourceGroupId: xmlText,
      accessMonitor: xmlText,
      crossRegionReplication: xmlText,
      transferAcceleration: xmlText,
      blockPublicAccess: fc.boolean(),
      versioning: optional(fc.constantFrom('Enabled', 'Suspended')),
      encryption: optional(
        fc.record({
          algorithm: fc.constantFrom('AES256', 'KMS', 'SM4'),
          dataAlgorithm: optional(fc.constant('SM4')),
          keyId: someText,
        }),
      ),
      logBucket: xmlText,
      logPrefix: xmlText,
    })
    fc.assert(
      fc.property(infos, (value) => {
        expect(decodeBucketInfo(encodeBucketInfo(value))).toEqual(value)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['no bucket', '<BucketInfo/>'],
    ['no owner', sample.replace(/<Owner>.*<\/Owner>/, '')],
    ['a block in words', sample.replace('>true<', '>yes<')],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeBucketInfo(xml)).toThrow(malformed)
  })
})

describe('GetBucketAcl', () => {
  /** The sample of the GetBucketAcl page of the OSS API reference. */
  const sample = `<?xml version="1.0" encoding="UTF-8"?>
<AccessControlPolicy>
  <Owner>
    <ID>0022012</ID>
    <DisplayName>user_example</DisplayName>
  </Owner>
  <AccessControlList>
    <Grant>public-read</Grant>
  </AccessControlList>
</AccessControlPolicy>`

  test('the documented sample is read, and written the same', () => {
    const policy = { owner: { id: '0022012', displayName: 'user_example' }, grant: 'public-read' }
    expect(decodeAccessControlPolicy(sample)).toEqual(policy)
    expect(normalise(encodeAccessControlPolicy(policy))).toBe(normalise(sample))
  })

  test('what is written can be read back', () => {
    const policies: fc.Arbitrary<AccessControlPolicy> = fc.record({
      owner,
      grant: fc.constantFrom('private', 'public-read', 'public-read-write', 'default'),
    })
    fc.assert(
      fc.property(policies, (value) => {
        expect(decodeAccessControlPolicy(encodeAccessControlPolicy(value))).toEqual(value)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['no owner', sample.replace(/<Owner>[\s\S]*<\/Owner>/, '')],
    ['no list', sample.replace(/<AccessControlList>[\s\S]*<\/AccessControlList>/, '')],
    ['no grant', sample.replace(/<Grant>.*<\/Grant>/, '')],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeAccessControlPolicy(xml)).toThrow(malformed)
  })
})

describe('GetBucketLocation', () => {
  /** The sample of the GetBucketLocation page of the OSS API reference. */
  const sample =
    '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint>oss-cn-hangzhou</LocationConstraint>'

  test('the documented sample is read, and written the same', () => {
    expect(decodeBucketLocation(sample)).toBe('oss-cn-hangzhou')
    expect(encodeBucketLocation('oss-cn-hangzhou')).toBe(sample)
  })

  test.each(['', '<LocationConstraint/>', '<Location>oss-cn-hangzhou</Location>'])(
    'refuses %j',
    (xml) => {
      expect(() => decodeBucketLocation(xml)).toThrow(malformed)
    },
  )
})

describe('the body of PutBucket', () => {
  test('is read as the Go SDK sends it, blanks first', () => {
    const body =
      '\n  <?xml version="1.0" encoding="UTF-8"?>\n<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>'
    expect(decodeCreateBucketConfiguration(body)).toEqual({ storageClass: 'IA' })
  })

  test.each(['', ' \r\n', '<CreateBucketConfiguration/>'])('asks for nothing in %j', (body) => {
    expect(decodeCreateBucketConfiguration(body)).toEqual({})
  })

  test('what is written can be read back', () => {
    const configurations: fc.Arbitrary<CreateBucketConfiguration> = fc.record({
      storageClass: someText,
      dataRedundancyType: someText,
      locationConstraint: someText,
    })
    fc.assert(
      fc.property(configurations, (value) => {
        const xml = encodeCreateBucketConfiguration(value)
        expect(decodeCreateBucketConfiguration(xml)).toEqual(value)
      }),
    )
  })

  test.each([
    ['another root', '<Configuration/>'],
    ['text', 'IA'],
    [
      'two classes',
      '<CreateBucketConfiguration><StorageClass>IA</StorageClass><StorageClass>Archive</StorageClass></CreateBucketConfiguration>',
    ],
  ])('refuses %s', (_, xml) => {
    expect(() => decodeCreateBucketConfiguration(xml)).toThrow(malformed)
  })
})
