/** The clock of the database, by which things are dated and are old enough, whatever gateways' clocks say. */

import { performance } from 'node:perf_hooks'
import type { Connections } from './connections.ts'

/** Milliseconds after which the database is asked again, in the background. */
const FRESH_MS = 10_000

export class DatabaseClock {
  readonly #connections: Connections
  #ms = 0
  #askedAt = 0
  #asking = false

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /** Asks the database. Before this has resolved once the clock tells nothing. */
  async ask(): Promise<void> {
    const { rows } = await this.#connections.ask<{ ms: number }>('tellTime')
    this.#ms = rows[0]?.ms ?? 0
    // Reckoned from the answer, so that this clock may be late by the way there, and never early.
    this.#askedAt = performance.now()
  }

  /** What it was when the database last told it, and what has passed since. */
  readonly now = (): Date => {
    const passed = performance.now() - this.#askedAt
    if (passed > FRESH_MS && !this.#asking) this.#askInBackground()
    return new Date(this.#ms + passed)
  }

  #askInBackground(): void {
    this.#asking = true
    // While the database does not answer, the time that has passed here must do.
    this.ask()
      .catch(() => {})
      .finally(() => {
        this.#asking = false
      })
  }
}
