/** Bounded concurrency, in two shapes: a pool of workers, and an allowance that work draws on. */

import { leave, withSignal } from '../abort.ts'

/**
 * Runs `work` on every item, at most `limit` at a time, starting them in order. The first failure
 * aborts the others, waits for them to stop, and is the error thrown.
 */
export async function forEachConcurrent<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const stop = new AbortController()
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const queue = iterator(items)

  async function drain(): Promise<void> {
    for (;;) {
      either.throwIfAborted()
      const next = await withSignal(Promise.resolve(queue.next()), either)
      if (next.done) return
      await work(next.value, either)
    }
  }

  const workers = Array.from({ length: limit }, () =>
    drain().catch((error: unknown) => stop.abort(error)),
  )
  await Promise.all(workers)
  if (either.aborted) leave(queue)
  either.throwIfAborted()
}

function iterator<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): Iterator<Item> | AsyncIterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
}

/** So much of something at a time, such as bytes of memory. First come, first served. */
export class Allowance {
  readonly total: number
  #free: number
  readonly #waiting: Waiter[] = []

  constructor(total: number) {
    this.total = total
    this.#free = total
  }

  /**
   * Resolves when `amount` may be used; give it back with `release`.
   *
   * @throws {RangeError} for more than there ever is.
   */
  async acquire(amount: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (amount > this.total) throw new RangeError(`${amount} of ${this.total} can never be had.`)
    if (this.#waiting.length === 0 && this.#free >= amount) {
      this.#free -= amount
      return
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
        this.#admit()
        reject(signal.reason)
      }
      const enter = (): void => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      const waiter: Waiter = { amount, enter }
      this.#waiting.push(waiter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  release(amount: number): void {
    this.#free += amount
    this.#admit()
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && next.amount <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#free -= next.amount
      next.enter()
    }
  }
}

interface Waiter {
  readonly amount: number
  readonly enter: () => void
}
