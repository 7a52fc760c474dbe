/** How many parts or ranges are under way at a time: a number, or as many as turn out to be worth it. */

import { OssError } from '@lading/protocol'
import { TransportError } from '../errors.ts'
import { requireInteger } from '../options.ts'
import { Allowance } from '../uploader/for-each-concurrent.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'

/**
 * A number, 1 to 256: always so many. `adaptive`: begins with 5, adds more while they bring more
 * bytes per second, and takes fewer when the service answers 503 or not at all; from 1 to 8, for
 * which the buffers of five and those made ready ahead suffice, or within the bounds given.
 */
export type Parallel = number | 'adaptive' | AdaptiveParallel

export interface AdaptiveParallel {
  /** 1 to 256. Default 1. */
  readonly min?: number
  /** `min` to 256. Default 8. Beyond it a file is read twice in part, and a stream takes more memory. */
  readonly max?: number
}

export const DEFAULT_PARALLEL = 5
const DEFAULT_MAX = 8
const MAX_PARALLEL = 256

/** @throws {RangeError} for bounds that make no sense. */
export function requireParallel(parallel: Parallel): void {
  if (typeof parallel === 'number') {
    requireInteger('parallel', parallel, 1, MAX_PARALLEL)
  } else if (parallel !== 'adaptive') {
    const { min = 1, max = Math.max(min, DEFAULT_MAX) } = parallel
    requireInteger('parallel.min', min, 1, MAX_PARALLEL)
    requireInteger('parallel.max', max, min, MAX_PARALLEL)
  }
}

export interface LanesOptions {
  /** How many transfers there are in all; no more run at a time. `undefined`: nobody knows. */
  readonly transfers?: number | undefined
  /** Milliseconds of any steady clock. */
  readonly now?: () => number
}

/** The turns that the transfers of one upload, download or copy take, and what decides how many there are. */
export class Lanes {
  readonly #limit: AdaptiveLimit
  readonly #most: number
  readonly #now: () => number
  readonly #allowances: { readonly allowance: Allowance; readonly ahead: number }[] = []
  /** What the limit was in the beginning. */
  readonly #start: number

  constructor(
    parallel: Parallel = 'adaptive',
    { transfers = Number.POSITIVE_INFINITY, now = () => performance.now() }: LanesOptions = {},
  ) {
    const { min, max } = boundsOf(parallel)
    const start = Math.max(min, Math.min(max, DEFAULT_PARALLEL))
    this.#limit = new AdaptiveLimit(
      { start: typeof parallel === 'number' ? parallel : start, min, max },
      now(),
    )
    this.#most = Math.max(1, transfers)
    this.#start = this.limit
    this.#now = now
  }

  get limit(): number {
    return Math.min(this.#limit.limit, this.#most)
  }

  /**
   * One for each transfer at a time, whatever the limit becomes; and so many `ahead` that are made
   * ready meanwhile. Transfers that come to be more take the places of these, but for one of them:
   * so what is in hand takes little more memory than in the beginning.
   */
  turns(ahead = 0): Allowance {
    const allowance = new Allowance(this.#inHand(ahead))
    this.#allowances.push({ allowance, ahead })
    return allowance
  }

  #inHand(ahead: number): number {
    return Math.max(ahead > 0 ? this.#start + ahead : 0, this.limit + Math.min(ahead, 1))
  }

  /** A transfer of `bytes` got through. */
  finished(bytes: number): void {
    this.#limit.finished(bytes, this.#now())
    this.#apply()
  }

  /** An attempt failed; what does not speak of too much at a time is passed over. */
  failed(error: unknown): void {
    if (!asksForLess(error)) return
    this.#limit.troubled(this.#now())
    this.#apply()
  }

  #apply(): void {
    for (const { allowance, ahead } of this.#allowances) allowance.resize(this.#inHand(ahead))
  }
}

function boundsOf(parallel: Parallel): { readonly min: number; readonly max: number } {
  if (typeof parallel === 'number') return { min: parallel, max: parallel }
  if (parallel === 'adaptive') return { min: 1, max: DEFAULT_MAX }
  const { min = 1, max = Math.max(min, DEFAULT_MAX) } = parallel
  return { min, max }
}

/** Overload shows as a refusal for the moment, or as an answer that never comes. */
function asksForLess(error: unknown): boolean {
  if (error instanceof TransportError) return true
  return error instanceof OssError && [408, 429, 503, 504].includes(error.status)
}
