/** So much of something at a time, handed out in the order in which it was asked for. */

import { EngineUnavailableError } from '../../ports/blob-store.ts'

interface Waiting {
  readonly amount: number
  readonly give: () => void
}

export class Budget {
  #left: number
  readonly #all: number
  readonly #waitMs: number
  readonly #refusal: string
  readonly #queue = new Set<Waiting>()

  /** `refusal` is what whoever has waited for `waitMs` is told. */
  constructor(all: number, { waitMs, refusal }: { waitMs: number; refusal: string }) {
    this.#all = all
    this.#left = all
    this.#waitMs = waitMs
    this.#refusal = refusal
  }

  /**
   * Resolves once `amount` is the caller's, who gives it back with `giveBack`. Nobody waits for ever, so
   * that those who hold some and wait for more cannot hold up one another.
   *
   * @throws {EngineUnavailableError} it took too long.
   */
  async take(amount: number): Promise<void> {
    if (amount > this.#all) throw new RangeError(`${amount} is more than all of ${this.#all}.`)
    if (this.#queue.size === 0 && amount <= this.#left) {
      this.#left -= amount
      return
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#queue.delete(waiting)
        reject(new EngineUnavailableError(this.#refusal))
        this.#serve()
      }, this.#waitMs)
      const waiting: Waiting = {
        amount,
        give: () => {
          clearTimeout(timer)
          resolve()
        },
      }
      this.#queue.add(waiting)
    })
  }

  giveBack(amount: number): void {
    this.#left += amount
    this.#serve()
  }

  #serve(): void {
    for (const waiting of this.#queue) {
      if (waiting.amount > this.#left) return
      this.#left -= waiting.amount
      this.#queue.delete(waiting)
      waiting.give()
    }
  }
}
