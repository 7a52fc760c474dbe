/** What an error of the driver means for whoever asked. */

import { setTimeout as sleep } from 'node:timers/promises'
import { EngineUnavailableError, NoSpaceError } from '../../ports/blob-store.ts'

/** Two transactions met; the one that is told so runs again. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** The connection broke, or its answer took too long. What was asked last may have happened. */
export class ConnectionLostError extends EngineUnavailableError {}

/** Milliseconds for which something is begun again after a loss; once it is in any case. */
const PATIENCE = 5_000

/** Milliseconds at most before it is begun a third time, and each time after. */
const PAUSE = 50

/** The connections that were lost under something that may be begun again. */
export class Losses {
  readonly #end = performance.now() + PATIENCE
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Resolves when it may be begun again; throws `error` when that is no loss, or one too many. */
  async add(error: unknown): Promise<void> {
    if (!(error instanceof ConnectionLostError)) throw error
    this.#count += 1
    if (this.#count === 1) return
    if (performance.now() > this.#end) throw error
    await sleep(Math.random() * PAUSE)
  }
}

/** Serialisation failure, and deadlock. */
const CONFLICTS = new Set(['40001', '40P01'])

/** Ended by an administrator or a crash, not taking connections yet, not the primary any more. */
const ENDED = new Set(['57P01', '57P02', '57P03', '57P05', '25006', '25P03'])

/** A statement or a wait for a lock that took too long, and no room for more connections. */
const TOO_BUSY = new Set(['57014', '55P03', '53000', '53200', '53300', '53400'])

const DISK_FULL = '53100'

export const UNIQUE_VIOLATION = '23505'

/** A SQLSTATE, where the database itself has answered. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

/** What to tell instead of an error of the driver. Errors that are a fault of ours stay as they are. */
export function explain(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const state = sqlStateOf(error)
  // Without an answer of the database it is the connection that failed.
  if (state === undefined || state.startsWith('08') || ENDED.has(state)) {
    return new ConnectionLostError(`The connection to the database broke: ${error.message}`, {
      cause: error,
    })
  }
  if (CONFLICTS.has(state)) return new ConflictError(error.message, { cause: error })
  if (state === DISK_FULL) return new NoSpaceError({ cause: error })
  if (TOO_BUSY.has(state)) {
    return new EngineUnavailableError(`The database is too busy: ${error.message}`, {
      cause: error,
    })
  }
  return error
}
