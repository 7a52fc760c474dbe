import { describe, expect, test } from 'vitest'
import { Query } from '../query.ts'
import { readClaim } from './claim.ts'

const day = '20261122'
const scope = `${day}/cn-hangzhou/oss/aliyun_v4_request`
const v4Headers = { 'x-oss-date': `${day}T101112Z`, 'x-oss-content-sha256': 'UNSIGNED-PAYLOAD' }
const v1Query = 'OSSAccessKeyId=ak&Expires=1800000000&Signature=c2ln'
const v4Query = `x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-credential=ak%2F${scope.replaceAll('/', '%2F')}&x-oss-date=${day}T101112Z&x-oss-expires=60&x-oss-signature=00ff`

function read(
  query: string,
  headers: Readonly<Record<string, string>> = {},
  ...authorizations: string[]
) {
  return readClaim({
    query: Query.parse(query),
    headers: new Map(Object.entries(headers)),
    authorizations,
  })
}

const refused = (code: string, message?: string) =>
  expect.objectContaining({ code, ...(message !== undefined && { message }) })

test('a request without credentials is anonymous', () => {
  expect(read('uploads&prefix=Signature')).toBeUndefined()
})

describe('V1 in the header', () => {
  test('key and signature stand on both sides of the colon', () => {
    expect(read('', {}, 'OSS ak:c2ln')).toEqual({
      scheme: 'v1',
      carrier: 'header',
      accessKeyId: 'ak',
      signature: 'c2ln',
      securityToken: undefined,
      expires: undefined,
    })
  })

  test('more than one blank may follow the scheme', () => {
    expect(read('', {}, ' OSS \t ak:c2ln ')).toMatchObject({ accessKeyId: 'ak', signature: 'c2ln' })
  })

  test.each(['OSS', 'OSS ', 'OSS ak', 'OSS ak:', 'OSS :c2ln', 'OSS :'])('refuses %j', (value) => {
    expect(() => read('', {}, value)).toThrow(
      refused(
        'InvalidArgument',
        'AccessKeyId or Signature is missing in Authorization header value.',
      ),
    )
  })

  test('a parameter named Expires does not contradict the header', () => {
    expect(read('Expires=1', {}, 'OSS ak:c2ln')).toMatchObject({ carrier: 'header' })
  })
})

describe('V4 in the header', () => {
  const read4 = (fields: string, headers: Readonly<Record<string, string>> = v4Headers) =>
    read('', headers, `OSS4-HMAC-SHA256 ${fields}`)

  test.each([
    [`Credential=ak/${scope},AdditionalHeaders=abc;zabc,Signature=00ff`],
    [`Credential=ak/${scope}, AdditionalHeaders=abc;zabc, Signature=00ff`],
    [`Credential=ak/${scope}, Signature=00ff, AdditionalHeaders=ZAbc;abc`],
    [`  Signature = 00ff ,\tAdditionalHeaders=zabc;abc;abc; , Credential = ak/${scope}`],
  ])('understands %j', (fields) => {
    expect(read4(fields)).toEqual({
      scheme: 'v4',
      carrier: 'header',
      accessKeyId: 'ak',
      scope: { date: day, region: 'cn-hangzhou', product: 'oss' },
      timestamp: `${day}T101112Z`,
      signature: '00ff',
      securityToken: undefined,
      expires: undefined,
      additionalHeaders: ['abc', 'zabc'],
    })
  })

  test('a header that is listed and absent is tolerated', () => {
    expect(read4(`Credential=ak/${scope},AdditionalHeaders=gone,Signature=00`)).toMatchObject({
      additionalHeaders: ['gone'],
    })
  })

  test.each([
    [
      'an unknown field',
      `Credential=ak/${scope},Signature=00,Extra=1`,
      'Unknown parameter in Authorization header.',
    ],
    [
      'a field without a value',
      `Credential=ak/${scope},Signature=00,loose`,
      'Unknown parameter in Authorization header.',
    ],
    [
      'an empty field',
      `Credential=ak/${scope},Signature=00,`,
      'Unknown parameter in Authorization header.',
    ],
    [
      'a field given twice',
      `Credential=ak/${scope},Signature=00,Signature=ff`,
      'Authorization header is invalid.',
    ],
    [
      'no signature',
      `Credential=ak/${scope}`,
      'AccessKeyId or Signature is missing in Authorization header value.',
    ],
    [
      'no credential',
      'Signature=00',
      'AccessKeyId or Signature is missing in Authorization header value.',
    ],
    [
      'a credential without a key',
      `Credential=/${scope},Signature=00`,
      'Invalid credential in Authorization header.',
    ],
    [
      'a credential that ends early',
      `Credential=ak/${day}/cn-hangzhou/oss,Signature=00`,
      'Invalid credential in Authorization header.',
    ],
    [
      'a credential that goes on',
      `Credential=ak/${scope}/more,Signature=00`,
      'Invalid credential in Authorization header.',
    ],
    [
      'the terminator of another cloud',
      `Credential=ak/${day}/r/oss/aws4_request,Signature=00`,
      'Invalid credential in Authorization header.',
    ],
    [
      'a scope whose day is none',
      `Credential=ak/2026112/r/oss/aliyun_v4_request,Signature=00`,
      'Invalid credential in Authorization header.',
    ],
    [
      'a key for another day',
      `Credential=ak/20261121/r/oss/aliyun_v4_request,Signature=00`,
      'Invalid signing date in Authorization header.',
    ],
  ])('refuses %s', (_, fields, message) => {
    expect(() => read4(fields)).toThrow(refused('InvalidArgument', message))
  })

  test.each([
    ['no x-oss-date', {}],
    ['a Date instead of it', { date: 'Sun, 22 Nov 2026 10:11:12 GMT' }],
    ['the date in the form of V1', { 'x-oss-date': 'Sun, 22 Nov 2026 10:11:12 GMT' }],
    ['a day that no calendar has', { 'x-oss-date': '20260230T101112Z' }],
  ])('refuses %s', (_, headers) => {
    expect(() => read4(`Credential=ak/${scope},Signature=00`, headers)).toThrow(
      refused('AccessDenied', 'OSS authentication requires a valid Date.'),
    )
  })

  test('a digest of the payload is refused, because nobody compares it', () => {
    const headers = { ...v4Headers, 'x-oss-content-sha256': 'e3b0c442' }
    expect(() => read4(`Credential=ak/${scope},Signature=00`, headers)).toThrow(
      refused('InvalidArgument'),
    )
  })

  test('a missing x-oss-content-sha256 is taken for UNSIGNED-PAYLOAD', () => {
    const headers = { 'x-oss-date': v4Headers['x-oss-date'] }
    expect(read4(`Credential=ak/${scope},Signature=00`, headers)).toMatchObject({ scheme: 'v4' })
  })

  test('a long run of blanks costs no more than its length', () => {
    const blanks = ' '.repeat(1_000_000)
    expect(() => read4(`Credential${blanks}x=1`)).toThrow(refused('InvalidArgument'))
  })
})

