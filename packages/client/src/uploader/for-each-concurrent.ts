/** Bounded concurrency: work on many items, and the allowance that it draws on. */

import { leave, withSignal } from '../abort.ts'

/**
 * Runs `work` on every item, at most `limit` at a time, starting them in order; an allowance has one
 * for each, and may change meanwhile. The first failure aborts the others, waits for them to stop,
 * and is the error thrown.
 */
export async function forEachConcurrent<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  limit: number | Allowance,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const stop = new AbortController()
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const queue = iterator(items)
  const turns = typeof limit === 'number' ? new Allowance(limit) : limit
  // A signal for each item: Node takes more than ten listeners on one for a leak, and says so.
  const underWay = new Map<AbortController, Promise<void>>()

  /** Takes the next item once it has a turn; `false` when there is none. */
  async function startNext(): Promise<boolean> {
    await turns.acquire(1, either)
    let item: IteratorResult<Item> | undefined
    try {
      item = await withSignal(Promise.resolve(queue.next()), either)
    } finally {
      if (!item || item.done) turns.release(1)
    }
    if (item.done) return false
    const own = new AbortController()
    const working = work(item.value, own.signal)
      .catch((error: unknown) => stop.abort(error))
      .finally(() => {
        turns.release(1)
        underWay.delete(own)
      })
    underWay.set(own, working)
    return true
  }

  either.addEventListener('abort', () => {
    for (const own of underWay.keys()) own.abort(either.reason)
  })

  try {
    while (await startNext());
  } catch (error) {
    stop.abort(error)
  }
  await Promise.all(underWay.values())
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
  #total: number
  /** Below zero after it was made smaller than what is in use. */
  #free: number
  readonly #waiting: Waiter[] = []

  constructor(total: number) {
    this.#total = total
    this.#free = total
  }

  /** What is in use stays so. */
  resize(total: number): void {
    this.#free += total - this.#total
    this.#total = total
    this.#admit()
  }

  /** Takes `amount` if nobody has to wait for it. */
  tryAcquire(amount: number): boolean {
    if (this.#waiting.length > 0 || this.#free < amount) return false
    this.#free -= amount
    return true
  }

  /**
   * Resolves when `amount` may be used; give it back with `release`.
   *
   * @throws {RangeError} for more than there ever is.
   */
  async acquire(amount: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (amount > this.#total) throw new RangeError(`${amount} of ${this.#total} can never be had.`)
    if (this.tryAcquire(amount)) return
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
