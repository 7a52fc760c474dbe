/** Transactions, and what a commit that fails, or never answers, means for the store. */

import { resolve } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { NoSpaceError } from '../../ports/blob-store.ts'
import { type Environment, sharedInfo } from './tables.ts'

/** Bytes. Below this, an I/O error is taken for the short write that a full disk gives. */
const NEARLY_FULL = 64 * 1024 * 1024

// Numbers of errno on Linux and macOS alike, but for the quota's.
const EIO = 5
const ENOSPC = 28
const EDQUOT = process.platform === 'darwin' ? 69 : 122

/** Milliseconds that a commit may be out of sight. Whoever hid it shows it again at once, or has died. */
const HIDDEN_MS = 2_000
const HIDDEN_PAUSE_MS = 5

const COMMIT_FAILED = 'Commit failed (see commitError for details)'

/**
 * Whether an unhandled rejection is one that lmdb leaves behind for each failed commit, besides the
 * one that it gives to whoever asked for the commit. Nobody can catch it: a process that wants to
 * live on a full disk ignores exactly this, and ends on any other.
 */
export function isStrayLmdbRejection(reason: unknown): boolean {
  return reason instanceof Error && reason.message === COMMIT_FAILED && 'commitError' in reason
}

/** Transactions of this process that have not settled, by the directory of their environment. */
const underWay = new Map<string, Set<Promise<unknown>>>()

/**
 * Runs `open`, which must be synchronous, when this process commits nothing in that directory. Opening takes
 * LMDB's writer lock on the main thread, and a commit that holds it waits for that thread: with a
 * store open already, opening another one on the same directory could then wait for ever.
 */
export async function betweenCommits<Result>(
  directory: string,
  open: () => Result,
): Promise<Result> {
  for (;;) {
    const transactions = underWay.get(resolve(directory))
    if (!transactions) return open()
    await Promise.allSettled(transactions)
  }
}

/**
 * Runs `action` in a transaction that begins from the newest commit of all processes, and that others
 * of this process can wait for.
 *
 * @throws {HiddenCommitError} the newest commit stays out of sight; nothing changed.
 */
export async function inTransaction<Result>(
  environment: Environment,
  action: () => Result,
): Promise<Result> {
  return await waitedFor(environment, fromTheNewest(environment, action))
}

/** Whether a transaction that begins now begins from the newest commit. */
export async function seesNewestCommit(environment: Environment): Promise<boolean> {
  return await waitedFor(
    environment,
    environment.childTransaction(() => beginsFromNewest(environment)),
  )
}

/** What was committed cannot be seen, and to write would be to overwrite it. */
class HiddenCommitError extends Error {
  override readonly name = 'HiddenCommitError'
}

async function fromTheNewest<Result>(
  environment: Environment,
  action: () => Result,
): Promise<Result> {
  for (const end = performance.now() + HIDDEN_MS; ; await after(HIDDEN_PAUSE_MS)) {
    const outcome = await environment.childTransaction(() =>
      beginsFromNewest(environment) ? { result: action() } : undefined,
    )
    if (outcome) return outcome.result
    if (performance.now() > end) {
      throw new HiddenCommitError('A process that opened the metadata hid the newest commit.')
    }
  }
}

/**
 * Inside a transaction: whether it begins from the newest commit. LMDB learns which one that is from a
 * number that all processes share. A process that opens the environment sets this number to what it
 * has read a moment earlier, and takes no lock for it: what others committed in that moment is out of
 * sight then, and the next commit would overwrite it. Whoever opened looks, and opens again, which
 * sets it right (`openEnvironment`); everyone else only has to write nothing until then.
 * Source: OpenLDAP ITS#9496; lmdb 3.5.6 is built without its correction.
 */
function beginsFromNewest(environment: Environment): boolean {
  return environment.getWriteTxnId() === sharedInfo(environment).lastTxnId + 1
}

async function waitedFor<Result>(
  environment: Environment,
  transaction: Promise<Result>,
): Promise<Result> {
  const { path: given } = environment as { readonly path?: string }
  if (given === undefined) return await transaction
  const path = resolve(given)
  const transactions = underWay.get(path) ?? new Set()
  underWay.set(path, transactions.add(transaction))
  try {
    return await transaction
  } finally {
    transactions.delete(transaction)
    if (transactions.size === 0) underWay.delete(path)
  }
}