describe('V1 in the query', () => {
  test('the three parameters make a claim', () => {
    expect(read(v1Query)).toEqual({
      scheme: 'v1',
      carrier: 'query',
      accessKeyId: 'ak',
      signature: 'c2ln',
      securityToken: undefined,
      expires: '1800000000',
    })
  })

  test.each([
    'Signature=s',
    'Expires=1',
    'OSSAccessKeyId=ak',
    'Signature=s&Expires=1',
    'OSSAccessKeyId=ak&Signature=s',
    'OSSAccessKeyId=&Expires=1&Signature=s',
  ])('refuses %j, which is not all three', (query) => {
    expect(() => read(query)).toThrow(
      refused(
        'AccessDenied',
        'Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters',
      ),
    )
  })

  test('of doubled parameters the first count', () => {
    expect(read(`${v1Query}&OSSAccessKeyId=other&Expires=9&Signature=other`)).toMatchObject({
      accessKeyId: 'ak',
      expires: '1800000000',
      signature: 'c2ln',
    })
  })
})

describe('V4 in the query', () => {
  test('the five parameters make a claim', () => {
    expect(read(v4Query)).toEqual({
      scheme: 'v4',
      carrier: 'query',
      accessKeyId: 'ak',
      scope: { date: day, region: 'cn-hangzhou', product: 'oss' },
      timestamp: `${day}T101112Z`,
      signature: '00ff',
      securityToken: undefined,
      expires: '60',
      additionalHeaders: [],
    })
  })

  test.each([
    'x-oss-signature-version',
    'x-oss-credential',
    'x-oss-date',
    'x-oss-expires',
    'x-oss-signature',
  ])('refuses a query without %s', (name) => {
    const rest = v4Query.split('&').filter((pair) => !pair.startsWith(`${name}=`))
    expect(() => read(rest.join('&'))).toThrow(refused('AccessDenied'))
  })

  test.each([
    'x-oss-signature-version=OSS4-HMAC-SHA256',
    'x-oss-credential=ak',
    'x-oss-signature=00',
  ])('refuses %j alone', (query) => {
    expect(() => read(query)).toThrow(refused('AccessDenied'))
    expect(() => read(query, {}, 'OSS ak:c2ln')).toThrow(refused('InvalidArgument'))
  })

  test('a header that is listed must be there', () => {
    const query = `${v4Query}&x-oss-additional-headers=content-length%3Babc`
    expect(() => read(query, { abc: '1' })).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        status: 400,
        details: { ArgumentName: 'x-oss-additional-headers', ArgumentValue: 'content-length' },
      }),
    )
    expect(read(query, { abc: '1', 'content-length': '6' })).toMatchObject({
      additionalHeaders: ['abc', 'content-length'],
    })
  })

  test.each([
    ['a broken credential', v4Query.replace('aliyun_v4', 'aws4'), 'InvalidArgument'],
    ['a key for another day', v4Query.replace(`ak%2F${day}`, 'ak%2F20261121'), 'InvalidArgument'],
    ['an unreadable date', v4Query.replace('T101112Z', 'T1011Z'), 'AccessDenied'],
    ['an unknown version', v4Query.replace('OSS4-', 'OSS5-'), 'InvalidArgument'],
  ])('refuses %s', (_, query, code) => {
    expect(() => read(query)).toThrow(refused(code))
  })
})

