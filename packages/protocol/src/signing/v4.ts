/**
 * Signature V4: HMAC-SHA256 with a key that is good for one day, region and product. Source:
 * "Include a V4 signature in the Authorization header" and "... in a URL", OSS API reference.
 */

import { hmacSha256, sha256 } from '#hash'
import { formatIsoBasic, toHex } from '../headers.ts'
import { MAX_PRESIGN_SECONDS } from '../limits.ts'
import { encodePath, encodeStrict } from '../percent.ts'
import type { QueryEntry } from '../query.ts'
import {
  type Credentials,
  canonicalHeaders,
  type SignableRequest,
  signedResources,
  trimBlanks,
  utf8,
} from './request.ts'

export const ALGORITHM_V4 = 'OSS4-HMAC-SHA256'
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'
const TERMINATOR = 'aliyun_v4_request'

/** What a V4 key is good for. */
export interface CredentialScope {
  /** `YYYYMMDD`. */
  readonly date: string
  /** Bare, such as `cn-hangzhou`. */
  readonly region: string
  /** `oss`. */
  readonly product: string
}

export interface SignV4Options {
  /** Bare, such as `cn-hangzhou`. */
  readonly region: string
  /** Default `oss`. */
  readonly product?: string
  readonly now: Date
  /** Headers to sign besides `content-type`, `content-md5` and `x-oss-*`; absent ones are left out. */
  readonly additionalHeaders?: readonly string[]
}

export interface PresignV4Options extends SignV4Options {
  /** From `now`; 1 to 604,800 (seven days). */
  readonly expiresInSeconds: number
}

/**
 * The headers that sign `request`, to be set as they are.
 *
 * @throws {TypeError} when `region` is none.
 */
export function signV4(
  request: SignableRequest,
  credentials: Credentials,
  options: SignV4Options,
): Record<string, string> {
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  const timestamp = formatIsoBasic(options.now)
  const scope = scopeOf(timestamp, options)
  const added: Record<string, string> = {
    'x-oss-content-sha256': UNSIGNED_PAYLOAD,
    'x-oss-date': timestamp,
  }
  if (securityToken) added['x-oss-security-token'] = securityToken

  const headers = new Map([...request.headers, ...Object.entries(added)])
  const additional = additionalNames(options.additionalHeaders, headers)
  const [canonical] = canonicalRequestsV4({ ...request, headers }, additional)
  const signature = signatureV4(accessKeySecret, scope, stringToSignV4(timestamp, scope, canonical))
  const fields = [`Credential=${accessKeyId}/${formatScope(scope)}`]
  if (additional.length > 0) fields.push(`AdditionalHeaders=${additional.join(';')}`)
  fields.push(`Signature=${signature}`)
  added.authorization = `${ALGORITHM_V4} ${fields.join(',')}`
  return added
}

/**
 * The whole query of a URL that needs no headers to be authentic. Content-Type, Content-MD5,
 * `x-oss-*` and the additional headers of `request` must be sent as they are.
 *
 * @throws {RangeError} when `expiresInSeconds` is not an integer from 1 to 604,800.
 * @throws {TypeError} when `region` is none.
 */
export function presignV4(
  request: SignableRequest,
  credentials: Credentials,
  options: PresignV4Options,
): QueryEntry[] {
  const { expiresInSeconds } = options
  if (!isPresignLife(expiresInSeconds)) {
    throw new RangeError(
      `A V4 presigned URL lives from 1 to ${MAX_PRESIGN_SECONDS} seconds, not ${expiresInSeconds}.`,
    )
  }
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  const timestamp = formatIsoBasic(options.now)
  const scope = scopeOf(timestamp, options)
  const additional = additionalNames(options.additionalHeaders, request.headers)
  const query: QueryEntry[] = [
    ...request.query,
    ['x-oss-signature-version', ALGORITHM_V4],
    ['x-oss-credential', `${accessKeyId}/${formatScope(scope)}`],
    ['x-oss-date', timestamp],
    ['x-oss-expires', String(expiresInSeconds)],
  ]
  if (additional.length > 0) query.push(['x-oss-additional-headers', additional.join(';')])
  if (securityToken) query.push(['x-oss-security-token', securityToken])

  const [canonical] = canonicalRequestsV4({ ...request, query }, additional)
  const signature = signatureV4(accessKeySecret, scope, stringToSignV4(timestamp, scope, canonical))
  query.push(['x-oss-signature', signature])
  return query
}

export function isPresignLife(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_PRESIGN_SECONDS
}

