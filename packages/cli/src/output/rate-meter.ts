/** How fast bytes have been moving lately. */

const windowMs = 5000
/** Marks are kept no closer than this: a chunk may come every few microseconds. */
const spacingMs = 100

interface Mark {
  readonly at: number
  readonly loaded: number
}

/** Bytes a second over the last five seconds, so that a stall or a recovery soon shows. */
export class RateMeter {
  readonly #now: () => number
  #marks: readonly Mark[]
  #loaded: number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#marks = [{ at: now(), loaded: 0 }]
    this.#loaded = 0
  }

  update(loaded: number): void {
    const at = this.#now()
    this.#loaded = loaded
    if (at - (this.#marks.at(-1)?.at ?? 0) < spacingMs) return
    // The newest mark that is out of the window stays, as the window's beginning.
    const begin = this.#marks.findLastIndex((mark) => mark.at <= at - windowMs)
    this.#marks = [...this.#marks.slice(Math.max(0, begin)), { at, loaded }]
  }

  /** `undefined` until there is something to tell. */
  perSecond(): number | undefined {
    const now = this.#now()
    const first = this.#marks.findLast((mark) => mark.at <= now - windowMs) ?? this.#marks[0]
    const elapsed = first === undefined ? 0 : now - first.at
    if (first === undefined || elapsed < 200) return undefined
    return Math.max(0, ((this.#loaded - first.loaded) * 1000) / elapsed)
  }
}
