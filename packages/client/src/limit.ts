/** What ends a call before it is done: its caller, or the time that it was given. */

import { type FailureFacts, TransportError } from './errors.ts'
import { requireInteger } from './options.ts'

export interface Limit {
  /** Aborts for both reasons. */
  readonly signal: AbortSignal | undefined
  /** Aborts for the time alone. */
  readonly timeout: AbortSignal | undefined
  /** Stops counting: the answer is here. The caller may still end what is read of it. */
  readonly end: () => void
}

/** The most that timers can wait. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1

/**
 * Begins to count.
 *
 * @param facts Of the call, for the error that ends it.
 * @param ms `undefined`: only the caller ends the call.
 * @throws {RangeError} for what is no number of milliseconds.
 */
export function startLimit(
  operation: string,
  ms: number | undefined,
  caller: AbortSignal | undefined,
  facts: FailureFacts,
): Limit {
  if (ms === undefined) return { signal: caller, timeout: undefined, end: () => {} }
  requireInteger('totalTimeoutMs', ms, 1, MAX_TIMEOUT_MS)
  const timeout = new AbortController()
  const timer = setTimeout(() => {
    timeout.abort(
      new TransportError(
        `${operation} was not done within ${ms} ms, repetitions included. It may have happened all the same; a longer totalTimeoutMs gives it more time.`,
        facts,
      ),
    )
  }, ms)
  return {
    signal: caller ? AbortSignal.any([caller, timeout.signal]) : timeout.signal,
    timeout: timeout.signal,
    end: () => clearTimeout(timer),
  }
}
