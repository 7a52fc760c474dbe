/** The messages that configure a bucket, but for its lifecycle and its website. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { xmlText } from '../fixtures/arbitraries.ts'
import { normalise } from '../fixtures/wire.ts'
import {
  type BucketLoggingStatus,
  decodeBucketLoggingStatus,
  encodeBucketLoggingStatus,
} from './bucket-logging-status.ts'
import { type BucketStat, decodeBucketStat, encodeBucketStat } from './bucket-stat.ts'
import {
  type CorsConfiguration,
  decodeCorsConfiguration,
  encodeCorsConfiguration,
} from './cors-configuration.ts'
import {
  decodeRefererConfiguration,
  encodeRefererConfiguration,
  type RefererConfiguration,
} from './referer-configuration.ts'
import {
  decodeRequestPaymentConfiguration,
  encodeRequestPaymentConfiguration,
} from './request-payment-configuration.ts'
import {
  decodeServerSideEncryptionRule,
  encodeServerSideEncryptionRule,
  type ServerSideEncryptionRule,
} from './server-side-encryption-rule.ts'
import {
  decodeTagging,
  encodeTagging,
  requireBucketTags,
  requireObjectTags,
  type Tagging,
} from './tagging.ts'
import {
  decodeVersioningConfiguration,
  encodeVersioningConfiguration,
} from './versioning-configuration.ts'

const malformed = expect.objectContaining({ code: 'MalformedXML' })
const invalidTag = expect.objectContaining({ code: 'InvalidTag', status: 400 })
const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined })
const word = fc.stringMatching(/^[A-Za-z0-9-]+$/)

describe('CORSConfiguration', () => {
  /** After the sample of the PutBucketCors page of the OSS API reference. */
  const sample = `<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration>
  <CORSRule>
    <AllowedOrigin>*</AllowedOrigin>
    <AllowedMethod>PUT</AllowedMethod>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedHeader>authorization</AllowedHeader>
  </CORSRule>
  <CORSRule>
    <AllowedOrigin>http://example.com</AllowedOrigin>
    <AllowedOrigin>http://*.example.net</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod>
    <AllowedHeader>x-oss-*</AllowedHeader>
    <ExposeHeader>x-oss-test</ExposeHeader>
    <ExposeHeader>ETag</ExposeHeader>
    <MaxAgeSeconds>100</MaxAgeSeconds>
  </CORSRule>
  <ResponseVary>true</ResponseVary>
</CORSConfiguration>`
  const rule = (inner: string): string =>
    `<CORSConfiguration><CORSRule>${inner}</CORSRule></CORSConfiguration>`
  const plain = '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>'

  test('the sample is read, and written the same', () => {
    const configuration = decodeCorsConfiguration(sample)
    expect(configuration.rules[1]).toEqual({
      allowedOrigins: ['http://example.com', 'http://*.example.net'],
      allowedMethods: ['GET'],
      allowedHeaders: ['x-oss-*'],
      exposeHeaders: ['x-oss-test', 'ETag'],
      maxAgeSeconds: 100,
    })
    expect(normalise(encodeCorsConfiguration(configuration))).toBe(normalise(sample))
  })

  test('allowed headers are read in lower case, everything else as it is', () => {
    const { rules, responseVary } = decodeCorsConfiguration(
      rule(
        `${plain}<AllowedHeader>X-Oss-Test</AllowedHeader><ExposeHeader>X-Oss-Test</ExposeHeader>`,
      ),
    )
    expect(rules[0]).toMatchObject({
      allowedHeaders: ['x-oss-test'],
      exposeHeaders: ['X-Oss-Test'],
    })
    expect(responseVary).toBe(false)
  })

  test('what is written can be read back', () => {
    const origin = fc.constantFrom('*', 'http://a.example', 'https://*.b.example', 'www.c.example')
    const header = fc.constantFrom('*', 'content-type', 'x-oss-*')
    const configurations: fc.Arbitrary<CorsConfiguration> = fc.record({
      rules: fc.array(
        fc.record({
          allowedOrigins: fc.array(origin, { minLength: 1, maxLength: 3 }),
          allowedMethods: fc.array(fc.constantFrom('GET', 'PUT', 'DELETE', 'POST', 'HEAD'), {
            minLength: 1,
            maxLength: 5,
          }),
          allowedHeaders: fc.array(header, { maxLength: 2 }),
          exposeHeaders: fc.array(word, { maxLength: 2 }),
          maxAgeSeconds: optional(fc.integer({ min: 0, max: 999_999_999 })),
        }),
        { minLength: 1, maxLength: 10 },
      ),
      responseVary: fc.boolean(),
    })
    fc.assert(
      fc.property(configurations, (value) => {
        expect(decodeCorsConfiguration(encodeCorsConfiguration(value))).toEqual(value)
      }),
    )
  })

  test.each([
    ['nothing', ''],
    ['no rule', '<CORSConfiguration/>'],
    ['a rule without an origin', rule('<AllowedMethod>GET</AllowedMethod>')],
    ['a rule without a method', rule('<AllowedOrigin>*</AllowedOrigin>')],
    ['an element nobody knows', rule(`${plain}<AllowedCookie>a</AllowedCookie>`)],
    ['two ages', rule(`${plain}<MaxAgeSeconds>1</MaxAgeSeconds><MaxAgeSeconds>2</MaxAgeSeconds>`)],
  ])('refuses %s as MalformedXML', (_, xml) => {
    expect(() => decodeCorsConfiguration(xml)).toThrow(malformed)
  })

  test.each([
    ['AllowedMethod', 'PATCH'],
    ['AllowedMethod', 'get'],
    ['AllowedOrigin', 'http://*.*.example'],
    ['AllowedOrigin', ''],
    ['AllowedHeader', '*-*'],
    ['ExposeHeader', '*'],
    ['ExposeHeader', 'a, b'],
    ['MaxAgeSeconds', '-1'],
    ['MaxAgeSeconds', '1000000000'],
  ])('refuses the %s %j as InvalidArgument', (name, value) => {
    const xml = rule(`${plain}<${name}>${value}</${name}>`)
    expect(() => decodeCorsConfiguration(xml)).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        details: { ArgumentName: name, ArgumentValue: value },
      }),
    )
  })

  test('ten rules are read, eleven are beyond the limit', () => {
    const rules = (count: number): string =>
      `<CORSConfiguration>${`<CORSRule>${plain}</CORSRule>`.repeat(count)}</CORSConfiguration>`
    expect(decodeCorsConfiguration(rules(10)).rules).toHaveLength(10)
    expect(() => decodeCorsConfiguration(rules(11))).toThrow(
      expect.objectContaining({ code: 'CORSRuleBeyondLimit', status: 400 }),
    )
  })
})

