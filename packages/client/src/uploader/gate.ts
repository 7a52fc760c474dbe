/** Pausing: work that can be interrupted and begun again. */

import { withSignal } from '../abort.ts'

/** While it is closed nothing passes, and what had passed is aborted, to be done again later. */
export class Gate {
  #closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined
  readonly #running = new Set<AbortController>()
  #idle: (() => void)[] = []

  /** Resolves when everything that had passed has stopped. */
  async close(): Promise<void> {
    if (!this.#closed) {
      let open = (): void => {}
      const opened = new Promise<void>((resolve) => {
        open = resolve
      })
      this.#closed = { opened, open }
      const reason = new DOMException('It is paused.', 'AbortError')
      for (const attempt of this.#running) attempt.abort(reason)
    }
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  open(): void {
    const closed = this.#closed
    this.#closed = undefined
    closed?.open()
  }

  /** Resolves when the gate is open. */
  async passed(signal: AbortSignal): Promise<void> {
    while (this.#closed) await withSignal(this.#closed.opened, signal)
    signal.throwIfAborted()
  }

  /**
   * Does `work` once the gate is open, and again from its beginning whenever the gate closed on it.
   * `work` must stop when its signal is aborted.
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      await this.passed(signal)
      if (this.#closed) continue // again, since
      const attempt = new AbortController()
      const stop = (): void => attempt.abort(signal.reason)
      signal.addEventListener('abort', stop, { once: true })
      this.#running.add(attempt)
      try {
        return await work(attempt.signal)
      } catch (error) {
        const isPaused = attempt.signal.aborted && !signal.aborted
        if (!isPaused) throw error
      } finally {
        signal.removeEventListener('abort', stop)
        this.#running.delete(attempt)
        if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
      }
    }
  }
}