describe('what is refused whatever it holds', () => {
  test.each([
    ['two Authorization headers', '', ['OSS ak:c2ln', 'OSS ak:c2ln']],
    ['an empty Authorization header', '', ['']],
    ['a V1 header beside a V1 query', v1Query, ['OSS ak:c2ln']],
    ['a V1 header beside a V4 query', v4Query, ['OSS ak:c2ln']],
    ['a header beside a lone signature', 'Signature=s', ['OSS ak:c2ln']],
    ['V1 and V4 in one query', `${v1Query}&${v4Query}`, []],
    ['a URL presigned for S3', 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00', []],
    ['a URL presigned for S3 in its older form', 'AWSAccessKeyId=a&Expires=1&Signature=s', []],
    ['V2 in the query', 'x-oss-signature-version=OSS2&x-oss-signature=s', []],
    ['V2 in the header', '', ['OSS2 AccessKeyId:ak,Signature:c2ln']],
    ['S3 in the header', '', ['AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request,Signature=00']],
    ['the older S3 in the header', '', ['AWS ak:c2ln']],
    ['HTTP Basic', '', ['Basic YWs6c2s=']],
    ['a scheme in another case', '', ['oss ak:c2ln']],
    ['a lone word', '', ['verysecret']],
  ])('%s', (_, query, authorizations) => {
    expect(() => read(query, v4Headers, ...authorizations)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', status: 400 }),
    )
  })

  test('a refusal of V2 says what to use instead', () => {
    expect(() => read('', {}, 'OSS2 AccessKeyId:ak,Signature:s')).toThrow(/OSS2.*V1.*V4/)
  })

  test.each(['verysecret', 'Basic verysecret', 'OSS4-HMAC-SHA256 verysecret=1', 'OSS verysecret'])(
    'a refusal of %j does not repeat it',
    (authorization) => {
      expect(() => read('', v4Headers, authorization)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('verysecret') }),
      )
    },
  )
})

describe('the security token', () => {
  const v4Authorization = `OSS4-HMAC-SHA256 Credential=ak/${scope},Signature=00`

  test.each([
    ['V1 in the header', '', { 'x-oss-security-token': 't' }, ['OSS ak:c2ln']],
    [
      'V1 in the header, as the Python SDK v2 names it',
      '',
      { 'security-token': 't' },
      ['OSS ak:c2ln'],
    ],
    ['V4 in the header', '', { ...v4Headers, 'x-oss-security-token': 't' }, [v4Authorization]],
    ['V1 in the query', `${v1Query}&security-token=t&security-token=u`, {}, []],
    ['V4 in the query', `${v4Query}&x-oss-security-token=t`, {}, []],
    ['a signed header and a token in the query', 'security-token=t', {}, ['OSS ak:c2ln']],
  ])('is found with %s', (_, query, headers, authorizations) => {
    expect(read(query, headers, ...authorizations)).toMatchObject({ securityToken: 't' })
  })

  test.each([
    ['V1', v1Query],
    ['V4', v4Query],
  ])('of a %s query must not be in a header', (_, query) => {
    expect(() => read(query, { 'x-oss-security-token': 't' })).toThrow(
      refused('InvalidRequest', 'Security-token must be provided by query string parameter.'),
    )
  })

  test.each([
    ['V1 in the header', 'security-token=t', ['OSS ak:c2ln']],
    ['V1 in the query', `${v1Query}&security-token=t`, []],
    ['V4 in the query', `${v4Query}&x-oss-security-token=t`, []],
  ])('must not come twice with %s', (_, query, authorizations) => {
    expect(() => read(query, { 'x-oss-security-token': 't' }, ...authorizations)).toThrow(
      refused('InvalidArgument'),
    )
  })

  test('an empty one is none', () => {
    expect(read('', { 'x-oss-security-token': '' }, 'OSS ak:c2ln')).toMatchObject({
      securityToken: undefined,
    })
  })
})