describe('RefererConfiguration', () => {
  test('an empty one takes the defaults', () => {
    expect(decodeRefererConfiguration('<RefererConfiguration/>')).toEqual({
      allowEmptyReferer: true,
      allowTruncateQueryString: true,
      truncatePath: false,
      referers: [],
      blacklist: [],
    })
  })

  test('a list of one empty referer is an empty list', () => {
    const xml =
      '<RefererConfiguration><RefererList><Referer></Referer></RefererList></RefererConfiguration>'
    expect(decodeRefererConfiguration(xml).referers).toEqual([])
  })

  test('what is written can be read back, in order', () => {
    const list = fc.array(fc.constantFrom('*', '?', 'mibrowser:home', 'http://a/*', '中文+'), {
      maxLength: 4,
    })
    const configurations: fc.Arbitrary<RefererConfiguration> = fc.record({
      allowEmptyReferer: fc.boolean(),
      allowTruncateQueryString: fc.boolean(),
      truncatePath: fc.boolean(),
      referers: list,
      blacklist: list,
    })
    fc.assert(
      fc.property(configurations, (value) => {
        expect(decodeRefererConfiguration(encodeRefererConfiguration(value))).toEqual(value)
      }),
    )
  })

  test.each([
    '',
    '<RefererConfiguration><AllowEmptyReferer>yes</AllowEmptyReferer></RefererConfiguration>',
    '<RefererConfiguration><Referer>a</Referer></RefererConfiguration>',
    '<RefererConfiguration><RefererList><Other/></RefererList></RefererConfiguration>',
  ])('refuses %j', (xml) => {
    expect(() => decodeRefererConfiguration(xml)).toThrow(malformed)
  })
})

