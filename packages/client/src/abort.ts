/** Waiting that ends when the caller changes its mind. */

/** Resolves after `ms`; rejects with the signal's reason as soon as it is aborted. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/**
 * Settles as `promise` does, or rejects with the signal's reason if that comes first. The work behind
 * `promise` goes on: this is for work that others wait for too.
 */
export function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    // Also after an abort: a rejection must have somebody who takes it.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/**
 * Tells an iterator that nobody reads on. Not waited for: while it waits for its next item, which may
 * never come, it cannot answer.
 */
export function leave(iterator: Iterator<unknown> | AsyncIterator<unknown>): void {
  Promise.resolve(iterator.return?.()).catch(() => {})
}
