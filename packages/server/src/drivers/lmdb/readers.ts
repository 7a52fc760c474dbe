/**
 * Which reads are open, here and in other processes, so that the collector leaves their blobs alone.
 *
 * Garbage is numbered as it comes to be. A read that began when the count stood at n needs nothing
 * of what became garbage up to n, and perhaps all that came after. Counts, unlike clocks, never go
 * back. Reads of this process are in a set; for other processes there is a lease with the least of
 * their counts, written before the first read and renewed while there are any.
 */

import { randomBytes } from 'node:crypto'
import { NoSpaceError } from '../../ports/blob-store.ts'
import type { Commits } from './commits.ts'
import { decodeLease, encodeLease, type Lease } from './records.ts'
import type { Tables } from './tables.ts'

/** Milliseconds that a lease holds. A process that stands still for longer may lose blobs it reads. */
const LEASE_MS = 60_000

/** Milliseconds between renewals; several may fail before the lease is over. */
const RENEWAL_MS = 15_000

/** Milliseconds that a lease must still hold for a read to begin under it. */
const ENOUGH_MS = 30_000

export interface OpenRead {
  /** May be repeated. */
  release(): void
}

export interface ReadersOptions {
  readonly tables: Tables
  readonly commits: Commits
  readonly now: () => Date
  /** By which a lease is over; never ahead of `now`. */
  readonly patientNow: () => Date
  /** The count of garbage, as it stands now. */
  readonly count: () => number
}

export class Readers {
  readonly #tables: Tables
  readonly #commits: Commits
  readonly #now: () => Date
  readonly #patientNow: () => Date
  readonly #count: () => number
  readonly #process: Uint8Array = randomBytes(16)
  readonly #open = new Set<{ readonly count: number }>()
  #lease: Lease | undefined
  #renewing: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor({ tables, commits, now, patientNow, count }: ReadersOptions) {
    this.#tables = tables
    this.#commits = commits
    this.#now = now
    this.#patientNow = patientNow
    this.#count = count
  }

  /** Resolves once a read may begin: other processes know that this one reads. */
  async prepare(): Promise<void> {
    const left = this.#lease ? this.#lease.until - this.#now().getTime() : 0
    if (left > ENOUGH_MS && left <= LEASE_MS) return
    await this.#renew()
  }

  /** Begins a read of what is there now. Call `prepare` first. */
  begin(): OpenRead {
    const read = { count: this.#count() }
    this.#open.add(read)
    this.#timer ??= setInterval(() => {
      // What it throws has made the store fail, or was a full disk, and then the next may succeed.
      this.#renew().catch(() => {})
    }, RENEWAL_MS).unref()
    return {
      release: () => {
        this.#open.delete(read)
        if (this.#open.size > 0) return
        clearInterval(this.#timer)
        this.#timer = undefined
      },
    }
  }

  /** The count up to which garbage is needed by no read, in this process or another. */
  horizon(): number {
    const now = this.#patientNow().getTime()
    let least = this.#count()
    for (const { count } of this.#open) least = Math.min(least, count)
    for (const { key, value } of this.#tables.leases.getRange({ limit: 10_000 })) {
      // One's own set is exact, one's own lease only careful.
      if (Buffer.compare(key, this.#process) === 0) continue
      const { order, until } = decodeLease(value)
      if (until >= now) least = Math.min(least, order)
    }
    return least
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#renewing?.catch(() => {})
  }

  async #renew(): Promise<void> {
    this.#renewing ??= this.#write()
    try {
      await this.#renewing
    } finally {
      this.#renewing = undefined
    }
  }

  /** On a full disk reads go on without a lease: the grace of the collector must do. */
  async #write(): Promise<void> {
    // Taken before the commit: a read that begins meanwhile cannot be older than this.
    let order = this.#count()
    for (const { count } of this.#open) order = Math.min(order, count)
    const now = this.#now().getTime()
    const lease = { order, until: now + LEASE_MS }
    const { leases } = this.#tables
    try {
      await this.#commits.run(() => {
        const patientNow = this.#patientNow().getTime()
        const over = [...leases.getRange({ limit: 10_000 })].filter(
          ({ value }) => decodeLease(value).until < patientNow,
        )
        for (const { key } of over) leases.removeSync(key)
        leases.putSync(this.#process, encodeLease(lease))
      })
      this.#lease = lease
    } catch (error) {
      if (!(error instanceof NoSpaceError)) throw error
    }
  }
}
