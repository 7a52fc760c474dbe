/** Which failures deserve another attempt, and when. */

import { meantStatus, OssError } from '@lading/protocol'
import { delay } from './abort.ts'
import { IntegrityError, TransportError } from './errors.ts'
import type { RetryOptions } from './options.ts'

/** Milliseconds. A service may ask for more patience than this, but does not get it. */
const MAX_RETRY_AFTER_MS = 60_000

/** An attempt that failed, and what the service said about when to come back. */
export interface AttemptFailure {
  readonly error: unknown
  readonly retryAfterMs?: number | undefined
  /** The cause has been removed (a clock set right, new keys): do not wait, and do not look at the code. */
  readonly cured?: boolean
  /** Sent again, the request takes the place of what went wrong, whatever the error says. */
  readonly isReplaceable?: boolean
}

export type Attempt<Value> = { readonly value: Value } | { readonly failure: AttemptFailure }

/** What `onRetry` hears before each further attempt. */
export interface RetryNotice {
  readonly operation: string
  /** 1 for the first repetition. */
  readonly retry: number
  readonly error: unknown
  readonly delayMs: number
}

export interface RetryPolicy {
  readonly operation: string
  readonly settings: Required<RetryOptions>
  readonly signal: AbortSignal | undefined
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined
  /** From 0 to 1; a test gives its own. */
  readonly random?: () => number
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>
}

/**
 * Repeats `attempt` until it brings a value, fails for good, or has used up its retries: then throws
 * the last error. Never repeats after an abort.
 */
export async function withRetry<Value>(
  attempt: () => Promise<Attempt<Value>>,
  { operation, settings, signal, onRetry, random = Math.random, wait = delay }: RetryPolicy,
): Promise<Value> {
  for (let retry = 1; ; retry += 1) {
    signal?.throwIfAborted()
    const outcome = await attempt()
    if ('value' in outcome) return outcome.value

    const { error, retryAfterMs, cured = false, isReplaceable = false } = outcome.failure
    if (signal?.aborted) throw signal.reason
    if (retry > settings.retries || !(cured || isReplaceable || isTransient(error))) throw error
    const delayMs = cured ? 0 : backoff(retry, settings, random(), retryAfterMs)
    onRetry?.({ operation, retry, error, delayMs })
    if (delayMs > 0) await wait(delayMs, signal)
  }
}

/** Whether the same request may succeed if sent again. */
export function isTransient(error: unknown): boolean {
  const isOurs =
    error instanceof OssError || error instanceof TransportError || error instanceof IntegrityError
  return isOurs && error.retryable
}

/** No trustworthy answer, or a 5xx: the service may have done it or not. */
export function saysNothing(error: unknown): boolean {
  return error instanceof TransportError || (error instanceof OssError && meantStatus(error) >= 500)
}

/** Full jitter: anything from nothing to an exponentially growing bound, so that clients spread out. */
export function backoff(
  retry: number,
  { baseDelayMs, maxDelayMs }: Required<RetryOptions>,
  random: number,
  retryAfterMs = 0,
): number {
  const bound = Math.min(maxDelayMs, baseDelayMs * 2 ** (retry - 1))
  return Math.max(Math.round(random * bound), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS))
}

/** The `Retry-After` header, which is seconds or a date, in milliseconds from `now`. */
export function parseRetryAfter(
  text: string | undefined,
  parseDate: (text: string) => Date | undefined,
  now: number,
): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000
  const date = parseDate(text)
  return date && Math.max(0, date.getTime() - now)
}
