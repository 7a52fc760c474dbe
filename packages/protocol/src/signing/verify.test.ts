import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatHttpDate } from '../headers.ts'
import { Query, type QueryEntry } from '../query.ts'
import { type Claim, readClaim } from './claim.ts'
import type { Credentials, SignableRequest } from './request.ts'
import { presignV1, signatureV1, signV1, stringsToSignV1 } from './v1.ts'
import { canonicalRequestsV4, presignV4, signatureV4, signV4, stringToSignV4 } from './v4.ts'
import {
  checkClaimScope,
  checkClaimTime,
  signatureMismatch,
  unknownAccessKey,
  verifyClaim,
} from './verify.ts'

const now = new Date('2026-11-22T10:11:12Z')
const minute = 60_000
const later = (ms: number) => new Date(now.getTime() + ms)
const region = 'cn-hangzhou'

/** Signs as a client does and hands over what then arrives at the server. */
type Send = (
  request: SignableRequest,
  credentials: Credentials,
) => { readonly received: SignableRequest; readonly claim: Claim }

function sendInHeader(request: SignableRequest, added: Readonly<Record<string, string>>) {
  const { authorization = '', ...others } = added
  const headers = new Map([...request.headers, ...Object.entries(others)])
  const received = { ...request, headers }
  return { received, claim: claimOf(received, [authorization]) }
}

function sendInQuery(request: SignableRequest, query: readonly QueryEntry[]) {
  const received = { ...request, query }
  return { received, claim: claimOf(received, []) }
}

function claimOf({ query, headers }: SignableRequest, authorizations: readonly string[]): Claim {
  const claim = readClaim({ query: new Query(query), headers, authorizations })
  if (!claim) throw new Error('The request claims nothing.')
  return claim
}

const additionalHeaders = ['host', 'Range', 'absent']
const ways: readonly (readonly [way: string, send: Send])[] = [
  ['V1 in the header', (request, keys) => sendInHeader(request, signV1(request, keys, { now }))],
  [
    'V4 in the header',
    (request, keys) =>
      sendInHeader(request, signV4(request, keys, { region, now, additionalHeaders })),
  ],
  [
    'V1 in the query',
    (request, keys) => sendInQuery(request, presignV1(request, keys, { expiresAt: later(minute) })),
  ],
  [
    'V4 in the query',
    (request, keys) =>
      sendInQuery(
        request,
        presignV4(request, keys, { region, now, expiresInSeconds: 60, additionalHeaders }),
      ),
  ],
]
const v4Ways = ways.filter(([way]) => way.startsWith('V4'))

const text = fc.string({ unit: 'binary', maxLength: 20 })
const someText = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 })
const headerText = text.map((value) => value.replace(/[\r\n]/g, ''))
const subResourceName = fc.constantFrom('acl', 'uploadId', 'partNumber', 'x-oss-process', 'x-oss-é')
const credentials: fc.Arbitrary<Credentials> = fc.record({
  accessKeyId: fc.stringMatching(/^[A-Za-z0-9.]{1,30}$/),
  accessKeySecret: fc.string({ unit: 'binary', minLength: 1, maxLength: 100 }),
  securityToken: fc.option(fc.base64String({ minLength: 1 }), { nil: undefined }),
})
const request: fc.Arbitrary<SignableRequest> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
  bucket: fc.stringMatching(/^[a-z0-9][a-z0-9-]{1,20}[a-z0-9]$/),
  key: fc.option(someText, { nil: undefined }),
  query: fc.array(
    fc.tuple(
      fc.oneof(
        subResourceName,
        someText.map((name) => `q${name}`),
      ),
      text,
    ),
    {
      maxLength: 5,
    },
  ),
  headers: fc
    .record(
      {
        host: headerText,
        range: headerText,
        'content-type': headerText,
        'content-md5': headerText,
        'x-oss-meta-a': headerText,
        'user-agent': headerText,
      },
      { requiredKeys: ['host', 'range', 'x-oss-meta-a'] },
    )
    .map((headers) => new Map(Object.entries(headers))),
})

