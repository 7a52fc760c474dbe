/** Requests that nobody in earnest sends: valid ones of every kind, bent in every way we know. */

import fc from 'fast-check'

export interface HostileRequest {
  readonly method: string
  readonly resource: 'service' | 'bucket' | 'object'
  readonly key: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly anonymous: boolean
}

/** What is put into queries: names that choose an operation, and those that operations read. */
const SELECTORS =
  `acl append bucketInfo cors delete encryption inventory lifecycle live location logging
   objectMeta policy policyStatus position publicAccessBlock referer regions replication requestPayment
   restore stat style symlink tagging uploadId uploads versionId versioning versions website worm
   list-type partNumber x-oss-process callback comp`.split(/\s+/)
const PARAMETERS =
  `continuation-token delimiter encoding-type fetch-owner key-marker marker max-keys max-parts
   max-uploads part-number-marker prefix response-content-type response-expires sequential start-after
   upload-id-marker version-id-marker x-oss-traffic-limit callback-var tag-key tag-value
   x-oss-expires x-oss-date x-oss-credential Signature Expires OSSAccessKeyId security-token`.split(
    /\s+/,
  )
const HEADERS =
  `accept-encoding access-control-request-headers access-control-request-method cache-control
   content-disposition content-encoding content-language content-md5 content-type date expires
   if-match if-modified-since if-none-match if-range if-unmodified-since origin range referer
   x-oss-acl x-oss-callback x-oss-callback-var x-oss-complete-all x-oss-copy-source
   x-oss-copy-source-if-match x-oss-copy-source-if-modified-since x-oss-copy-source-range
   x-oss-forbid-overwrite x-oss-hash-crc64ecma x-oss-meta-a x-oss-metadata-directive
   x-oss-object-acl x-oss-range-behavior x-oss-request-payer x-oss-security-token
   x-oss-server-side-data-encryption x-oss-server-side-encryption
   x-oss-server-side-encryption-key-id x-oss-storage-class x-oss-symlink-target x-oss-tagging
   x-oss-tagging-directive x-oss-traffic-limit`.split(/\s+/)

/** A document of each kind that we read. */
const DOCUMENTS = [
  '<CreateBucketConfiguration><StorageClass>IA</StorageClass></CreateBucketConfiguration>',
  '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>"A"</ETag></Part></CompleteMultipartUpload>',
  '<Delete><Quiet>false</Quiet><Object><Key>a</Key><VersionId>null</VersionId></Object></Delete>',
  '<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>',
  '<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedHeader>*</AllowedHeader><MaxAgeSeconds>1</MaxAgeSeconds></CORSRule></CORSConfiguration>',
  '<LifecycleConfiguration><Rule><ID>r</ID><Prefix>a</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration><AbortMultipartUpload><CreatedBeforeDate>2002-10-11T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload></Rule></LifecycleConfiguration>',
  '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>',
  '<WebsiteConfiguration><IndexDocument><Suffix>i.html</Suffix></IndexDocument><RoutingRules><RoutingRule><RuleNumber>1</RuleNumber><Condition><KeyPrefixEquals>a</KeyPrefixEquals></Condition><Redirect><RedirectType>External</RedirectType><HostName>h</HostName></Redirect></RoutingRule></RoutingRules></WebsiteConfiguration>',
  '<RefererConfiguration><AllowEmptyReferer>true</AllowEmptyReferer><RefererList><Referer>*</Referer></RefererList></RefererConfiguration>',
  '<BucketLoggingStatus><LoggingEnabled><TargetBucket>hostile-bucket</TargetBucket><TargetPrefix>l</TargetPrefix></LoggingEnabled></BucketLoggingStatus>',
  '<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>',
  '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>',
  '<RestoreRequest><Days>1</Days><JobParameters><Tier>Bulk</Tier></JobParameters></RestoreRequest>',
  '{"Version":"1","Statement":[{"Effect":"Deny","Principal":["1"],"Action":["oss:*"],"Resource":["acs:oss:*:*:hostile-bucket"],"Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}]}',
]

const hostileTexts = [
  '',
  '0',
  '-1',
  '1',
  '10001',
  '99999999999999999999',
  '1e308',
  'NaN',
  '0x10',
  '../../etc/passwd',
  '/',
  '\\',
  '%00',
  '%zz',
  '\0',
  '\r\nX-Injected: 1',
  '*',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  'bytes=0-',
  'bytes=-0',
  'bytes=9-1,2-3',
  'yes',
  'true',
  'url',
  '2',
  'KMS',
  'AES256',
  'Archive',
  'private',
  '/hostile-bucket/key',
  '/hostile-bucket/key?versionId=x',
  'a=b&a=b&=&%',
  'Sun, 22 Nov 2026 10:00:00 GMT',
  'Sun, 99 Nov 9999 99:99:99 GMT',
  '20261122T100000Z',
  'x'.repeat(1025),
  '測試',
  '\uFFFE',
  '{"callbackUrl":"http://169.254.169.254/","callbackBody":"x"}',
  Buffer.from('{"callbackUrl":"http://127.0.0.1:1/","callbackBody":"x"}').toString('base64'),
  '0'.repeat(32),
]

/** Any text without half a surrogate pair. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...hostileTexts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
)

/** What a line of a header can hold at all; what it cannot is refused before it is a request. */
const headerText = text.map((value) => value.replace(/[^\x20-\x7e]/g, '.'))

type Bend = (document: string, at: number, filler: string) => string | Uint8Array

