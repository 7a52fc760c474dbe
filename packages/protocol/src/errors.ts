/** What the service says when it says no: the codes, the status each travels under, the error. */

import { errorCodes } from '#error-codes'
import type { errorCodes as all } from './error-codes/all.ts'

/** The codes this project knows. */
export type KnownErrorCode = keyof typeof all

/** The codes we know, and any the service may add; autocompletes the former, accepts the latter. */
export type ErrorCode = KnownErrorCode | (string & {})

export interface OssErrorOptions {
  /** The HTTP status. A known code brings its own, except in a browser, where it is 400. */
  readonly status?: number | undefined
  /**
   * A sentence for the person who must act. A known code brings its own, except in a browser, where it
   * is the code.
   */
  readonly message?: string | undefined
  readonly requestId?: string | undefined
  /** OSS's finer error number, `NNNN-NNNNNNNN`. Clients must not branch on it. */
  readonly ec?: string | undefined
  readonly hostId?: string | undefined
  /** The elements that only this code has, such as `UploadId`, in the order they are written. */
  readonly details?: Readonly<Record<string, string>> | undefined
  /** Header fields that the service sends with the refusal, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The failure beneath; logged by the server, never sent to the caller. */
  readonly cause?: unknown
}

/** Codes below 500 that say nothing against the same request sent again. */
const transientCodes: ReadonlySet<string> = new Set([
  'BadRequest', // as the Go SDK v2 does: sent when a proxy has mangled a request
  'IncompleteBody',
  'InvalidDigest', // the bytes were damaged on the way
  'RequestTimeTooSkewed', // the clock is corrected from the refusal
  'RequestTimeout',
])

/** The service understood the request and refused it. Same class on both sides of the wire. */
export class OssError extends Error {
  override readonly name = 'OssError'
  /** OSS's name of the call that was refused, and what it was about. Set by a client. */
  declare readonly operation: string | undefined
  declare readonly uploadId: string | undefined
  declare readonly partNumber: number | undefined
  readonly code: ErrorCode
  readonly status: number
  /** Set by the side that has one; quote it when reporting a problem. */
  readonly requestId: string | undefined
  readonly ec: string | undefined
  readonly hostId: string | undefined
  /** Whether the same request may succeed if it is sent again. */
  readonly retryable: boolean
  readonly details: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: KnownErrorCode, options?: OssErrorOptions)
  constructor(code: ErrorCode, options: OssErrorOptions & { status: number; message: string })
  constructor(code: ErrorCode, options: OssErrorOptions = {}) {
    const known = isKnownErrorCode(code) ? errorCodes[code] : undefined
    super(options.message ?? known?.message ?? code, { cause: options.cause })
    this.code = code
    this.status = options.status ?? known?.status ?? 400
    this.requestId = options.requestId
    this.ec = options.ec
    this.hostId = options.hostId
    const status = meantStatus(this)
    this.retryable =
      status === 408 || status === 429 || status >= 500 || transientCodes.has(this.code)
    this.details = options.details ?? {}
    this.headers = options.headers ?? {}
  }
}

/**
 * The status that a refusal would have come with at once: OSS announces success before it does what
 * takes long, and puts an error that comes later into the body.
 */
export function meantStatus({ status, code }: Pick<OssError, 'status' | 'code'>): number {
  return status < 300 && isKnownErrorCode(code) ? (errorCodes[code]?.status ?? 400) : status
}

export function isKnownErrorCode(code: string): code is KnownErrorCode {
  return Object.hasOwn(errorCodes, code)
}