export interface CommitsOptions {
  readonly timeoutMs: number
  /** Bytes that are free where the environment lies. */
  readonly freeBytes: () => Promise<number>
}

export class Commits {
  /** Resolves when nothing more can be promised. */
  readonly failed: Promise<Error>

  readonly #environment: Environment
  readonly #timeoutMs: number
  readonly #freeBytes: () => Promise<number>
  readonly #pending = new Map<(error: Error) => void, { timer: NodeJS.Timeout }>()
  #refusal: Error | undefined
  #resolveFailed: (error: Error) => void = () => {}
  #resolveIdle: (() => void) | undefined

  constructor(environment: Environment, { timeoutMs, freeBytes }: CommitsOptions) {
    this.#environment = environment
    this.#timeoutMs = timeoutMs
    this.#freeBytes = freeBytes
    this.failed = new Promise((resolve) => {
      this.#resolveFailed = resolve
    })
  }

  /**
   * Runs `action`, which must be synchronous, in a transaction of its own, and resolves with what it
   * returns once that is durable. A throw rolls back and is passed on.
   *
   * @throws {NoSpaceError} the disk is full; nothing changed.
   */
  async run<Result>(action: () => Result): Promise<Result> {
    this.requireUsable()
    return await new Promise<Result>((resolve, reject) => {
      const watchdog = this.#watch()
      this.#pending.set(reject, watchdog)
      const settle = (answer: () => void): void => {
        clearTimeout(watchdog.timer)
        if (this.#pending.delete(reject)) answer()
        if (this.#pending.size === 0) this.#resolveIdle?.()
      }
      this.#transact(action).then(
        (result) => settle(() => resolve(result)),
        (error: unknown) =>
          this.#explain(error).then((explained) => settle(() => reject(explained))),
      )
    })
  }

  /** Throws when nothing more can be promised, or the store was closed. */
  requireUsable(): void {
    if (this.#refusal) throw this.#refusal
  }

  /** Takes no more transactions; resolves once none is under way. */
  async close(): Promise<{ readonly usable: boolean }> {
    const usable = this.#refusal === undefined
    this.#refusal ??= new Error('The metadata store is closed.')
    if (this.#pending.size > 0) {
      await new Promise<void>((resolve) => {
        this.#resolveIdle = resolve
      })
    }
    return { usable }
  }

  /** Not `transaction`: a throw inside that one leaves what was written before it. */
  async #transact<Result>(action: () => Result): Promise<Result> {
    return await inTransaction(this.#environment, action)
  }

  /** What the caller is told instead of lmdb's error, which says nothing by itself. */
  async #explain(error: unknown): Promise<unknown> {
    if (!(error instanceof HiddenCommitError) && !isStrayLmdbRejection(error)) return error
    const cause =
      error instanceof HiddenCommitError
        ? error
        : await reasonOf((error as { commitError?: unknown }).commitError)
    if (await this.#isFull(cause)) return new NoSpaceError({ cause })
    const failure = new Error('Metadata could not be committed; its process must start again.', {
      cause,
    })
    this.#fail(failure)
    return failure
  }

  /** LMDB reports a short write, which is how a disk fills up, as an I/O error. */
  async #isFull(cause: unknown): Promise<boolean> {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === ENOSPC || code === EDQUOT) return true
    if (code !== EIO) return false
    const free = await this.#freeBytes().catch(() => Number.POSITIVE_INFINITY)
    return free < NEARLY_FULL
  }

  /**
   * Two timers of half the time: a process that was stopped for longer than all of it finds the
   * first one due when it goes on, and then its commits still have the second half.
   */
  #watch(): { timer: NodeJS.Timeout } {
    const half = this.#timeoutMs / 2
    const watchdog = {
      timer: setTimeout(() => {
        watchdog.timer = setTimeout(() => {
          this.#fail(new Error(`A commit did not settle within ${this.#timeoutMs} ms.`))
        }, half)
      }, half),
    }
    return watchdog
  }

  #fail(failure: Error): void {
    this.#refusal = failure
    this.#resolveFailed(failure)
    for (const [reject, { timer }] of this.#pending) {
      clearTimeout(timer)
      reject(failure)
    }
    this.#pending.clear()
    this.#resolveIdle?.()
  }
}

async function reasonOf(rejection: unknown): Promise<unknown> {
  try {
    await rejection
    return undefined
  } catch (error) {
    return error
  }
}
