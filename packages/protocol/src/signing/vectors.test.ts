/** Signatures that others computed: the official SDKs' own tests and the documentation. */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hmacSha256 } from '#hash'
import { fromHex, parseHttpDate, parseIsoBasic, toHex } from '../headers.ts'
import { Query, type QueryEntry } from '../query.ts'
import { readClaim } from './claim.ts'
import { type SignableRequest, utf8 } from './request.ts'
import { presignV1, signV1 } from './v1.ts'
import { presignV4, signV4 } from './v4.ts'
import { verifyClaim } from './verify.ts'

interface Vector {
  readonly id: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly method: string
  readonly bucket?: string
  readonly key?: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  readonly additional?: readonly string[]
  readonly token?: string
  readonly date: string
  readonly expires: number
  readonly region: string
  readonly product: string
  readonly expected: {
    readonly stringToSign: string
    readonly canonicalRequest?: string
    readonly signature: string
    readonly authorization: string
    readonly signedQuery: Readonly<Record<string, string>>
  }
}

interface Vectors {
  readonly v1: { readonly header: readonly Vector[]; readonly query: readonly Vector[] }
  readonly v4: {
    readonly header: readonly Vector[]
    readonly query: readonly Vector[]
    readonly publishedKey: Vector & {
      readonly signingKeyHex: string
      readonly stringToSign: string
    }
  }
}

const file = new URL('../fixtures/signatures.json', import.meta.url)
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))

const only = (entries: Readonly<Record<string, string>>): QueryEntry[] => Object.entries(entries)

function requestOf(vector: Vector): SignableRequest {
  const headers = Object.entries(vector.headers)
  return {
    method: vector.method,
    bucket: vector.bucket,
    key: vector.key,
    query: only(vector.query),
    headers: new Map(headers.map(([name, value]) => [name.toLowerCase(), value])),
  }
}

/** As the server meets it. */
function verify(vector: Vector, request: SignableRequest, authorizations: readonly string[]) {
  const { headers } = request
  const claim = readClaim({ query: new Query(request.query), headers, authorizations })
  expect(claim).toMatchObject({ accessKeyId: vector.accessKeyId })
  return claim && verifyClaim(claim, request, vector.accessKeySecret)
}

function proven({ expected }: Vector) {
  const { stringToSign, canonicalRequest } = expected
  return { matches: true, stringToSign, canonicalRequest }
}

describe('V1 in the header', () => {
  test.each(vectors.v1.header)('$id verifies', (vector) => {
    const request = requestOf(vector)
    expect(verify(vector, request, [vector.expected.authorization])).toEqual(proven(vector))
  })

  test.each(vectors.v1.header.filter(({ headers }) => headers['x-oss-date']))(
    '$id is what we sign',
    (vector) => {
      const now = parseHttpDate(vector.date) ?? new Date(Number.NaN)
      const { authorization } = signV1(requestOf(vector), vector, { now })
      expect(authorization).toBe(vector.expected.authorization)
    },
  )
})

describe('V1 in the query', () => {
  test.each(vectors.v1.query)('$id verifies', (vector) => {
    const request = requestOf(vector)
    const query: QueryEntry[] = [
      ...request.query,
      ['OSSAccessKeyId', vector.accessKeyId],
      ['Expires', String(vector.expires)],
      ['Signature', vector.expected.signature],
    ]
    expect(verify(vector, { ...request, query }, [])).toEqual(proven(vector))
  })

  test.each(vectors.v1.query)('$id is what we sign', (vector) => {
    const { 'security-token': securityToken, ...query } = vector.query
    const signed = presignV1(
      { ...requestOf(vector), query: only(query) },
      { ...vector, securityToken },
      { expiresAt: new Date(vector.expires * 1000) },
    )
    expect(Object.fromEntries(signed)).toEqual({
      ...vector.query,
      OSSAccessKeyId: vector.accessKeyId,
      Expires: String(vector.expires),
      Signature: vector.expected.signature,
    })
  })
})

describe('V4 in the header', () => {
  test.each(vectors.v4.header)('$id verifies', (vector) => {
    const request = requestOf(vector)
    expect(verify(vector, request, [vector.expected.authorization])).toEqual(proven(vector))
  })

  test.each(vectors.v4.header)('$id is what we sign', (vector) => {
    const { region, product, additional = [], headers } = vector
    const { authorization } = signV4(
      requestOf(vector),
      { ...vector, securityToken: headers['x-oss-security-token'] },
      { region, product, now: dateOf(vector), additionalHeaders: additional },
    )
    expect(authorization).toBe(vector.expected.authorization)
  })

  test('the signature that the documentation prints follows from the key it prints', () => {
    const { signingKeyHex, stringToSign, expected } = vectors.v4.publishedKey
    const signature = hmacSha256(fromHex(signingKeyHex), utf8(stringToSign))
    expect(toHex(signature).toLowerCase()).toBe(expected.signature)
  })
})

describe('V4 in the query', () => {
  test.each(vectors.v4.query)('$id verifies', (vector) => {
    const { signedQuery, signature } = vector.expected
    const query: QueryEntry[] = [...only(signedQuery), ['x-oss-signature', signature]]
    expect(verify(vector, { ...requestOf(vector), query }, [])).toEqual(proven(vector))
  })

  test.each(vectors.v4.query)('$id is what we sign', (vector) => {
    const { region, product, additional = [], expires, token } = vector
    const signed = presignV4(
      requestOf(vector),
      { ...vector, securityToken: token },
      {
        region,
        product,
        now: dateOf(vector),
        expiresInSeconds: expires,
        additionalHeaders: additional,
      },
    )
    const { signedQuery, signature } = vector.expected
    expect(Object.fromEntries(signed)).toEqual({ ...signedQuery, 'x-oss-signature': signature })
    expect(signed.at(-1)?.[0]).toBe('x-oss-signature')
  })
})

function dateOf(vector: Vector): Date {
  return parseIsoBasic(vector.date) ?? new Date(Number.NaN)
}
