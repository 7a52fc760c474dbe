/** A bounded number of connections to the database, and statements over them. */

import pg from 'pg'
import { EngineUnavailableError } from '../../ports/blob-store.ts'
import { auditStatements } from './audit-statements.ts'
import { ConnectionLostError, explain, Losses } from './failures.ts'
import { garbageStatements } from './garbage-statements.ts'
import { importStatements } from './import-statements.ts'
import { objectStatements } from './object-statements.ts'
import { bucketStatements, uploadStatements } from './statements.ts'

/** All statements, by the names under which connections keep them prepared. */
export const statements: Record<StatementName, string> = {
  ...bucketStatements,
  ...uploadStatements,
  ...objectStatements,
  ...garbageStatements,
  ...auditStatements,
  ...importStatements,
  begin: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
}

export type StatementName =
  | keyof typeof bucketStatements
  | keyof typeof uploadStatements
  | keyof typeof objectStatements
  | keyof typeof garbageStatements
  | keyof typeof auditStatements
  | keyof typeof importStatements
  | 'begin'
  | 'commit'
  | 'rollback'

export type Value = string | number | boolean | null | Buffer | readonly (number | Buffer | null)[]

export interface Answer<Row> {
  readonly rows: readonly Row[]
  /** Rows that were changed. */
  readonly count: number
}

export interface ConnectionOptions {
  readonly url: string
  /** Connections at most. */
  readonly size: number
  /** Milliseconds to wait for a connection, a new one or one that others use. */
  readonly waitMs: number
  /** Milliseconds that a statement may take. */
  readonly statementMs: number
}

/** Milliseconds. A statement that the database itself does not end is given up after so much more. */
const GRACE = 2_000

/** Milliseconds after which the database ends a transaction whose gateway stands still. */
const IDLE_TRANSACTION = 30_000

/** Milliseconds. */
const IDLE_CONNECTION = 30_000

export class Connections {
  readonly #pool: pg.Pool
  readonly #madeAt = new WeakMap<pg.ClientBase, number>()
  /** Connections that were made before one broke may be broken as well. */
  #trustedFrom = 0
  #closing: Promise<void> | undefined

  constructor({ url, size, waitMs, statementMs }: ConnectionOptions) {
    this.#pool = new pg.Pool({
      connectionString: url,
      max: size,
      connectionTimeoutMillis: waitMs,
      idleTimeoutMillis: IDLE_CONNECTION,
      statement_timeout: statementMs,
      query_timeout: statementMs + GRACE,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION,
      keepAlive: true,
      application_name: 'lading',
      types: { getTypeParser },
    })
    // A connection that breaks while idle has left the pool when this is told, and a statement that runs
    // is told of it as well. Between the two nobody else would listen, and the process would end.
    this.#pool.on('error', () => {})
    this.#pool.on('connect', (client) => {
      client.on('error', () => {})
      this.#madeAt.set(client, performance.now())
    })
  }

  /**
   * Runs one statement that may be repeated: a read, or a change that comes to the same if it happens
   * twice.
   *
   * @throws {EngineUnavailableError}
   */
  async ask<Row>(name: StatementName, values: readonly Value[] = []): Promise<Answer<Row>> {
    for (const losses = new Losses(); ; ) {
      try {
        return await this.askOnce(name, values)
      } catch (error) {
        // Perhaps only this connection was broken, for as long as it had been idle.
        await losses.add(error)
      }
    }
  }

  /** The same for what must not be repeated. */
  async askOnce<Row>(name: StatementName, values: readonly Value[] = []): Promise<Answer<Row>> {
    const connection = await this.borrow()
    let isSound = false
    try {
      const answer = await connection.ask<Row>(name, values)
      isSound = true
      return answer
    } catch (error) {
      isSound = !(error instanceof ConnectionLostError)
      throw error
    } finally {
      connection.giveBack(isSound)
    }
  }

  /** @throws {EngineUnavailableError} none could be made, or all were in use for too long. */
  async borrow(): Promise<Connection> {
    try {
      for (;;) {
        const client = await this.#pool.connect()
        if ((this.#madeAt.get(client) ?? 0) >= this.#trustedFrom) {
          return new Connection(client, () => {
            this.#trustedFrom = performance.now()
          })
        }
        client.release(true)
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new EngineUnavailableError(`No connection to the database: ${why}`, { cause })
    }
  }

  async close(): Promise<void> {
    this.#closing ??= this.#pool.end()
    await this.#closing
  }
}

export class Connection {
  readonly #client: pg.PoolClient
  readonly #onLoss: () => void

  constructor(client: pg.PoolClient, onLoss: () => void) {
    this.#client = client
    this.#onLoss = onLoss
  }

  /** @throws {ConnectionLostError} {ConflictError} {EngineUnavailableError} {NoSpaceError} */
  async ask<Row>(name: StatementName, values: readonly Value[] = []): Promise<Answer<Row>> {
    return await this.#query({ name, text: statements[name], values: [...values] })
  }

  /** A statement of a migration. */
  async run<Row>(text: string, values: readonly Value[] = []): Promise<Answer<Row>> {
    return await this.#query({ text, values: [...values] })
  }

  /** One that is not sound is closed. */
  giveBack(isSound: boolean): void {
    this.#client.release(!isSound)
  }

  async #query<Row>(query: pg.QueryConfig): Promise<Answer<Row>> {
    try {
      const { rows, rowCount } = await this.#client.query(query)
      return { rows: rows as Row[], count: rowCount ?? 0 }
    } catch (error) {
      const explained = explain(error)
      if (explained instanceof ConnectionLostError) this.#onLoss()
      throw explained
    }
  }
}

/** Whole numbers as numbers: none of ours is beyond 2^53. */
function getTypeParser(id: number, format?: 'text' | 'binary'): unknown {
  return id === pg.types.builtins.INT8
    ? Number
    : pg.types.getTypeParser(id, (format ?? 'text') as 'text')
}