/** What is done to a document, each a known way to hurt a parser. */
const bends: Readonly<Record<string, Bend>> = {
  'as it is': (document) => document,
  'a bomb of entities': (document) =>
    `<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">${Array.from(
      { length: 20 },
      (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? '' : n - 1};`.repeat(10)}">`,
    ).join('')}]>${document.replace(/>([^<]+)</, '>&a19;<')}`,
  'an entity of a file': (document) =>
    `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${document.replace(/>([^<]+)</, '>&x;<')}`,
  depth: (document, at) => {
    const levels = 1 + (at % 5_000)
    return '<a>'.repeat(levels) + document + '</a>'.repeat(levels)
  },
  'open to the end': (document, at) => document + '<a>'.repeat(at % 5_000),
  'many elements': (document, at) =>
    document.replace(/(<\w+>)([^<]*)/, (_, tag: string, rest: string) => {
      return tag + '<Part/>'.repeat(at % 5_000) + rest
    }),
  'many attributes': (document, at) =>
    document.replace(
      />/,
      ` ${Array.from({ length: at % 2_000 }, (_, n) => `a${n}=""`).join(' ')}>`,
    ),
  'a long text': (document, at) => document.replace(/>[^<]+</, `>${'x'.repeat(at % 100_000)}<`),
  'another value': (document, at, filler) => {
    let count = at % 5
    return document.replace(/>([^<]+)</g, (whole) =>
      count-- === 0 ? `>${filler.replaceAll('<', '&lt;').replaceAll('&', '&amp;')}<` : whole,
    )
  },
  'another value as it is': (document, _, filler) => document.replace(/>[^<]+</, `>${filler}<`),
  'twice the same': (document, at) => {
    const inner = /^<\w+>(.*)<\/\w+>$/s.exec(document)?.[1] ?? document
    return document.replace(inner, inner.repeat(1 + (at % 1_200)))
  },
  'cut short': (document, at) => document.slice(0, at % document.length),
  'a byte changed': (document, at) => {
    const bytes = Buffer.from(document)
    bytes[at % bytes.length] = at % 256
    return bytes
  },
  'NULs in it': (document, at) => `${document.slice(0, at % document.length)}\0\0${document}`,
  'in UTF-16': (document) => Buffer.from(`\uFEFF${document}`, 'utf16le'),
  'said to be UTF-16': (document) => `<?xml version="1.0" encoding="UTF-16"?>${document}`,
  'said to be Latin-1': (document) => `<?xml version="1.0" encoding="ISO-8859-1"?>${document}`,
  'no UTF-8': (document) => Buffer.concat([Buffer.from(document), Buffer.from([0xc3, 0x28, 0xff])]),
  'CDATA, comments, instructions': (document, _, filler) =>
    document.replace(/>([^<]*)</, `><![CDATA[${filler}]]><!-- ${filler} --><?p ${filler}?><`),
  'control characters': (document, at) =>
    document.replace(/>[^<]+</, `>${'\x01\x0b\x1f\x7f\x85'.repeat(at % 500)}<`),
  'references out of range': (document) =>
    document.replace(/>[^<]+</, '>&#0;&#xFFFFFFFF;&#55296;<'),
  'in a namespace': (document) => document.replace(/^<(\w+)/, '<$1 xmlns="http://x/" a:b="c"'),
}

const xml = fc
  .record({
    document: fc.constantFrom(...DOCUMENTS),
    bend: fc.constantFrom(...Object.values(bends)),
    at: fc.nat(),
    filler: text,
  })
  .map(({ document, bend, at, filler }) => bend(document, at, filler))

/** A form as browsers post it, and as nobody does. */
const form = fc
  .record({
    fields: fc.array(fc.tuple(fc.constantFrom(...HEADERS, 'key', 'policy', 'file'), text), {
      maxLength: 8,
    }),
    boundary: fc.constantFrom('b', '--', '"b"', '', 'x'.repeat(100)),
    end: fc.constantFrom('--\r\n', '', '\r\n', '--'),
    line: fc.constantFrom('\r\n', '\n'),
  })
  .map(({ fields, boundary, end, line }) => {
    const parts = fields.map(([name, value]) =>
      [`--${boundary}`, `Content-Disposition: form-data; name="${name}"`, '', value, ''].join(line),
    )
    return `${parts.join('')}--${boundary}${end}`
  })

const body: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  { weight: 6, arbitrary: xml },
  { weight: 2, arbitrary: form },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.constant('') },
)

const pairs = (
  names: readonly string[],
  value: fc.Arbitrary<string>,
  maxLength: number,
): fc.Arbitrary<Record<string, string>> =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), value), { maxLength })
    .map((entries) => Object.fromEntries(entries))

export const hostileRequest: fc.Arbitrary<HostileRequest> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH'),
  resource: fc.constantFrom('service', 'bucket', 'bucket', 'object', 'object', 'object'),
  key: fc.oneof(
    fc.constant('key'),
    text.filter((key) => key !== ''),
  ),
  query: fc
    .tuple(
      pairs(SELECTORS, fc.oneof(fc.constant(''), text), 2),
      pairs(PARAMETERS, text, 3),
      pairs(['p'], text, 1),
    )
    .map(([selectors, parameters, unknown]) => ({ ...selectors, ...parameters, ...unknown })),
  headers: fc
    .tuple(pairs(HEADERS, headerText, 4), fc.constantFrom('', 'multipart/form-data; boundary=b'))
    .map(([headers, type]) => (type === '' ? headers : { ...headers, 'content-type': type })),
  body,
  anonymous: fc.boolean(),
})