describe.each(ways)('%s', (_, send) => {
  test('what the client signs is what the server verifies', () => {
    fc.assert(
      fc.property(request, credentials, (sent, keys) => {
        const { received, claim } = send(sent, keys)
        expect(claim).toMatchObject({ accessKeyId: keys.accessKeyId })
        expect(claim.securityToken).toBe(keys.securityToken)
        expect(verifyClaim(claim, received, keys.accessKeySecret).matches).toBe(true)
      }),
    )
  })

  test.each(Object.entries(changes()))('%s is noticed', (_change, change) => {
    fc.assert(
      fc.property(request, credentials, (sent, keys) => {
        const { received, claim } = send(sent, keys)
        expect(verifyClaim(claim, change(received), keys.accessKeySecret).matches).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  test('another secret, another signature and another token are noticed', () => {
    fc.assert(
      fc.property(request, credentials, (sent, keys) => {
        const { received, claim } = send(sent, { ...keys, securityToken: 'token' })
        const secret = keys.accessKeySecret
        const otherSignature = { ...claim, signature: `${claim.signature}=` }
        const otherToken = {
          ...received,
          query: received.query.map(
            ([name, value]): QueryEntry =>
              name.endsWith('security-token') ? [name, 'other'] : [name, value],
          ),
          headers: new Map(
            [...received.headers].map(([name, value]) =>
              name === 'x-oss-security-token' ? [name, 'other'] : [name, value],
            ),
          ),
        }
        expect(verifyClaim(claim, received, `${secret}x`).matches).toBe(false)
        expect(verifyClaim(claim, otherToken, secret).matches).toBe(false)
        expect(verifyClaim(otherSignature, received, secret).matches).toBe(false)
        expect(verifyClaim({ ...claim, signature: '' }, received, secret).matches).toBe(false)
      }),
      { numRuns: 30 },
    )
  })

  test('a header that no scheme signs may change on its way', () => {
    fc.assert(
      fc.property(request, credentials, (sent, keys) => {
        const { received, claim } = send(sent, keys)
        const headers = new Map([...received.headers, ['user-agent', 'a proxy']])
        expect(verifyClaim(claim, { ...received, headers }, keys.accessKeySecret).matches).toBe(
          true,
        )
      }),
      { numRuns: 30 },
    )
  })

  test('blanks around a header value do not count', () => {
    fc.assert(
      fc.property(request, credentials, (sent, keys) => {
        const { received, claim } = send(sent, keys)
        const headers = new Map(
          [...received.headers].map(([name, value]) => [name, ` \t${value} `] as const),
        )
        expect(verifyClaim(claim, { ...received, headers }, keys.accessKeySecret).matches).toBe(
          true,
        )
      }),
      { numRuns: 30 },
    )
  })

  test('the secret counts beyond its 64th byte', () => {
    const keys = { accessKeyId: 'ak', accessKeySecret: 'k'.repeat(65) }
    const { received, claim } = send(plain, keys)
    expect(verifyClaim(claim, received, 'k'.repeat(64)).matches).toBe(false)
    expect(verifyClaim(claim, received, keys.accessKeySecret).matches).toBe(true)
  })
})

/** Each makes another request of one, in a place that every scheme signs. */
function changes(): Record<string, (request: SignableRequest) => SignableRequest> {
  const header = (name: string) => (sent: SignableRequest) => ({
    ...sent,
    headers: new Map([...sent.headers, [name, `${sent.headers.get(name) ?? ''}x`]]),
  })
  return {
    'another method': (sent) => ({ ...sent, method: 'PATCH' }),
    'another bucket': (sent) => ({ ...sent, bucket: `${sent.bucket}x` }),
    'no bucket': (sent) => ({ ...sent, bucket: undefined, key: undefined }),
    'another key': (sent) => ({ ...sent, key: `${sent.key ?? ''}x` }),
    'another Content-Type': header('content-type'),
    'another Content-MD5': header('content-md5'),
    'another x-oss- header value': header('x-oss-meta-a'),
    'one more x-oss- header': header('x-oss-meta-b'),
    'one x-oss- header less': (sent) => ({
      ...sent,
      headers: new Map([...sent.headers].filter(([name]) => name !== 'x-oss-meta-a')),
    }),
    'one more sub-resource': (sent) => ({ ...sent, query: [...sent.query, ['restore', '']] }),
    'one more x-oss- parameter': (sent) => ({
      ...sent,
      query: [...sent.query, ['x-oss-new', '1']],
    }),
  }
}

const plain: SignableRequest = {
  method: 'PUT',
  bucket: 'bucket',
  key: 'key',
  query: [
    ['partNumber', '1'],
    ['uploadId', 'A'],
    ['prefix', 'p'],
  ],
  headers: new Map([
    ['host', 'h'],
    ['range', 'bytes=0-1'],
  ]),
}
const keys: Credentials = { accessKeyId: 'ak', accessKeySecret: 'sk' }

describe.each(ways)('%s, a sub-resource', (_, send) => {
  test.each([
    [
      'with another value',
      [
        ['partNumber', '2'],
        ['uploadId', 'A'],
        ['prefix', 'p'],
      ],
    ],
    [
      'without its value',
      [
        ['partNumber', ''],
        ['uploadId', 'A'],
        ['prefix', 'p'],
      ],
    ],
    [
      'under another name',
      [
        ['position', '1'],
        ['uploadId', 'A'],
        ['prefix', 'p'],
      ],
    ],
    [
      'left out',
      [
        ['uploadId', 'A'],
        ['prefix', 'p'],
      ],
    ],
  ] as const)('%s is noticed', (_change, query) => {
    const { received, claim } = send(plain, keys)
    const authentication = received.query.slice(plain.query.length)
    const changed = { ...received, query: [...query, ...authentication] }
    expect(verifyClaim(claim, changed, 'sk').matches).toBe(false)
  })
})

test.each(ways.filter(([way]) => way.startsWith('V1')))(
  '%s does not sign parameters that are no sub-resources',
  (_, send) => {
    const { received, claim } = send(plain, keys)
    const query = received.query
      .filter(([name]) => name !== 'prefix')
      .concat([
        ['max-keys', '5'],
        ['para1', 'test'],
      ])
    expect(verifyClaim(claim, { ...received, query }, 'sk').matches).toBe(true)
  },
)

test.each(ways.filter(([way]) => way.startsWith('V1')))(
  '%s reads a doubled sub-resource as its first value',
  (_, send) => {
    const { received, claim } = send(plain, keys)
    const appended = [...received.query, ['partNumber', '2']] as const
    const prepended = [['partNumber', '2'], ...received.query] as const
    expect(verifyClaim(claim, { ...received, query: appended }, 'sk').matches).toBe(true)
    expect(verifyClaim(claim, { ...received, query: prepended }, 'sk').matches).toBe(false)
  },
)

describe.each(v4Ways)('%s', (_, send) => {
  test('any parameter that is added, doubled, changed or left out is noticed', () => {
    const { received, claim } = send(plain, keys)
    const { query } = received
    const changed: readonly (readonly QueryEntry[])[] = [
      [...query, ['para1', 'test']],
      [...query, ['prefix', 'p']],
      query.filter(([name]) => name !== 'prefix'),
      query.map(([name, value]) => (name === 'prefix' ? [name, 'q'] : [name, value])),
    ]
    for (const entries of changed) {
      expect(verifyClaim(claim, { ...received, query: entries }, 'sk').matches).toBe(false)
    }
  })

  test('an additional header that changes or goes is noticed', () => {
    const { received, claim } = send(plain, keys)
    const headers = new Map(received.headers)
    headers.set('host', 'elsewhere')
    expect(verifyClaim(claim, { ...received, headers }, 'sk').matches).toBe(false)
    headers.delete('host')
    expect(verifyClaim(claim, { ...received, headers }, 'sk').matches).toBe(false)
  })

  test('another scope, date or list of headers is noticed', () => {
    const { received, claim } = send(plain, keys)
    if (claim.scheme !== 'v4') throw new Error('The claim is not of V4.')
    const changed: readonly Claim[] = [
      { ...claim, scope: { ...claim.scope, region: 'cn-beijing' } },
      { ...claim, scope: { ...claim.scope, product: 'oss-cloudbox' } },
      { ...claim, scope: { ...claim.scope, date: '20261123' } },
      { ...claim, timestamp: '20261122T101113Z' },
      { ...claim, additionalHeaders: [...claim.additionalHeaders, 'user-agent'] },
      { ...claim, additionalHeaders: [] },
    ]
    for (const other of changed) expect(verifyClaim(other, received, 'sk').matches).toBe(false)
  })
})

describe('a bucket as resource', () => {
  const bucketRequest: SignableRequest = { ...plain, method: 'GET', key: undefined, query: [] }
  const noSlash: SignableRequest = { ...bucketRequest, key: undefined }

  test.each(ways)('verifies with its slash under %s', (_, send) => {
    const { received, claim } = send(bucketRequest, keys)
    expect(verifyClaim(claim, received, 'sk').matches).toBe(true)
  })

  test('verifies without its slash under V1, as the C SDK signs it', () => {
    const headers = new Map([['date', formatHttpDate(now)]])
    const received = { ...noSlash, headers }
    const [, withoutSlash = ''] = stringsToSignV1(received)
    expect(withoutSlash).toMatch(/\n\/bucket$/)
    const claim = claimOf(received, [`OSS ak:${signatureV1('sk', withoutSlash)}`])
    expect(verifyClaim(claim, received, 'sk').matches).toBe(true)
  })

  test('verifies without its slash under V4, as the C SDK signs it', () => {
    const timestamp = '20261122T101112Z'
    const scope = { date: '20261122', region, product: 'oss' }
    const received = { ...noSlash, headers: new Map([['x-oss-date', timestamp]]) }
    const [, withoutSlash = ''] = canonicalRequestsV4(received, [])
    expect(withoutSlash).toMatch(/^GET\n\/bucket\n/)
    const signature = signatureV4('sk', scope, stringToSignV4(timestamp, scope, withoutSlash))
    const claim = claimOf(received, [
      `OSS4-HMAC-SHA256 Credential=ak/20261122/${region}/oss/aliyun_v4_request,Signature=${signature}`,
    ])
    expect(verifyClaim(claim, received, 'sk').matches).toBe(true)
  })

  test('is not the service, nor an object of the same name', () => {
    const { received, claim } = sendInHeader(bucketRequest, signV1(bucketRequest, keys, { now }))
    const service = { ...received, bucket: undefined }
    const object = { ...received, bucket: 'other', key: 'bucket' }
    expect(verifyClaim(claim, service, 'sk').matches).toBe(false)
    expect(verifyClaim(claim, object, 'sk').matches).toBe(false)
  })
})

describe('the time of a signed header', () => {
  const at = (date: Date) => ({
    v1: sendInHeader(plain, signV1(plain, keys, { now: date })),
    v4: sendInHeader(plain, signV4(plain, keys, { region, now: date })),
  })
  const check = (
    { received, claim }: { received: SignableRequest; claim: Claim },
    time: Date = now,
  ) => checkClaimTime(claim, { headers: received.headers, query: new Query(received.query) }, time)

  test.each(['v1', 'v4'] as const)('%s may be 15 minutes off, and no more', (scheme) => {
    for (const ms of [-15 * minute, -minute, 0, minute, 15 * minute]) {
      expect(() => check(at(later(ms))[scheme])).not.toThrow()
    }
    for (const ms of [-15 * minute - 1000, 15 * minute + 1000, 24 * 60 * minute]) {
      expect(() => check(at(later(ms))[scheme])).toThrow(
        expect.objectContaining({ code: 'RequestTimeTooSkewed', status: 403 }),
      )
    }
  })

  test.each(['v1', 'v4'] as const)('%s is told both times when it is too far off', (scheme) => {
    expect(() => check(at(later(16 * minute))[scheme])).toThrow(
      expect.objectContaining({
        message: 'The difference between the request time and the current time is too large.',
        ec: '0002-00000504',
        details: {
          MaxAllowedSkewMilliseconds: '900000',
          RequestTime: '2026-11-22T10:27:12.000Z',
          ServerTime: '2026-11-22T10:11:12.000Z',
        },
      }),
    )
  })

  test('x-oss-date goes before Date', () => {
    const { received, claim } = at(now).v1
    const stale = new Map([...received.headers, ['date', formatHttpDate(later(60 * minute))]])
    expect(() => check({ received: { ...received, headers: stale }, claim })).not.toThrow()
    const skewed = at(later(60 * minute)).v1
    const fresh = new Map([...skewed.received.headers, ['date', formatHttpDate(now)]])
    expect(() => check({ ...skewed, received: { ...skewed.received, headers: fresh } })).toThrow(
      expect.objectContaining({ code: 'RequestTimeTooSkewed' }),
    )
  })

  test('Date alone will do for V1', () => {
    const headers = new Map([['date', formatHttpDate(now)]])
    const received = { ...plain, headers }
    const claim = claimOf(received, ['OSS ak:c2ln'])
    expect(() => check({ received, claim })).not.toThrow()
    expect(() => check({ received, claim }, later(16 * minute))).toThrow(
      expect.objectContaining({ code: 'RequestTimeTooSkewed' }),
    )
  })

  test.each([
    ['no date at all', {}],
    ['an unreadable date', { date: 'yesterday' }],
    [
      'an unreadable x-oss-date beside a good Date',
      { date: formatHttpDate(now), 'x-oss-date': '' },
    ],
  ])('%s is refused under V1', (_, headers) => {
    const received = { ...plain, headers: new Map(Object.entries(headers)) }
    const claim = claimOf(received, ['OSS ak:c2ln'])
    expect(() => check({ received, claim })).toThrow(
      expect.objectContaining({
        code: 'AccessDenied',
        message: 'OSS authentication requires a valid Date.',
      }),
    )
  })
})

describe('the life of a presigned URL', () => {
  const check = (query: readonly QueryEntry[], time: Date) => {
    const { received, claim } = sendInQuery(plain, query)
    checkClaimTime(claim, { headers: received.headers, query: new Query(query) }, time)
  }
  const v1 = (expires: string): QueryEntry[] => [
    ['OSSAccessKeyId', 'ak'],
    ['Expires', expires],
    ['Signature', 'c2ln'],
  ]
  const v4 = (expiresInSeconds: number) => presignV4(plain, keys, { region, now, expiresInSeconds })
  const v4Text = (expires: string) =>
    v4(1).map(([name, value]): QueryEntry => [name, name === 'x-oss-expires' ? expires : value])

  test('V1 ends with its second', () => {
    const query = presignV1(plain, keys, { expiresAt: later(minute) })
    expect(() => check(query, later(minute))).not.toThrow()
    expect(() => check(query, later(minute + 1))).toThrow(
      expect.objectContaining({
        code: 'AccessDenied',
        status: 403,
        message: 'Request has expired.',
        details: { Expires: '2026-11-22T10:12:12.000Z', ServerTime: '2026-11-22T10:12:12.001Z' },
      }),
    )
  })

  test('V1 may end in 52 years, or never', () => {
    expect(() => check(v1('3424000000'), now)).not.toThrow()
    expect(() => check(v1('9'.repeat(400)), now)).not.toThrow()
  })

  test('an expired URL is told so, whatever its signature', () => {
    expect(() => check(v1('1'), now)).toThrow(
      expect.objectContaining({ code: 'AccessDenied', message: 'Request has expired.' }),
    )
  })

  test.each(['soon', '-1', '1e9', '1.5', ' 1', '0x10'])('V1 refuses Expires=%s', (expires) => {
    expect(() => check(v1(expires), now)).toThrow(
      expect.objectContaining({
        code: 'AccessDenied',
        message: 'Invalid date (should be seconds since epoch).',
      }),
    )
  })

  test('V4 ends with its second', () => {
    expect(() => check(v4(60), later(minute))).not.toThrow()
    expect(() => check(v4(60), later(minute + 1))).toThrow(
      expect.objectContaining({ code: 'AccessDenied', message: 'Request has expired.' }),
    )
  })

  test('V4 may be older than 15 minutes but not newer', () => {
    expect(() => check(v4(604_800), later(6 * 24 * 60 * minute))).not.toThrow()
    expect(() => check(v4(604_800), later(-15 * minute))).not.toThrow()
    expect(() => check(v4(604_800), later(-16 * minute))).toThrow(
      expect.objectContaining({ code: 'RequestTimeTooSkewed' }),
    )
  })

  test.each(['0', '604801', '-5', '1.5', 'week', '0000060'])(
    'V4 refuses x-oss-expires=%s',
    (text) => {
      expect(() => check(v4Text(text), now)).toThrow(
        expect.objectContaining({
          code: 'InvalidArgument',
          details: { ArgumentName: 'x-oss-expires', ArgumentValue: text },
        }),
      )
    },
  )

  test.each([0, 604_801, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'V4 is not made for %d seconds',
    (seconds) => {
      expect(() => v4(seconds)).toThrow(RangeError)
    },
  )
})

describe('the scope of a key', () => {
  const claims = (options: { region: string; product?: string }) => ({
    header: sendInHeader(plain, signV4(plain, keys, { ...options, now })).claim,
    query: sendInQuery(plain, presignV4(plain, keys, { ...options, now, expiresInSeconds: 9 }))
      .claim,
  })

  test('V1 has none', () => {
    const { claim } = sendInHeader(plain, signV1(plain, keys, { now }))
    expect(() => checkClaimScope(claim, region)).not.toThrow()
  })

  test('V4 is good for its own region and product', () => {
    const { header, query } = claims({ region })
    expect(() => checkClaimScope(header, region)).not.toThrow()
    expect(() => checkClaimScope(query, region)).not.toThrow()
  })

  test.each([
    [
      'header',
      { region: 'cn-beijing' },
      'Invalid signing region in Authorization header.',
      '0002-00000226',
    ],
    [
      'query',
      { region: 'cn-beijing' },
      'The signing region in credential is invalid.',
      '0002-00000226',
    ],
    [
      'header',
      { region: 'oss-cn-hangzhou' },
      'Invalid signing region in Authorization header.',
      '0002-00000226',
    ],
    [
      'header',
      { region, product: 'oss-cloudbox' },
      'Invalid signing product in Authorization header.',
      '0002-00000227',
    ],
    [
      'query',
      { region, product: 's3' },
      'The signing product in credential is invalid.',
      '0002-00000227',
    ],
  ] as const)('V4 in the %s, made for %j, is refused', (carrier, options, message, ec) => {
    expect(() => checkClaimScope(claims(options)[carrier], region)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', status: 400, message, ec }),
    )
  })
})

test.each(['', 'cn/hangzhou', '(null)', ' cn-hangzhou'])(
  'no key is made for the region %j',
  (name) => {
    const options = { region: name, now, expiresInSeconds: 60 }
    expect(() => signV4(plain, keys, options)).toThrow(TypeError)
    expect(() => presignV4(plain, keys, options)).toThrow(TypeError)
  },
)

describe('refusals', () => {
  test('a wrong V1 signature is answered with the text that should have been signed', () => {
    const sent = { ...plain, key: 'ключ', query: [], headers: new Map<string, string>() }
    const { received, claim } = sendInHeader(sent, signV1(sent, keys, { now }))
    const error = signatureMismatch(claim, verifyClaim(claim, received, 'other'))
    expect(error).toMatchObject({ code: 'SignatureDoesNotMatch', status: 403, ec: '0002-00000040' })
    const stringToSign =
      'PUT\n\n\nSun, 22 Nov 2026 10:11:12 GMT\nx-oss-date:Sun, 22 Nov 2026 10:11:12 GMT\n/bucket/ключ'
    const bytes = [...new TextEncoder().encode(stringToSign)]
    expect(Object.entries(error.details)).toEqual([
      ['OSSAccessKeyId', 'ak'],
      ['SignatureProvided', claim.signature],
      ['StringToSign', stringToSign],
      ['StringToSignBytes', bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')],
    ])
    expect(error.details.StringToSignBytes).toMatch(/^50 55 54 0a 0a 0a 53 .* d0 ba d0 bb/)
  })

  test('a wrong V4 signature is answered with the canonical request as well', () => {
    const { received, claim } = sendInHeader(plain, signV4(plain, keys, { region, now }))
    const verification = verifyClaim(claim, received, 'other')
    const { details } = signatureMismatch(claim, verification)
    expect(Object.keys(details).at(-1)).toBe('CanonicalRequest')
    expect(details.CanonicalRequest).toBe(verification.canonicalRequest)
    expect(details.CanonicalRequest).toMatch(
      /^PUT\n\/bucket\/key\npartNumber=1&prefix=p&uploadId=A\n/,
    )
  })

  test('neither tells the signature that would have been right', () => {
    for (const [, send] of ways) {
      const { received, claim } = send(plain, keys)
      const forged: Claim = { ...claim, signature: 'forged' }
      const error = signatureMismatch(forged, verifyClaim(forged, received, 'sk'))
      expect(JSON.stringify(error.details)).not.toContain(claim.signature)
    }
  })

  test('an unknown key is named', () => {
    const { claim } = sendInHeader(plain, signV1(plain, keys, { now }))
    expect(unknownAccessKey(claim)).toMatchObject({
      code: 'InvalidAccessKeyId',
      status: 403,
      ec: '0002-00000902',
      details: { OSSAccessKeyId: 'ak' },
    })
  })
})
