/** Who a request says it comes from, before anybody has looked whether that is true. */

import { OssError } from '../errors.ts'
import { parseIsoBasic } from '../headers.ts'
import type { Query } from '../query.ts'
import { tokenBesideHeader, tokenInQuery } from './security-token.ts'
import {
  ALGORITHM_V4,
  type CredentialScope,
  normalizeHeaderNames,
  parseCredentialV4,
  UNSIGNED_PAYLOAD,
} from './v4.ts'

interface ClaimBase {
  readonly carrier: 'header' | 'query'
  readonly accessKeyId: string
  /** The STS token, which the bearer's key is worth nothing without. */
  readonly securityToken: string | undefined
  /** As sent. Neither to be logged nor to be compared but by `verifyClaim`. */
  readonly signature: string
}

export interface V1Claim extends ClaimBase {
  readonly scheme: 'v1'
  /** The text of `Expires` when the query carries the claim. */
  readonly expires: string | undefined
}

export interface V4Claim extends ClaimBase {
  readonly scheme: 'v4'
  /** The text of `x-oss-date`, which is a date, and of the scope's day. */
  readonly timestamp: string
  /** The text of `x-oss-expires` when the query carries the claim. */
  readonly expires: string | undefined
  readonly scope: CredentialScope
  /** Lower case, sorted. */
  readonly additionalHeaders: readonly string[]
}

export type Claim = V1Claim | V4Claim

/** The part of a request that can hold a claim. Header names are in lower case. */
export interface ClaimingRequest {
  readonly query: Query
  readonly headers: ReadonlyMap<string, string>
  /** Every `Authorization` value that was sent, not joined: two are refused. */
  readonly authorizations: readonly string[]
}

const v1Parameters = ['Signature', 'Expires', 'OSSAccessKeyId'] as const
const v4Parameters = [
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-expires',
  'x-oss-signature',
] as const

/**
 * Reads the claim; `undefined` when the request makes none and so is anonymous.
 *
 * @throws {OssError} `InvalidArgument` when the claim is malformed, of a scheme that is not spoken
 * here, made twice, or made in headers and query at once; `AccessDenied` when it is incomplete or
 * lacks a usable date; `InvalidRequest` when the token is not where the signature is.
 */
export function readClaim(request: ClaimingRequest): Claim | undefined {
  const { query, headers, authorizations } = request
  const [authorization, ...others] = authorizations
  if (others.length > 0) throw invalid('Only one Authorization header is allowed.')

  // `Expires` alone is not evidence: it is too common a name to refuse a signed header over.
  const v1InQuery = query.has('Signature') || query.has('OSSAccessKeyId')
  const v4InQuery =
    query.has('x-oss-signature-version') ||
    query.has('x-oss-credential') ||
    query.has('x-oss-signature')
  const s3InQuery = query.entries.some(([name]) =>
    ['x-amz-signature', 'x-amz-algorithm', 'awsaccesskeyid'].includes(name.toLowerCase()),
  )
  const inQuery = v1InQuery || v4InQuery || s3InQuery
  if (authorization !== undefined) {
    if (inQuery) {
      throw invalid('A request is signed either in its headers or in its query, not in both.')
    }
    return readAuthorization(authorization, request)
  }
  if (s3InQuery) throw invalid(`Presigned URLs of S3 are not understood; ${spoken}`)
  if (v1InQuery && v4InQuery) throw invalid('The query carries more than one kind of signature.')
  if (v4InQuery) return readV4Query(query, headers)
  if (v1InQuery || query.has('Expires')) return readV1Query(query, headers)
  return undefined
}

const spoken = 'sign with OSS (V1) or OSS4-HMAC-SHA256 (V4).'

function readAuthorization(authorization: string, request: ClaimingRequest): Claim {
  const text = authorization.trim()
  if (text === '') throw invalid('Authorization header value is empty.')
  const [scheme = ''] = text.split(/[ \t]/, 1)
  const rest = text.slice(scheme.length).trim()
  // Texts of refusals never repeat the header: it may hold somebody's secret.
  switch (scheme) {
    case 'OSS':
      return readV1Header(rest, request)
    case ALGORITHM_V4:
      return readV4Header(rest, request)
    case 'OSS2':
      throw invalid(`Signature version OSS2 (V2) is not supported; ${spoken}`)
    case 'AWS':
    case 'AWS4-HMAC-SHA256':
      throw invalid(`Signatures of S3 are not understood; ${spoken}`)
    default:
      throw invalid(`Authorization header is invalid. Its scheme is unknown; ${spoken}`)
  }
}

function readV1Header(rest: string, request: ClaimingRequest): V1Claim {
  const colon = rest.indexOf(':')
  const accessKeyId = rest.slice(0, Math.max(colon, 0))
  const signature = rest.slice(colon + 1)
  if (accessKeyId === '' || signature === '') {
    throw invalid('AccessKeyId or Signature is missing in Authorization header value.')
  }
  const securityToken = tokenBesideHeader(request)
  return {
    scheme: 'v1',
    carrier: 'header',
    accessKeyId,
    securityToken,
    signature,
    expires: undefined,
  }
}

