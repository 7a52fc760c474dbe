/** Ids that sort by the time they were given out, whatever the clocks of gateways and database do. */

import { randomBytes } from 'node:crypto'
import type { Connections } from './connections.ts'

/** A transaction takes at most two: one for a version that is no longer the newest, one for the new one. */
const EACH = 2

/** The statement that is on its way, or the next one, and for how many it asks. */
interface Batch {
  count: number
  readonly last: Promise<number>
}

export class TimeOrder {
  readonly #connections: Connections
  readonly #now: (() => Date) | undefined
  /** Whoever comes while a statement is on its way waits for the next one, all together. */
  #underWay: Promise<unknown> = Promise.resolve()
  #waiting: Batch | undefined

  constructor(connections: Connections, now: (() => Date) | undefined) {
    this.#connections = connections
    this.#now = now
  }

  /**
   * Ids of 32 upper hexadecimal digits, ascending; the first half of each is milliseconds, above all
   * that any gateway was given before this was called, the other half is chance.
   */
  async take(): Promise<string[]> {
    this.#waiting ??= this.#gather()
    const batch = this.#waiting
    batch.count += EACH
    const place = batch.count
    const last = await batch.last
    const first = last - batch.count + place - EACH + 1
    return Array.from({ length: EACH }, (_, at) => idAt(first + at))
  }

  #gather(): Batch {
    const batch: Batch = {
      count: 0,
      last: this.#underWay.then(() => {
        this.#waiting = undefined
        return this.#ask(batch.count)
      }),
    }
    this.#underWay = batch.last.catch(() => {})
    return batch
  }

  async #ask(count: number): Promise<number> {
    const { rows } = await this.#connections.ask<{ last_ms: number }>('nextIds', [
      count,
      this.#now?.().getTime() ?? null,
    ])
    const [row] = rows
    if (!row) throw new Error('The row that ids are counted in is gone.')
    return row.last_ms
  }
}

function idAt(ms: number): string {
  const id = randomBytes(16)
  id.writeBigUInt64BE(BigInt(ms))
  return id.toString('hex').toUpperCase()
}
