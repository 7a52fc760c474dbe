/** Transactions: run again when they meet another one, and never left in doubt for longer than it takes to ask. */

import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { EngineUnavailableError } from '../../ports/blob-store.ts'
import type { StoredObject } from '../../ports/metadata-store.ts'
import type { Answer, Connection, Connections, StatementName, Value } from './connections.ts'
import { ConflictError, ConnectionLostError, Losses } from './failures.ts'
import { bytesOf } from './rows.ts'
import type { TimeOrder } from './time-order.ts'

/** Times that a transaction which meets others is tried. */
const TRIES = 20

/** Milliseconds before the second try; twice as many before each next one, less by chance. */
const FIRST_PAUSE = 2
const LONGEST_PAUSE = 250

/** Milliseconds between looks for the outcome of a commit whose answer was lost. */
const LOOKS = [0, 100, 300, 700, 1_500, 3_000]

/** Rows of usage among which the counts of a bucket are spread. */
export const SHARDS = 64

/** What becomes garbage: the kinds are those of `garbage.ts`. */
export interface Discarded {
  readonly kind: number
  /** The manifest, or the upload, whose bytes these are. */
  readonly subject: Buffer
  readonly blobs: Buffer
}

export interface Counted {
  readonly objects?: number
  readonly bytes?: number
  readonly markers?: number
  readonly uploads?: number
  readonly parts?: number
  readonly partBytes?: number
}

const counts = ['objects', 'bytes', 'markers', 'uploads', 'parts', 'partBytes'] as const

/** An id is wanted and none was given along: the transaction runs again with some. */
class IdWantedError extends ConflictError {}

export class Transaction {
  readonly token: Buffer = randomBytes(16)
  readonly #connection: Connection
  readonly #ids: string[]
  readonly #discarded: Discarded[] = []
  readonly #counted = new Map<string, { bucket: string; class: string; change: number[] }>()
  #changed = false

  constructor(connection: Connection, ids: readonly string[]) {
    this.#connection = connection
    this.#ids = [...ids]
  }

  get changed(): boolean {
    return this.#changed
  }

  readonly read = async <Row>(
    name: StatementName,
    values: readonly Value[],
  ): Promise<readonly Row[]> => (await this.#connection.ask<Row>(name, values)).rows

  async change<Row>(name: StatementName, values: readonly Value[]): Promise<Answer<Row>> {
    this.#changed = true
    return await this.#connection.ask<Row>(name, values)
  }

  /** Nothing of this transaction is to stay, whatever it returns. */
  abandon(): void {
    this.#changed = false
  }

  /** An id above all that were given out before the transaction began. */
  takeId(): string {
    const id = this.#ids.shift()
    if (id === undefined) throw new IdWantedError('The transaction runs again with ids.')
    return id
  }

  /** Queues the item when the transaction commits. */
  discard(item: Discarded): void {
    this.#discarded.push(item)
  }

  /** Changes what the bucket holds when the transaction commits; objects are counted by class. */
  count(bucket: string, change: Counted, storageClass = ''): void {
    const key = `${bucket}\0${storageClass}`
    const entry = this.#counted.get(key) ?? { bucket, class: storageClass, change: [] }
    entry.change = counts.map((name, at) => (entry.change[at] ?? 0) + (change[name] ?? 0))
    this.#counted.set(key, entry)
  }

  countObject({ bucket, size, attributes }: StoredObject, sign: 1 | -1): void {
    this.count(bucket, { objects: sign, bytes: sign * size }, attributes.storageClass)
  }

  /** Writes what was queued and counted. The rows are in order, as others write some of the same. */
  async settle(now: Date | undefined): Promise<void> {
    const changes = [...this.#counted.entries()]
      .filter(([, { change }]) => change.some((by) => by !== 0))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, entry]) => entry)
    await this.#connection.ask('settle', [
      now?.getTime() ?? null,
      this.#discarded.map(() => randomBytes(16)),
      this.#discarded.map(({ kind }) => kind),
      this.#discarded.map(({ subject }) => subject),
      this.#discarded.map(({ blobs }) => blobs),
      anyShard(),
      changes.map(({ bucket }) => bytesOf(bucket)),
      changes.map((change) => bytesOf(change.class)),
      ...counts.map((_, at) => changes.map(({ change }) => change[at] ?? 0)),
      this.token,
    ])
  }
}