function readV4Header(rest: string, request: ClaimingRequest): V4Claim {
  const fields = new Map<string, string>()
  for (const field of rest.split(',')) {
    const equals = field.indexOf('=')
    const name = field.slice(0, Math.max(equals, 0)).trim()
    if (!['Credential', 'AdditionalHeaders', 'Signature'].includes(name)) {
      throw invalid('Unknown parameter in Authorization header.')
    }
    if (fields.has(name)) throw invalid('Authorization header is invalid.')
    fields.set(name, field.slice(equals + 1).trim())
  }
  const credential = fields.get('Credential')
  const signature = fields.get('Signature')
  if (!credential || !signature) {
    throw invalid('AccessKeyId or Signature is missing in Authorization header value.')
  }
  const { headers } = request
  requireUnsignedPayload(headers)
  return {
    scheme: 'v4',
    carrier: 'header',
    ...readCredential(credential, headers.get('x-oss-date'), 'Authorization header'),
    securityToken: tokenBesideHeader(request),
    signature,
    expires: undefined,
    additionalHeaders: normalizeHeaderNames((fields.get('AdditionalHeaders') ?? '').split(';')),
  }
}

function readV1Query(query: Query, headers: ReadonlyMap<string, string>): V1Claim {
  const [signature, expires, accessKeyId] = v1Parameters.map((name) => query.text(name))
  if (!signature || !expires || !accessKeyId) {
    // Source: the error pages of the OSS user guide (403).
    throw new OssError('AccessDenied', {
      message:
        'Query-string authentication requires the Signature, Expires and OSSAccessKeyId parameters',
    })
  }
  const securityToken = tokenInQuery({ query, headers }, 'security-token')
  return { scheme: 'v1', carrier: 'query', accessKeyId, securityToken, signature, expires }
}

function readV4Query(query: Query, headers: ReadonlyMap<string, string>): V4Claim {
  const version = query.text('x-oss-signature-version')
  if (version === 'OSS2') {
    throw invalid(`Signature version OSS2 (V2) is not supported; ${spoken}`)
  }
  if (version !== undefined && version !== ALGORITHM_V4) {
    throw invalid(`The x-oss-signature-version is unknown; ${spoken}`)
  }
  const [, credential, timestamp, expires, signature] = v4Parameters.map((name) => query.text(name))
  if (!version || !credential || !timestamp || !expires || !signature) {
    throw new OssError('AccessDenied', {
      message: `Query-string authentication requires the ${v4Parameters.join(', ')} parameters`,
    })
  }
  requireUnsignedPayload(headers)
  const additionalHeaders = normalizeHeaderNames(
    (query.get('x-oss-additional-headers') ?? '').split(';'),
  )
  // Observed by the Go SDK's integration tests: 400 here, although headers that a signed
  // Authorization lists may be absent.
  const absent = additionalHeaders.find((name) => !headers.has(name))
  if (absent !== undefined) {
    throw invalid('A header that x-oss-additional-headers lists is missing from the request.', {
      ArgumentName: 'x-oss-additional-headers',
      ArgumentValue: absent,
    })
  }
  return {
    scheme: 'v4',
    carrier: 'query',
    ...readCredential(credential, timestamp, 'query string'),
    securityToken: tokenInQuery({ query, headers }, 'x-oss-security-token'),
    signature,
    expires,
    additionalHeaders,
  }
}

function readCredential(
  text: string,
  timestamp: string | undefined,
  place: string,
): { accessKeyId: string; scope: CredentialScope; timestamp: string } {
  const credential = parseCredentialV4(text)
  if (!credential) throw invalid(`Invalid credential in ${place}.`)
  if (timestamp === undefined || !parseIsoBasic(timestamp)) {
    throw new OssError('AccessDenied', { message: 'OSS authentication requires a valid Date.' })
  }
  // A key that was made for one day must not sign for another.
  if (timestamp.slice(0, 8) !== credential.scope.date) {
    throw invalid(`Invalid signing date in ${place}.`)
  }
  return { ...credential, timestamp }
}

/** OSS signs no payload; a digest that nobody compares would only look like protection. */
function requireUnsignedPayload(headers: ReadonlyMap<string, string>): void {
  const payload = headers.get('x-oss-content-sha256')
  if (payload !== undefined && payload !== UNSIGNED_PAYLOAD) {
    throw invalid(`The x-oss-content-sha256 header must be ${UNSIGNED_PAYLOAD}.`, {
      ArgumentName: 'x-oss-content-sha256',
      ArgumentValue: payload,
    })
  }
}

function invalid(message: string, details?: Readonly<Record<string, string>>): OssError {
  return new OssError('InvalidArgument', { message, details })
}
