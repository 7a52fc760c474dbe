/** How many transfers to have under way, learnt from what they bring. Pure: the time is given. */

export interface AdaptiveBounds {
  readonly start: number
  readonly min: number
  readonly max: number
}

/** Milliseconds. What ends sooner says little of the line. */
const SHORTEST_WINDOW_MS = 500
/** Milliseconds in which troubles count as one: transfers under way together fail together. */
const TROUBLE_MS = 1000
/** Of what more transfers would bring if each were as fast as those before, so much must come. */
const LEAST_SHARE = 0.25
/** Windows between two trials; doubled after each that changed nothing. */
const FIRST_REST = 2
const LONGEST_REST = 32

interface Trial {
  readonly direction: 'up' | 'down'
  /** What it is compared with. */
  readonly limit: number
  readonly rate: number
  /** Windows that it has stood. */
  readonly stood: 0 | 1
}

/**
 * Counts in windows of as many transfers as are under way together. Now and then it tries half as
 * many again: when two windows running bring clearly more bytes per second it goes on so, and else
 * returns. What it has beyond the start it tries to do without: rates vary by themselves, and what
 * looked like a gain must not stay for ever. Trouble halves the limit; from there it grows one by one.
 */
export class AdaptiveLimit {
  readonly #bounds: AdaptiveBounds
  #limit: number
  #windowFrom: number
  #bytes = 0
  #finished = 0
  #trial: Trial | undefined
  /** One at first, in which connections are made. */
  #windowsToRest = 1
  #rest = FIRST_REST
  #isDownNext = false
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
    this.#trial = undefined
    this.#isDownNext = false
    this.#windowsToRest = FIRST_REST
    this.#limit = Math.max(this.#bounds.min, Math.floor(this.#limit / 2))
    this.#beginWindow(now)
  }

  #learn(rate: number): void {
    const trial = this.#trial
    if (!trial) {
      if (this.#windowsToRest > 0) this.#windowsToRest -= 1
      else this.#try(rate)
      return
    }
    // Above 0 upwards, where more must come; below 0 downwards, where less may.
    const change = this.#limit / trial.limit - 1
    if (rate < trial.rate * (1 + LEAST_SHARE * change)) {
      this.#takeBack(trial)
    } else if (trial.direction === 'up' && trial.stood === 0) {
      this.#trial = { ...trial, stood: 1 }
    } else {
      this.#trial = undefined
      this.#rest = FIRST_REST
      if (trial.direction === 'up' && this.#limit < this.#bounds.max) this.#try(rate)
      else this.#windowsToRest = FIRST_REST
    }
  }

  #takeBack({ direction, limit }: Trial): void {
    this.#trial = undefined
    this.#limit = limit
    this.#isDownNext = direction === 'up'
    this.#windowsToRest = this.#rest
    this.#rest = Math.min(2 * this.#rest, LONGEST_REST)
  }

  #try(rate: number): void {
    const { start, max } = this.#bounds
    const hasBeenTroubled = this.#troubledAt !== Number.NEGATIVE_INFINITY
    const up = Math.min(max, this.#limit + (hasBeenTroubled ? 1 : Math.ceil(this.#limit / 2)))
    const down = Math.max(Math.min(start, this.#limit), Math.floor(this.#limit / 1.5))
    const direction = (this.#isDownNext || up === this.#limit) && down < this.#limit ? 'down' : 'up'
    const limit = direction === 'down' ? down : up
    if (limit === this.#limit) return
    this.#trial = { direction, limit: this.#limit, rate, stood: 0 }
    this.#limit = limit
  }

  #beginWindow(now: number): void {
    this.#windowFrom = now
    this.#bytes = 0
    this.#finished = 0
  }
}