/** `undefined` unless `text` is `KEY/DATE/REGION/PRODUCT/aliyun_v4_request`. */
export function parseCredentialV4(
  text: string,
): { readonly accessKeyId: string; readonly scope: CredentialScope } | undefined {
  const [accessKeyId, date, region, product, terminator, ...rest] = text.split('/')
  if (!accessKeyId || !date || !region || !product) return undefined
  if (terminator !== TERMINATOR || rest.length > 0 || !/^[0-9]{8}$/.test(date)) return undefined
  return { accessKeyId, scope: { date, region, product } }
}

/**
 * What may have been signed, the usual form first. `additional` is sorted; its names stay in the
 * request even where the header is absent, as the Python SDK signs them.
 */
export function canonicalRequestsV4(
  request: SignableRequest,
  additional: readonly string[],
): readonly [string, ...string[]] {
  const { method, headers, query } = request
  const names = new Set([...headers.keys()].filter(isSignedByDefault))
  for (const name of additional) names.add(name)
  const afterResource = [
    canonicalQuery(query),
    canonicalHeaders(headers, [...names].sort()),
    additional.join(';'),
    trimBlanks(headers.get('x-oss-content-sha256') ?? UNSIGNED_PAYLOAD),
  ].join('\n')
  const [usual, ...others] = signedResources(request)
  const canonical = (resource: string): string =>
    `${method}\n${encodePath(resource)}\n${afterResource}`
  return [canonical(usual), ...others.map(canonical)]
}

export function stringToSignV4(
  timestamp: string,
  scope: CredentialScope,
  canonicalRequest: string,
): string {
  const digest = lowerHex(sha256(utf8(canonicalRequest)))
  return [ALGORITHM_V4, timestamp, formatScope(scope), digest].join('\n')
}

export function signatureV4(
  accessKeySecret: string,
  scope: CredentialScope,
  stringToSign: string,
): string {
  return lowerHex(hmacSha256(signingKey(accessKeySecret, scope), utf8(stringToSign)))
}

/** Keys made lately: the four steps to one would cost more than all the rest of a signature. */
const signingKeys = new Map<string, Uint8Array>()

/** A key pair has one a day; whoever makes up dates gets no further than this. */
const MAX_SIGNING_KEYS = 100

function signingKey(accessKeySecret: string, scope: CredentialScope): Uint8Array {
  const name = JSON.stringify([accessKeySecret, scope.date, scope.region, scope.product])
  const known = signingKeys.get(name)
  if (known) return known
  let key = utf8(`aliyun_v4${accessKeySecret}`)
  for (const step of [scope.date, scope.region, scope.product, TERMINATOR]) {
    key = hmacSha256(key, utf8(step))
  }
  if (signingKeys.size >= MAX_SIGNING_KEYS) signingKeys.clear()
  signingKeys.set(name, key)
  return key
}

/** Lower case, sorted, none twice. */
export function normalizeHeaderNames(names: readonly string[]): string[] {
  const lower = names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '')
  return [...new Set(lower)].sort()
}

function isSignedByDefault(name: string): boolean {
  return name === 'content-type' || name === 'content-md5' || name.startsWith('x-oss-')
}

function additionalNames(
  names: readonly string[] = [],
  headers: ReadonlyMap<string, string>,
): string[] {
  return normalizeHeaderNames(names).filter((name) => headers.has(name) && !isSignedByDefault(name))
}

/** Every parameter, a doubled one each time, by the bytes of its encoded name. */
function canonicalQuery(query: readonly QueryEntry[]): string {
  return query
    .filter(([name]) => name !== 'x-oss-signature')
    .map(([name, value]) => ({ name: encodeStrict(name), value: encodeStrict(value) }))
    .sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0))
    .map(({ name, value }) => (value === '' ? name : `${name}=${value}`))
    .join('&')
}

export function scopeOf(
  timestamp: string,
  { region, product = 'oss' }: SignV4Options,
): CredentialScope {
  if (!/^[A-Za-z0-9-]+$/.test(region)) {
    throw new TypeError(
      `Signature V4 needs a region such as cn-hangzhou, and not ${JSON.stringify(region)}.`,
    )
  }
  return { date: timestamp.slice(0, 8), region, product }
}

export function formatScope({ date, region, product }: CredentialScope): string {
  return [date, region, product, TERMINATOR].join('/')
}

function lowerHex(bytes: Uint8Array): string {
  return toHex(bytes).toLowerCase()
}
