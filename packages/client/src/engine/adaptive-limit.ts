/** How many transfers to have under way, learnt from what they bring. Pure: the time is given. */

export interface AdaptiveBounds {
  readonly start: number
  readonly min: number
  readonly max: number
}

/** Milliseconds. What ends sooner says little of the line. */
const SHORTEST_WINDOW_MS = 250
/** Milliseconds in which troubles count as one: transfers under way together fail together. */
const TROUBLE_MS = 1000
/** Of what more transfers would bring if each were as fast as those before, so much must come. */
const LEAST_SHARE = 0.25
/** Windows between two trials; doubled after each trial that brought nothing. */
const FIRST_REST = 2
const LONGEST_REST = 32

/**
 * Counts in windows of as many transfers as are under way together. After a window it tries half as
 * many again; when that brings clearly more bytes per second it goes on so, and else returns to what
 * it had, to try again later. Trouble halves the limit; from there it grows one by one.
 */
export class AdaptiveLimit {
  readonly #bounds: AdaptiveBounds
  #limit: number
  #windowFrom: number
  #bytes = 0
  #finished = 0
  /** What is on trial is compared with. */
  #before: { readonly limit: number; readonly rate: number } | undefined
  /** One at first, in which connections are made. */
  #windowsToRest = 1
  #rest = FIRST_REST
  #troubledAt = Number.NEGATIVE_INFINITY

  /** @param now Milliseconds of any steady clock, as in every other call. */
  constructor(bounds: AdaptiveBounds, now: number) {
    this.#bounds = bounds
    this.#limit = bounds.start
    this.#windowFrom = now
  }

  get limit(): number {
    return this.#limit
  }

  /** A transfer of `bytes` got through. */
  finished(bytes: number, now: number): void {
    this.#bytes += bytes
    this.#finished += 1
    const elapsed = now - this.#windowFrom
    if (this.#finished < this.#limit || elapsed < SHORTEST_WINDOW_MS) return
    const rate = this.#bytes / elapsed
    this.#beginWindow(now)
    this.#learn(rate)
  }

  /** The service asked for less, or did not answer. */
  troubled(now: number): void {
    if (now - this.#troubledAt < TROUBLE_MS) return
    this.#troubledAt = now
    this.#before = undefined
    this.#windowsToRest = FIRST_REST
    this.#limit = Math.max(this.#bounds.min, Math.floor(this.#limit / 2))
    this.#beginWindow(now)
  }

  #learn(rate: number): void {
    const before = this.#before
    this.#before = undefined
    if (before) {
      const hoped = this.#limit / before.limit - 1
      if (rate >= before.rate * (1 + LEAST_SHARE * hoped)) {
        this.#rest = FIRST_REST
      } else {
        this.#limit = before.limit
        this.#windowsToRest = this.#rest
        this.#rest = Math.min(2 * this.#rest, LONGEST_REST)
        return
      }
    }
    if (this.#windowsToRest > 0) this.#windowsToRest -= 1
    else this.#try(rate)
  }

  #try(rate: number): void {
    const { max } = this.#bounds
    if (this.#limit >= max) return
    this.#before = { limit: this.#limit, rate }
    const hasBeenTroubled = this.#troubledAt !== Number.NEGATIVE_INFINITY
    const step = hasBeenTroubled ? 1 : Math.ceil(this.#limit / 2)
    this.#limit = Math.min(max, this.#limit + step)
  }

  #beginWindow(now: number): void {
    this.#windowFrom = now
    this.#bytes = 0
    this.#finished = 0
  }
}
