/** What a client can be told: every default, unit and bound. */

import type { AddressStyle } from '@lading/protocol'
import type { Credentials, CredentialsProvider } from './credentials.ts'
import type { PresignAnswer, PresignRequest } from './presigned/contract.ts'
import type { RetryNotice } from './retry.ts'
import type { Transport } from './transport/contract.ts'

export interface RetryOptions {
  /** Repetitions after the first attempt, 0 or more. Default 3. */
  readonly retries?: number
  /** Milliseconds; the bound of the first wait, doubled for each further one. Default 200. */
  readonly baseDelayMs?: number
  /** Milliseconds; no wait is longer, unless the service's Retry-After asks for it. Default 20,000. */
  readonly maxDelayMs?: number
}

export const retryDefaults: Required<RetryOptions> = {
  retries: 3,
  baseDelayMs: 200,
  maxDelayMs: 20_000,
}

export interface ClientOptions {
  /**
   * Where the service is: a host with optional scheme (default `https`) and port. Default
   * `https://oss-REGION.aliyuncs.com`.
   */
  readonly endpoint?: string
  /**
   * What V4 signatures name, such as `cn-hangzhou`. Default: what an `aliyuncs.com` endpoint says,
   * else `cn-hangzhou`.
   */
  readonly region?: string
  /** Keys, or a function that brings them whenever needed. Without it requests are anonymous. */
  readonly credentials?: Credentials | CredentialsProvider
  /**
   * Asks somebody who has the keys, such as your own backend, for a signed URL of each request, and of
   * each attempt anew. The requests carry no credentials of their own then. Default none.
   */
  readonly presign?: Presign
  /** Default `v4`, which is all that `UploadClient` knows. */
  readonly signatureVersion?: 'v4' | 'v1'
  /**
   * Where the bucket stands: `virtual` in the host, `path` in the path, `cname` for a host that
   * belongs to one bucket. Default `path` on an IP address and on `localhost`, else `virtual`.
   */
  readonly style?: AddressStyle
  /** Milliseconds in which no byte moves before an attempt is given up, however long it runs. Default 60,000. */
  readonly idleTimeoutMs?: number
  /**
   * Milliseconds for each call from its beginning to its answer, repetitions and waits among them; what
   * of an answer is read afterwards, as by `getObject`, is bound by `idleTimeoutMs` alone. Default none:
   * how long a part may take is for the line to say.
   */
  readonly totalTimeoutMs?: number
  readonly retry?: RetryOptions
  /** Sent as `User-Agent` after our own name. Default none. */
  readonly userAgent?: string
  /** The clock that signatures are dated by. Default the system's. */
  readonly now?: () => number
}

/** Brings a signed URL from whoever has the keys, as `presignFor` of `@lading/client/presign-server` makes it. */
export type Presign = (
  request: PresignRequest,
  options: { readonly signal: AbortSignal | undefined },
) => Promise<PresignAnswer>

/** What carries requests out; `@lading/client/node` brings its own. */
export interface TransportOption {
  readonly transport: Transport
}

/** Every call takes these last. */
export interface CallOptions {
  /** Abort closes the connection; the call rejects with the signal's reason once it is closed. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds, as the client's `totalTimeoutMs`, which is the default. */
  readonly totalTimeoutMs?: number | undefined
  /** Repetitions after the first attempt. Default: the client's. */
  readonly retries?: number | undefined
  /** Hears of every repetition. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined
}

/** @throws {RangeError} naming `name`, unless `value` is an integer within the bounds. */
export function requireInteger(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new RangeError(`${name} must be an integer from ${min} to ${max}, and not ${value}.`)
}
