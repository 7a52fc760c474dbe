/** Faults on demand: delays, refusals, cut connections, wrong sums, for people who test their clients. */

import { isKnownErrorCode, OssError } from '@lading/protocol'
import { matchesWildcard } from '../policy/wildcard.ts'

/** What happens to a request that a fault meets. */
export type FaultAction =
  | { readonly kind: 'delay'; readonly ms: number }
  | {
      readonly kind: 'throttle'
      readonly bytesPerSecond: number
      /** Which body is slowed down. Default: both. */
      readonly of?: 'body' | 'answer' | undefined
    }
  | {
      readonly kind: 'fail'
      readonly code: string
      /** 200 is an error where success was announced already, as OSS has it for what fails late. */
      readonly status?: number | undefined
      /** Seconds that the answer tells the client to wait (`Retry-After`). */
      readonly retryAfter?: number | undefined
    }
  | {
      readonly kind: 'cut'
      /**
       * `request`: before anything is done; `body`: while the body is read; `answer`: after all is done
       * and durable, instead of the answer or in the middle of it.
       */
      readonly at: 'request' | 'body' | 'answer'
      /**
       * Bytes of body let through before a cut at `body` or `answer`. Default at `body` 0: at its first
       * byte. Without it a cut at `answer` sends nothing, with it the head of the answer is sent.
       */
      readonly afterBytes?: number | undefined
    }
  | {
      readonly kind: 'stall'
      /** As of a cut, at the same places; but the connection stays open, and silent. */
      readonly at: 'request' | 'body' | 'answer'
      readonly afterBytes?: number | undefined
    }
  | {
      readonly kind: 'falsify'
      /** Which of the sums in the answer is another one, in its header and in its document. */
      readonly sum: 'etag' | 'crc64'
    }

/** Which requests meet it, and what happens then. Only requests that would be served are counted. */
export interface Fault {
  /** OSS's name of the operation; absent means any. */
  readonly operation?: string | undefined
  /** A pattern in which `*` stands for any characters and `?` for one. Absent means any. */
  readonly bucket?: string | undefined
  /** A pattern as of `bucket`; `logs/*` is what begins with `logs/`. Absent means any, or none. */
  readonly key?: string | undefined
  readonly partNumber?: number | undefined
  /** The first matching request that is met, from 1. Absent: the first. */
  readonly nth?: number | undefined
  /** How many are met, from `nth` on. Default: one when `nth` is given, else all. */
  readonly times?: number | undefined
  /** The chance of a request that would be met to be so, above 0 and up to 1. Default 1. */
  readonly probability?: number | undefined
  readonly action: FaultAction
}

/** A request as faults see it. */
export interface FaultableRequest {
  readonly operation: string
  readonly bucket?: string | undefined
  readonly key?: string | undefined
  readonly partNumber?: string | undefined
}

export interface FaultPlan {
  /** The actions that this request meets; it counts as one call of each fault that matches it. */
  meet(request: FaultableRequest): FaultAction[]
}

/**
 * Counts the calls of each fault; a plan belongs to one server. The same `seed` and the same requests
 * in the same order draw the same chances.
 */
export function planFaults(faults: readonly Fault[], seed: number): FaultPlan {
  const rules = faults.map((fault, index) => ({
    fault,
    calls: 0,
    met: 0,
    // Each draws for itself, so that one fault more does not change what the others do.
    draw: chances(seed + index * 0x9e37_79b9),
  }))
  return {
    meet(request) {
      return rules.flatMap((rule) => {
        const { fault } = rule
        if (!matches(fault, request)) return []
        rule.calls += 1
        const { nth = 1, probability = 1 } = fault
        const { times = fault.nth === undefined ? Number.POSITIVE_INFINITY : 1 } = fault
        if (rule.calls < nth || rule.met >= times) return []
        if (probability < 1 && rule.draw() >= probability) return []
        rule.met += 1
        return [fault.action]
      })
    },
  }
}

function matches(fault: Fault, { operation, bucket, key, partNumber }: FaultableRequest): boolean {
  if (fault.operation !== undefined && fault.operation !== operation) return false
  if (fault.partNumber !== undefined && String(fault.partNumber) !== partNumber) return false
  if (fault.bucket !== undefined && !matchesWildcard(fault.bucket, bucket ?? '')) return false
  return fault.key === undefined || matchesWildcard(fault.key, key ?? '')
}

/** Numbers from 0 to below 1 that only the seed decides (mulberry32). */
function chances(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The refusal that a `fail` fault makes. */
export function faultRefusal(action: FaultAction & { readonly kind: 'fail' }): OssError {
  const { code, status, retryAfter } = action
  const headers = retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }
  if (isKnownErrorCode(code)) return new OssError(code, { status, headers })
  return new OssError(code, { status: status ?? 500, message: 'A fault was asked for.', headers })
}
