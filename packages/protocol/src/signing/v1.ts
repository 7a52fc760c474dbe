/**
 * Signature V1: HMAC-SHA1 over the request's essentials. Source: "Add a signature to the header" and
 * "Add signatures to a URL", OSS API reference.
 */

import { hmacSha1 } from '#hash'
import { formatHttpDate, toBase64 } from '../headers.ts'
import type { QueryEntry } from '../query.ts'
import {
  type Credentials,
  canonicalHeaders,
  type SignableRequest,
  signedResources,
  trimBlanks,
  utf8,
} from './request.ts'
import { isSubResource } from './sub-resources.ts'

/**
 * The headers that sign `request`, to be set as they are. The time travels as `x-oss-date`, because
 * a browser may not set `Date`.
 */
export function signV1(
  request: SignableRequest,
  credentials: Credentials,
  options: { readonly now: Date },
): Record<string, string> {
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  const added: Record<string, string> = { 'x-oss-date': formatHttpDate(options.now) }
  if (securityToken) added['x-oss-security-token'] = securityToken
  const headers = new Map([...request.headers, ...Object.entries(added)])
  const [stringToSign] = stringsToSignV1({ ...request, headers })
  added.authorization = `OSS ${accessKeyId}:${signatureV1(accessKeySecret, stringToSign)}`
  return added
}

/**
 * The whole query of a URL that needs no headers to be authentic until `expiresAt`, in whole
 * seconds. Content-Type, Content-MD5 and `x-oss-*` headers of `request` must be sent as they are.
 */
export function presignV1(
  request: SignableRequest,
  credentials: Credentials,
  options: { readonly expiresAt: Date },
): QueryEntry[] {
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  const expires = String(Math.floor(options.expiresAt.getTime() / 1000))
  const query: QueryEntry[] = [...request.query]
  if (securityToken) query.push(['security-token', securityToken])
  const [stringToSign] = stringsToSignV1({ ...request, query }, expires)
  query.push(
    ['OSSAccessKeyId', accessKeyId],
    ['Expires', expires],
    ['Signature', signatureV1(accessKeySecret, stringToSign)],
  )
  return query
}

/** The secret counts whole, although the C SDK cuts it to 64 bytes. */
export function signatureV1(accessKeySecret: string, stringToSign: string): string {
  return toBase64(hmacSha1(utf8(accessKeySecret), utf8(stringToSign)))
}

/** What may have been signed, the usual form first; `expires` where the query carries the claim. */
export function stringsToSignV1(
  request: SignableRequest,
  expires?: string,
): readonly [string, ...string[]] {
  const { method, headers, query } = request
  const signed = [...headers.keys()].filter((name) => name.startsWith('x-oss-')).sort()
  const beforeResource = [
    method,
    trimBlanks(headers.get('content-md5') ?? ''),
    trimBlanks(headers.get('content-type') ?? ''),
    expires ?? trimBlanks(requestDateV1(headers) ?? ''),
    canonicalHeaders(headers, signed),
  ].join('\n')
  const [usual, ...others] = signedResources(request)
  const afterResource = subResources(query)
  const toSign = (resource: string): string => `${beforeResource}${resource}${afterResource}`
  return [toSign(usual), ...others.map(toSign)]
}

/** The request's own time: `x-oss-date` goes before `Date`. */
export function requestDateV1(headers: ReadonlyMap<string, string>): string | undefined {
  return headers.get('x-oss-date') ?? headers.get('date')
}

/** Of a doubled parameter the first counts, here as everywhere. */
function subResources(query: readonly QueryEntry[]): string {
  const values = new Map<string, string>()
  for (const [name, value] of query) {
    if (isSubResource(name) && !values.has(name)) values.set(name, value)
  }
  const pairs = [...values.keys()].sort().map((name) => {
    const value = values.get(name)
    return value ? `${name}=${value}` : name
  })
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}
