/** Ids that sort by the time they were given out, whatever the clock does. */

import { randomBytes } from 'node:crypto'
import { textKey } from './keys.ts'
import { decodeNumber, encodeNumber } from './records.ts'
import type { Tables } from './tables.ts'

/** From when only uploads had such ids. */
export const lastKey: Uint8Array = textKey('last-upload-ms')

export class TimeOrder {
  readonly #tables: Tables
  readonly #now: () => Date

  constructor(tables: Tables, now: () => Date) {
    this.#tables = tables
    this.#now = now
  }

  /**
   * Within a transaction: 32 upper hexadecimal digits, the first half milliseconds above all that were
   * given out before, the other half chance.
   */
  next(): string {
    const ms = Math.max(this.#now().getTime(), decodeNumber(this.#tables.meta.get(lastKey)) + 1)
    const row = encodeNumber(ms)
    this.#tables.meta.putSync(lastKey, row)
    return Buffer.concat([row, randomBytes(8)])
      .toString('hex')
      .toUpperCase()
  }
}
