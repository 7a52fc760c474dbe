/**
 * What is set on buckets, as it was a moment ago. Every request asks for several settings, nearly all of them
 * of few buckets, and each question is a way to the database and back: they are read together, and believed
 * for a second. So a policy that one gateway was given is kept by the others a second later, and by itself
 * at once.
 */

import { performance } from 'node:perf_hooks'

export type Settings = ReadonlyMap<string, string>

interface Known {
  /** Before they were asked for: what is set later may be missing. */
  readonly askedAt: number
  readonly settings: Promise<Settings>
}

/** Milliseconds. */
const FRESH_MS = 1_000

/** Buckets that are known at a time. */
const MOST = 1_000

export class KnownSettings {
  readonly #read: (bucket: string) => Promise<Settings>
  readonly #now: () => number
  /** The one that was read longest ago first. */
  readonly #known = new Map<string, Known>()

  constructor(
    read: (bucket: string) => Promise<Settings>,
    now: () => number = () => performance.now(),
  ) {
    this.#read = read
    this.#now = now
  }

  async of(bucket: string): Promise<Settings> {
    const askedAt = this.#now()
    const standing = this.#known.get(bucket)
    if (standing && askedAt - standing.askedAt < FRESH_MS) return await standing.settings
    const known = { askedAt, settings: this.#read(bucket) }
    this.#known.delete(bucket)
    this.#known.set(bucket, known)
    const [oldest] = this.#known.keys()
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest)
    try {
      return await known.settings
    } catch (error) {
      if (this.#known.get(bucket) === known) this.#known.delete(bucket)
      throw error
    }
  }

  /** Called once a change is made, or may have been. */
  forget(bucket: string): void {
    this.#known.delete(bucket)
  }
}
