/** Leases as rows, by the clock of the database. */

import type { Leases } from '../../ports/leases.ts'
import type { Connections } from './connections.ts'

export class DatabaseLeases implements Leases {
  readonly #connections: Connections
  readonly #process: Buffer
  #hasAny = false

  constructor(connections: Connections, process: Buffer) {
    this.#connections = connections
    this.#process = process
  }

  async claim(task: string, ms: number): Promise<boolean> {
    const values = [Buffer.from(task), this.#process, Math.round(ms * 1_000)]
    const { rows } = await this.#connections.ask('claimLease', values)
    this.#hasAny ||= rows.length > 0
    return rows.length > 0
  }

  /** Leaves everything to others at once. */
  async close(): Promise<void> {
    if (!this.#hasAny) return
    await this.#connections.ask('releaseLeases', [this.#process]).catch(() => {})
  }
}
