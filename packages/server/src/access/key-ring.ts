/** The keys that a running server goes by: those it was given, and those of its data directory. */

import { stat } from 'node:fs/promises'
import type { KnownKey } from './identify.ts'
import { readKeyFile, type StoredKey } from './key-file.ts'

/** Milliseconds. How long what was read is believed without looking whether it has changed. */
const BELIEVED = 1000

export interface KeyRingOptions {
  /** They go before those in the file. */
  readonly given: readonly KnownKey[]
  /** Where keys are kept; it may come into being later. */
  readonly file: string | undefined
  /** Told when the file cannot be read any more: what was read last stays true. */
  readonly report: (error: unknown) => void
  /** Milliseconds since some moment. Default: `performance.now`. */
  readonly clock?: (() => number) | undefined
}

/**
 * Follows the file without being told of changes: it is looked at when a key is asked for, once a second at
 * most, and at once when the key is unknown. So a new key works at its first request, and one that was
 * removed works a second longer at most.
 */
export class KeyRing {
  readonly #given: ReadonlyMap<string, KnownKey>
  readonly #file: string | undefined
  readonly #report: (error: unknown) => void
  readonly #clock: () => number
  #kept: ReadonlyMap<string, StoredKey> = new Map()
  #seen: string | undefined
  #lookedAt = -Infinity
  #looking: Promise<void> | undefined

  constructor({ given, file, report, clock = () => performance.now() }: KeyRingOptions) {
    this.#given = byId(given)
    this.#file = file
    this.#report = report
    this.#clock = clock
  }

  /**
   * Reads the file, if there is one; call it first.
   *
   * @throws {Error} when it is not one of ours.
   */
  async load(): Promise<void> {
    if (this.#file === undefined) return
    this.#lookedAt = this.#clock()
    // Before it is read: what is written in between is seen to be new the next time.
    this.#seen = await stateOf(this.#file)
    this.#kept = byId((await readKeyFile(this.#file)) ?? [])
  }

  async find(accessKeyId: string): Promise<KnownKey | undefined> {
    const given = this.#given.get(accessKeyId)
    if (given || this.#file === undefined) return given
    const isStale = this.#clock() - this.#lookedAt >= BELIEVED
    if (isStale || !this.#kept.has(accessKeyId)) await this.#follow(this.#file)
    return this.#kept.get(accessKeyId)
  }

  /** However many ask at once, it is looked at once. */
  async #follow(file: string): Promise<void> {
    this.#looking ??= this.#look(file).finally(() => {
      this.#looking = undefined
    })
    await this.#looking
  }

  async #look(file: string): Promise<void> {
    // First, so that a file that cannot be looked at is not looked at for every request.
    this.#lookedAt = this.#clock()
    try {
      const state = await stateOf(file)
      if (state === this.#seen) return
      // Also when it cannot be read: that is told once, and what was read before stays true.
      this.#seen = state
      this.#kept = byId((await readKeyFile(file)) ?? [])
    } catch (error) {
      this.#report(error)
    }
  }
}

/** Another text for another file, and for another content of it; `undefined` when there is none. */
async function stateOf(file: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
    return `${ino}/${size}/${mtimeNs}/${ctimeNs}`
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function byId<K extends KnownKey>(keys: readonly K[]): ReadonlyMap<string, K> {
  return new Map(keys.map((key) => [key.accessKeyId, key]))
}
