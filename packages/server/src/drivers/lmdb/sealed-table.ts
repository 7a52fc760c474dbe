/**
 * A table whose rows carry a sum of their key and value, so that a row which changed on the disk is
 * never taken for what was committed. LMDB itself has no sums.
 *
 * The sum is CRC-32, big-endian, behind the value. It is checked when a value is looked at: listing
 * keys alone costs nothing, and one damaged row does not hide those around it.
 */

import { crc32 } from 'node:zlib'
import type { Database, Transaction } from 'lmdb'

export interface TableOptions {
  /** `'none'` for tables of the formats before the third. */
  readonly sums: 'each row' | 'none'
}

export interface Row {
  readonly key: Uint8Array
  /** @throws {RowDamagedError} it is not what was committed. */
  readonly value: Uint8Array
}

export interface RowRange {
  readonly start?: Uint8Array
  /** Exclusive. */
  readonly end?: Uint8Array
  readonly limit?: number
  /** Default: the newest snapshot, or the transaction that runs. */
  readonly transaction?: Transaction
}

/** A row is not what was committed: its bytes, or its key's, have changed on the disk. */
export class RowDamagedError extends Error {
  override readonly name = 'RowDamagedError'

  constructor(table: string, key: Uint8Array) {
    super(`A row of the table ${table} is not what was written: ${describeKey(key)}`)
  }
}

/** Bytes. */
const SUM = 4

export class Table {
  readonly name: string
  readonly #database: Database<Uint8Array, Uint8Array>
  readonly #sums: boolean

  constructor(
    name: string,
    database: Database<Uint8Array, Uint8Array>,
    { sums }: TableOptions = { sums: 'each row' },
  ) {
    this.name = name
    this.#database = database
    this.#sums = sums === 'each row'
  }

  /** @throws {RowDamagedError} */
  get(key: Uint8Array, options?: { readonly transaction: Transaction }): Uint8Array | undefined {
    const sealed = this.#database.get(key, options)
    return sealed && this.#opened(key, sealed)
  }

  /** Within a transaction. */
  putSync(key: Uint8Array, value: Uint8Array): void {
    this.#database.putSync(key, this.#sums ? seal(key, value) : value)
  }

  /** Within a transaction. Whether there was one. */
  removeSync(key: Uint8Array): boolean {
    return this.#database.removeSync(key)
  }

  *getRange(range: RowRange): Generator<Row, void, undefined> {
    const open = (key: Uint8Array, sealed: Uint8Array): Uint8Array => this.#opened(key, sealed)
    for (const { key, value: sealed } of this.#database.getRange(range)) {
      yield {
        key,
        get value() {
          return open(key, sealed)
        },
      }
    }
  }

  getKeys(range: RowRange): Iterable<Uint8Array> {
    return this.#database.getKeys(range)
  }

  count(): number {
    return (this.#database.getStats() as { entryCount?: number }).entryCount ?? 0
  }

  #opened(key: Uint8Array, sealed: Uint8Array): Uint8Array {
    if (!this.#sums) return sealed
    const length = sealed.length - SUM
    if (length < 0) throw new RowDamagedError(this.name, key)
    const value = sealed.subarray(0, length)
    const sum = Buffer.from(sealed.buffer, sealed.byteOffset + length, SUM).readUInt32BE()
    if (sum !== sumOf(key, value)) throw new RowDamagedError(this.name, key)
    return value
  }
}

/** What is wrong with a row, if it is not what was written. */
export function damageOf(row: Row): RowDamagedError | undefined {
  try {
    void row.value
    return undefined
  } catch (error) {
    if (error instanceof RowDamagedError) return error
    throw error
  }
}

/** The value as it lies in the table. */
function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafeSlow(value.length + SUM)
  sealed.set(value)
  sealed.writeUInt32BE(sumOf(key, value), value.length)
  return sealed
}

function sumOf(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key))
}

/** As text where it is one. */
function describeKey(key: Uint8Array): string {
  const text = Buffer.from(key).toString()
  return /^[^\p{Cc}\ufffd]+(\0[^\p{Cc}\ufffd]*)*$/u.test(text)
    ? text.replaceAll('\0', ' ')
    : Buffer.from(key).toString('hex')
}