export function anyShard(): number {
  return Math.floor(Math.random() * SHARDS)
}

export interface RunOptions {
  /** Whether the transaction will most likely take ids. */
  readonly takesIds?: boolean
}

export class Transactions {
  readonly #connections: Connections
  readonly #order: TimeOrder
  readonly #now: (() => Date) | undefined

  constructor(connections: Connections, order: TimeOrder, now: (() => Date) | undefined) {
    this.#connections = connections
    this.#order = order
    this.#now = now
  }

  /**
   * Runs `action` in a transaction of its own, and resolves with what it returns once that is durable.
   * It may run several times; all that it looks at it must read inside. A throw rolls back and is
   * passed on.
   *
   * @throws {EngineUnavailableError} whether it happened is not known, if the commit was reached.
   */
  async run<Result>(
    action: (transaction: Transaction) => Promise<Result>,
    { takesIds = false }: RunOptions = {},
  ): Promise<Result> {
    let ids = takesIds ? await this.#order.take() : []
    const losses = new Losses()
    for (let tries = 1; ; tries++) {
      try {
        return await this.#attempt(action, ids)
      } catch (error) {
        if (error instanceof IdWantedError) {
          ids = await this.#order.take()
        } else if (error instanceof ConflictError) {
          if (tries >= TRIES) throw tooBusy(error)
          await pauseBefore(tries)
          if (ids.length > 0) ids = await this.#order.take()
        } else {
          // A connection that was lost before the commit was asked for has left nothing behind.
          await losses.add(error)
        }
      }
    }
  }

  async #attempt<Result>(
    action: (transaction: Transaction) => Promise<Result>,
    ids: readonly string[],
  ): Promise<Result> {
    const connection = await this.#connections.borrow()
    let isSound = false
    try {
      await connection.ask('begin')
      const transaction = new Transaction(connection, ids)
      const result = await action(transaction)
      if (transaction.changed) {
        await transaction.settle(this.#now?.())
        isSound = await this.#commit(connection, transaction)
      } else {
        // A commit could fail, and what only looked must not.
        isSound = await rolledBack(connection)
      }
      return result
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) isSound = await rolledBack(connection)
      throw error
    } finally {
      connection.giveBack(isSound)
    }
  }

  /** Whether the connection is still sound. */
  async #commit(connection: Connection, { token }: Transaction): Promise<boolean> {
    try {
      await connection.ask('commit')
      return true
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error
      if (await this.#wasCommitted(token)) return false
      throw error
    }
  }

  /**
   * Whether the transaction with this token was committed. Once this says no it never will be: to put
   * the token in its place waits for the transaction, if that is still under way, and then shuts it out.
   */
  async #wasCommitted(token: Buffer): Promise<boolean> {
    for (const [at, pause] of LOOKS.entries()) {
      await sleep(pause)
      try {
        await this.#connections.ask('denyOutcome', [token])
        const { rows } = await this.#connections.ask<{ committed: boolean }>('readOutcome', [token])
        return rows[0]?.committed === true
      } catch (error) {
        const isLast = at === LOOKS.length - 1
        if (isLast || !(error instanceof EngineUnavailableError)) throw error
      }
    }
    return false
  }
}

async function rolledBack(connection: Connection): Promise<boolean> {
  try {
    await connection.ask('rollback')
    return true
  } catch {
    return false
  }
}

async function pauseBefore(tries: number): Promise<void> {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** tries)
  await sleep(Math.random() * longest)
}

function tooBusy(cause: Error): EngineUnavailableError {
  return new EngineUnavailableError(`Too many change the same at once: ${cause.message}`, { cause })
}
