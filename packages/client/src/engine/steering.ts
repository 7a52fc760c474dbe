/** A transfer under way, and what it is steered by: it is paused, gone on with, and stopped. */

import { Gate } from '../uploader/gate.ts'

export type TransferState = 'running' | 'paused' | 'completed' | 'failed' | 'aborted'

/** What a transfer goes by. */
export interface Steered {
  /** Closed while it is paused. */
  readonly gate: Gate
  /** Aborted when it is to stop. */
  readonly signal: AbortSignal
}

export class Steering<Result> {
  /** Settles once everything has stopped. */
  readonly done: Promise<Result>
  readonly #gate = new Gate()
  readonly #stop = new AbortController()
  #state: TransferState = 'running'

  /** Starts `run` at once. When `outer` is aborted the transfer stops, with its reason. */
  constructor(outer: AbortSignal | undefined, run: (steered: Steered) => Promise<Result>) {
    this.done = this.#run(outer, run)
  }

  get state(): TransferState {
    return this.#state
  }

  /** Resolves when nothing that passes the gate is under way any more. */
  async pause(): Promise<void> {
    if (this.#state === 'running') this.#state = 'paused'
    if (this.#state === 'paused') await this.#gate.close()
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.#gate.open()
  }

  /** Resolves when it has stopped. Harmless when it is over. */
  async stop(message: string): Promise<void> {
    if (this.#state === 'completed') return
    this.#stop.abort(new DOMException(message, 'AbortError'))
    // Whoever stops it knows that it will not be done; a rejection nobody waits for is no accident.
    await this.done.then(
      () => {},
      () => {},
    )
  }

  async #run(
    outer: AbortSignal | undefined,
    run: (steered: Steered) => Promise<Result>,
  ): Promise<Result> {
    const stop = (): void => this.#stop.abort(outer?.reason)
    if (outer?.aborted) stop()
    outer?.addEventListener('abort', stop, { once: true })
    const { signal } = this.#stop
    try {
      signal.throwIfAborted()
      const result = await run({ gate: this.#gate, signal })
      this.#state = 'completed'
      return result
    } catch (error) {
      this.#state = signal.aborted ? 'aborted' : 'failed'
      throw error
    } finally {
      outer?.removeEventListener('abort', stop)
    }
  }
}