describe('BucketLoggingStatus', () => {
  test('without LoggingEnabled nothing is logged, and a prefix may be left out', () => {
    expect(decodeBucketLoggingStatus('<BucketLoggingStatus/>')).toEqual({ enabled: undefined })
    expect(
      decodeBucketLoggingStatus(
        '<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket></LoggingEnabled></BucketLoggingStatus>',
      ),
    ).toEqual({ enabled: { targetBucket: 'logs', targetPrefix: '', loggingRole: undefined } })
  })

  test('what is written can be read back', () => {
    const statuses: fc.Arbitrary<BucketLoggingStatus> = fc.record({
      enabled: optional(
        fc.record({ targetBucket: word, targetPrefix: xmlText, loggingRole: optional(word) }),
      ),
    })
    fc.assert(
      fc.property(statuses, (value) => {
        expect(decodeBucketLoggingStatus(encodeBucketLoggingStatus(value))).toEqual(value)
      }),
    )
  })

  test.each([
    '',
    '<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>',
    '<BucketLoggingStatus><Enabled/></BucketLoggingStatus>',
  ])('refuses %j', (xml) => {
    expect(() => decodeBucketLoggingStatus(xml)).toThrow(malformed)
  })
})

describe('Tagging', () => {
  test('what is written can be read back, in order', () => {
    const taggings: fc.Arbitrary<Tagging> = fc.record({
      tags: fc.array(fc.record({ key: xmlText, value: xmlText }), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(taggings, (value) => {
        expect(decodeTagging(encodeTagging(value))).toEqual(value)
      }),
    )
  })

  test.each([
    '',
    '<Tagging/>',
    '<Tagging><Tag><Key>a</Key><Value/></Tag></Tagging>',
    '<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>',
    '<Tagging><TagSet><Tag><Value>a</Value></Tag></TagSet></Tagging>',
  ])('refuses %j', (xml) => {
    expect(() => decodeTagging(xml)).toThrow(malformed)
  })

  const tags = (count: number): { key: string; value: string }[] =>
    Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: '' }))

  test.each([
    ['none', []],
    ['ten of them', tags(10)],
    ['the longest key and value', [{ key: 'k'.repeat(128), value: 'v'.repeat(256) }]],
    ['every sign there is', [{ key: 'a +-=._:/', value: '中文 +-=._:/9' }]],
  ])('an object takes %s', (_, some) => {
    expect(() => requireObjectTags(some)).not.toThrow()
  })

  test.each([
    ['eleven tags', tags(11)],
    ['an empty key', [{ key: '', value: 'v' }]],
    ['a key of 129 characters', [{ key: 'k'.repeat(129), value: '' }]],
    ['a value of 257 characters', [{ key: 'k', value: 'v'.repeat(257) }]],
    ['a key twice', [...tags(1), ...tags(1)]],
    ['a percent sign in a key', [{ key: '%@abc', value: '' }]],
    ['an ampersand in a value', [{ key: 'k', value: 'a&b' }]],
  ])('an object refuses %s', (_, some) => {
    expect(() => requireObjectTags(some)).toThrow(invalidTag)
  })

  test.each([
    ['twenty of them', tags(20)],
    ['any characters', [{ key: '%@abc', value: '++123%' }]],
  ])('a bucket takes %s', (_, some) => {
    expect(() => requireBucketTags(some)).not.toThrow()
  })

  test.each([
    ['twenty-one tags', tags(21)],
    ['an empty key', [{ key: '', value: 'v' }]],
    ['a key of 65 bytes', [{ key: 'k'.repeat(65), value: '' }]],
    ['a value of 129 bytes', [{ key: 'k', value: 'v'.repeat(129) }]],
    ['a key twice', [...tags(1), ...tags(1)]],
    ['a key that is an address', [{ key: 'http://a', value: '' }]],
    ['a key of the service’s own', [{ key: 'Aliyun-a', value: '' }]],
  ])('a bucket refuses %s', (_, some) => {
    expect(() => requireBucketTags(some)).toThrow(invalidTag)
  })
})

