/** Pausing: work that can be interrupted and begun again. */

import { withSignal } from '../abort.ts'

/** While it is closed nothing passes, and what had passed is aborted, to be done again later. */
export class Gate {
  /** Aborted when the gate closes; another one each time it opens. */
  #pause = new AbortController()
  #closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined
  #running = 0
  #idle: (() => void)[] = []
  #combined:
    | { readonly of: AbortSignal; readonly pause: AbortController; readonly signal: AbortSignal }
    | undefined

  /** Resolves when everything that had passed has stopped. */
  async close(): Promise<void> {
    if (!this.#closed) {
      let open = (): void => {}
      const opened = new Promise<void>((resolve) => {
        open = resolve
      })
      this.#closed = { opened, open }
      this.#pause.abort(new DOMException('The upload is paused.', 'AbortError'))
    }
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  open(): void {
    const closed = this.#closed
    if (!closed) return
    this.#closed = undefined
    this.#pause = new AbortController()
    closed.open()
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
      const pause = this.#pause
      this.#running += 1
      try {
        return await work(this.#either(signal, pause))
      } catch (error) {
        if (signal.aborted || !pause.signal.aborted) throw error
      } finally {
        this.#running -= 1
        if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve()
      }
    }
  }

  /** One combined signal for all parts at work: thousands of them on one long-lived signal add up. */
  #either(of: AbortSignal, pause: AbortController): AbortSignal {
    const known = this.#combined
    if (known?.of === of && known.pause === pause) return known.signal
    const signal = AbortSignal.any([of, pause.signal])
    this.#combined = { of, pause, signal }
    return signal
  }
}
