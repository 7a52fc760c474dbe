/** What the errors of an S3 engine mean. */

import { NoSpaceError } from '../../ports/blob-store.ts'

/** Of the engine, which may be well again in a moment. */
const PASSING = new Set([409, 429, 500, 502, 503, 504])

/** Of the connection, by what Node and the SDK call them. */
const BROKEN =
  /^(AbortError|TimeoutError|ECONN[A-Z]+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND|UND_ERR_[A-Z_]+|ERR_STREAM_PREMATURE_CLOSE)$/

/** Codes with a status that says little: a time-out of the engine, and bytes that broke on their way. */
const PASSING_CODES = new Set(['RequestTimeout', 'BadDigest', 'SlowDown'])

/** What an engine says that has no room. */
const FULL = new Set(['QuotaExceeded', 'InsufficientCapacity'])

export function hasStatus(error: unknown, status: number): boolean {
  return statusOf(error) === status && !isNoBucket(error)
}

/** Whether the same request may be answered otherwise a little later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (isNoBucket(error)) return true
  const status = statusOf(error)
  if (status !== undefined && status >= 300) {
    return !isFull(error) && (PASSING.has(status) || PASSING_CODES.has(error.name))
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // Without an answer, or in the middle of one.
  return BROKEN.test(error.name) || BROKEN.test(code)
}

/** What to tell instead of an error that does not pass. */
export function explain(error: unknown): unknown {
  return isFull(error) ? new NoSpaceError({ cause: error }) : error
}

/** Its blobs are somewhere, and it would be wrong to say of any that it is not. */
function isNoBucket(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchBucket'
}

function isFull(error: unknown): boolean {
  return error instanceof Error && (FULL.has(error.name) || statusOf(error) === 507)
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('$metadata' in error)) return undefined
  const metadata = error.$metadata as { readonly httpStatusCode?: number } | undefined
  return metadata?.httpStatusCode
}
