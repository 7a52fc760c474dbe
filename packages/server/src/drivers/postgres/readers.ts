/**
 * Which reads are open, here and in other processes, so that the collector leaves their blobs alone.
 *
 * Garbage is dated by the database when it comes to be, and so is each read when it begins: a read needs
 * nothing of what became garbage before it, and perhaps all that came after. What was being committed while
 * the read began may be dated before it and still be needed: of its own reads a process knows the
 * manifests, and for those of others there is time to spare.
 *
 * For other processes there is a row with a term, written before the first read and renewed while
 * there are any.
 */

import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Connections } from './connections.ts'
import type { Needed } from './garbage.ts'

/** Microseconds that a row holds. A process that stands still for longer may lose blobs it reads. */
const TERM = 60_000_000

/** Microseconds: more than any transaction takes, from its first statement to its commit. */
export const TO_SPARE: number = 120_000_000

/** Milliseconds between renewals; several may fail before the term is over. */
const RENEWAL_MS = 15_000

/** Milliseconds after a renewal for which reads may begin under it. */
const FRESH_MS = 30_000

/** Microseconds after which rows of processes that are gone are deleted. */
const LONG_GONE = 3_600_000_000

export interface Read {
  /** In microseconds, as `asked` of the row that it began with. */
  readonly began: number
  readonly manifest: Buffer | undefined
}

export class Readers {
  readonly process: Buffer = randomBytes(16)
  readonly #connections: Connections
  readonly #open = new Set<Read>()
  #renewedAt = Number.NEGATIVE_INFINITY
  #renewing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(connections: Connections) {
    this.#connections = connections
  }

  /** Resolves once a read may begin: other processes know that this one reads. */
  async prepare(): Promise<void> {
    if (performance.now() - this.#renewedAt < FRESH_MS) return
    await this.#renew()
  }

  /** Begins a read of what was found just now. Call `prepare` first. The release may be repeated. */
  begin(read: Read): () => void {
    const open = { ...read }
    this.#open.add(open)
    this.#timer ??= setInterval(() => {
      // While the database cannot be reached nobody collects either.
      this.#renew().catch(() => {})
    }, RENEWAL_MS).unref()
    return () => {
      this.#open.delete(open)
      if (this.#open.size > 0) return
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  /** What the reads of this process need. */
  needed(): Needed {
    const reads = [...this.#open]
    return {
      from: reads.reduce((least, { began }) => Math.min(least, began), Number.MAX_SAFE_INTEGER),
      manifests: reads.flatMap(({ manifest }) => manifest ?? []),
    }
  }

  /** What this process read is nobody's concern any more. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#renewing?.catch(() => {})
    if (this.#renewedAt === Number.NEGATIVE_INFINITY) return
    await this.#connections.ask('removeReader', [this.process]).catch(() => {})
  }

  async #renew(): Promise<void> {
    this.#renewing ??= this.#write()
    try {
      await this.#renewing
    } finally {
      this.#renewing = undefined
    }
  }

  async #write(): Promise<void> {
    // Taken before it is asked: the term begins no earlier than this.
    const asked = performance.now()
    const { from } = this.needed()
    await this.#connections.ask('renewReader', [this.process, from, TO_SPARE, TERM])
    await this.#connections.ask('forgetReaders', [LONG_GONE])
    this.#renewedAt = asked
  }
}