describe('VersioningConfiguration', () => {
  test.each(['Enabled', 'Suspended', undefined] as const)('%s can be read back', (status) => {
    expect(decodeVersioningConfiguration(encodeVersioningConfiguration({ status }))).toEqual({
      status,
    })
  })

  test.each([
    '',
    '<VersioningConfiguration><Status>Disabled</Status></VersioningConfiguration>',
    '<VersioningConfiguration><Status/></VersioningConfiguration>',
    '<VersioningConfiguration><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>',
  ])('refuses %j', (xml) => {
    expect(() => decodeVersioningConfiguration(xml)).toThrow(malformed)
  })
})

describe('ServerSideEncryptionRule', () => {
  test('an empty key id is none', () => {
    const xml = `<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault>
      <SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID></KMSMasterKeyID>
      </ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>`
    expect(decodeServerSideEncryptionRule(xml)).toEqual({
      algorithm: 'KMS',
      dataAlgorithm: undefined,
      keyId: undefined,
    })
  })

  test('what is written can be read back', () => {
    const rules: fc.Arbitrary<ServerSideEncryptionRule> = fc.record({
      algorithm: fc.constantFrom('AES256', 'KMS', 'SM4'),
      dataAlgorithm: optional(fc.constant('SM4')),
      keyId: optional(word),
    })
    fc.assert(
      fc.property(rules, (value) => {
        expect(decodeServerSideEncryptionRule(encodeServerSideEncryptionRule(value))).toEqual(value)
      }),
    )
  })

  test.each([
    '',
    '<ServerSideEncryptionRule/>',
    '<ServerSideEncryptionRule><SSEAlgorithm>KMS</SSEAlgorithm></ServerSideEncryptionRule>',
  ])('refuses %j', (xml) => {
    expect(() => decodeServerSideEncryptionRule(xml)).toThrow(malformed)
  })
})

describe('RequestPaymentConfiguration', () => {
  test.each(['BucketOwner', 'Requester'] as const)('%s can be read back', (payer) => {
    expect(decodeRequestPaymentConfiguration(encodeRequestPaymentConfiguration({ payer }))).toEqual(
      {
        payer,
      },
    )
  })

  test.each([
    '',
    '<RequestPaymentConfiguration/>',
    '<RequestPaymentConfiguration><Payer>Nobody</Payer></RequestPaymentConfiguration>',
  ])('refuses %j', (xml) => {
    expect(() => decodeRequestPaymentConfiguration(xml)).toThrow(malformed)
  })
})

describe('BucketStat', () => {
  test('has every element that SDKs read', () => {
    const none = { storage: 0, realStorage: 0, objectCount: 0 }
    const stat: BucketStat = {
      storage: 16,
      objectCount: 3,
      multipartUploadCount: 1,
      multipartPartCount: 2,
      liveChannelCount: 0,
      deleteMarkerCount: 4,
      lastModifiedTime: 1643341269,
      standardStorage: 7,
      standardObjectCount: 1,
      infrequentAccess: { storage: 9, realStorage: 9, objectCount: 2 },
      archive: none,
      coldArchive: none,
      deepColdArchive: none,
    }
    const xml = encodeBucketStat(stat)
    expect([...xml.matchAll(/<(\w+)>/g)].map(([, name]) => name).sort()).toEqual([
      'ArchiveObjectCount',
      'ArchiveRealStorage',
      'ArchiveStorage',
      'BucketStat',
      'ColdArchiveObjectCount',
      'ColdArchiveRealStorage',
      'ColdArchiveStorage',
      'DeepColdArchiveObjectCount',
      'DeepColdArchiveRealStorage',
      'DeepColdArchiveStorage',
      'DeleteMarkerCount',
      'InfrequentAccessObjectCount',
      'InfrequentAccessRealStorage',
      'InfrequentAccessStorage',
      'LastModifiedTime',
      'LiveChannelCount',
      'MultipartPartCount',
      'MultipartUploadCount',
      'ObjectCount',
      'StandardObjectCount',
      'StandardStorage',
      'Storage',
    ])
    expect(decodeBucketStat(xml)).toEqual(stat)
  })

  test.each(['', '<BucketStat><Storage>-1</Storage></BucketStat>', '<Stat/>'])(
    'refuses %j',
    (xml) => {
      expect(() => decodeBucketStat(xml)).toThrow(malformed)
    },
  )
})
