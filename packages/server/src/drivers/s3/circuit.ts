/** Keeps callers from waiting for an engine that has just been found not to answer. */

import { EngineUnavailableError } from '../../ports/blob-store.ts'

/** Milliseconds after which one caller tries whether it is there again. */
const REST = 1_000

export class Circuit {
  readonly #now: () => number
  /** When the next one may try; `undefined` while all is well. */
  #closedUntil: number | undefined

  /** `now` in milliseconds, of a clock that only goes forward. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /**
   * Call it before asking.
   *
   * @throws {EngineUnavailableError} it did not answer a moment ago, and is not to be asked yet.
   */
  enter(): void {
    if (this.#closedUntil === undefined) return
    if (this.#now() < this.#closedUntil) {
      throw new EngineUnavailableError('The engine did not answer a moment ago.')
    }
    // This caller tries for all; should it never come back, another one does.
    this.#closedUntil = this.#now() + REST
  }

  answered(): void {
    this.#closedUntil = undefined
  }

  gone(): void {
    this.#closedUntil = this.#now() + REST
  }
}
