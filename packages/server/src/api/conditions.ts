/** What a reader makes its request depend on: ETags and dates. */

import { OssError, parseHttpDate, sameETag } from '@lading/protocol'
import type { StoredObject } from '../store/store.ts'
import type { RequestHeaders } from './operation.ts'

/**
 * Whether the reader has this very object already. Where If-None-Match and If-Modified-Since are
 * both given, the ETag decides alone: two states of an object may share a second. The conditions of
 * a copy have names of their own, which begin with `prefix`; a refusal names the plain ones.
 *
 * @throws {OssError} `PreconditionFailed`, naming the first header that does not hold.
 */
export function isNotModified(
  headers: RequestHeaders,
  object: StoredObject,
  prefix: '' | 'x-oss-copy-source-' = '',
): boolean {
  const match = headers.get(`${prefix}if-match`)
  if (match !== undefined && !names(match, object)) throw preconditionFailed('If-Match')

  const modified = wholeSeconds(object.modifiedAt)
  const unmodifiedSince = dateOf(headers, `${prefix}if-unmodified-since`)
  if (unmodifiedSince !== undefined && modified > unmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since')
  }

  const noneMatch = headers.get(`${prefix}if-none-match`)
  if (noneMatch !== undefined) return names(noneMatch, object)
  const modifiedSince = dateOf(headers, `${prefix}if-modified-since`)
  return modifiedSince !== undefined && modified <= modifiedSince
}

/** Whether a Range still means this object: If-Range is the ETag or the date of the part held. */
export function isSameForRange(headers: RequestHeaders, object: StoredObject): boolean {
  const held = headers.get('if-range')
  if (held === undefined) return true
  const date = parseHttpDate(held)
  return date ? date.getTime() === wholeSeconds(object.modifiedAt) : names(held, object)
}

/** Clients send ETags with and without quotes, and several, separated by commas. */
function names(list: string, { etag }: StoredObject): boolean {
  return list.split(',').some((item) => {
    const tag = item
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1')
    return tag === '*' || sameETag(tag, etag)
  })
}

/** Milliseconds; `undefined` also for a date that cannot be read, which asks for nothing. */
function dateOf(headers: RequestHeaders, name: string): number | undefined {
  const text = headers.get(name)
  return text === undefined ? undefined : parseHttpDate(text)?.getTime()
}

/** Headers carry no fraction, so what is compared with one must have none. */
function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000
}

function preconditionFailed(condition: string): OssError {
  return new OssError('PreconditionFailed', { details: { Condition: condition } })
}
