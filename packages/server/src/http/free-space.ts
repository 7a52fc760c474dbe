/**
 * The reserve of free space: what would take from it is refused before the first byte, so that there
 * is room left to delete, to finish what was begun, and for the operator to act.
 */

import { OssError } from '@lading/protocol'

/** What is known of a body that is about to come, and is coming. */
export interface ComingBody {
  readonly declaredLength: number | undefined
  /** Bytes so far. */
  readonly received: number
  fail(error: Error): void
}

export interface FreeSpace {
  /**
   * Counts on the body, or only that there is room, until the release that this resolves with. A body
   * of unknown length is failed when the reserve is reached while it comes.
   *
   * @throws {OssError} `ServiceUnavailable`: the body would take from the reserve.
   */
  admit(body: ComingBody | undefined): Promise<() => void>
}

export interface FreeSpaceOptions {
  /** Bytes. */
  readonly reserve: number
  readonly freeBytes: () => Promise<number>
  /** Called for each refusal. */
  readonly onRefusal: () => void
}

/** Milliseconds that one look at the disk serves. */
const LOOK_AGE = 200

/** Milliseconds between looks while a body of unknown length is coming. */
const WATCH_INTERVAL = 1_000

/** Of a store that is not on a disk, or has no reserve. */
export const endlessSpace: FreeSpace = { admit: async () => () => {} }

export function guardFreeSpace(options: FreeSpaceOptions): FreeSpace {
  return new GuardedSpace(options)
}

class GuardedSpace implements FreeSpace {
  readonly #options: FreeSpaceOptions
  readonly #coming = new Set<ComingBody>()
  /** Bytes that may still be promised: what was free at the last look, less what was promised since. */
  #left = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined
  #watch: NodeJS.Timeout | undefined

  constructor(options: FreeSpaceOptions) {
    this.#options = options
  }

  async admit(body: ComingBody | undefined): Promise<() => void> {
    if (performance.now() - this.#lookedAt > LOOK_AGE) await this.#look()
    const length = body?.declaredLength ?? 0
    if (this.#left - length < this.#options.reserve) throw this.#refuse()
    if (!body) return () => {}
    this.#left -= length
    this.#coming.add(body)
    if (body.declaredLength === undefined) this.#watchOver()
    return () => {
      this.#coming.delete(body)
      if (this.#coming.size > 0) return
      clearInterval(this.#watch)
      this.#watch = undefined
    }
  }

  #look(): Promise<void> {
    this.#looking ??= this.#measure().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** What has come is on the disk already, and the rest of it will be. */
  async #measure(): Promise<void> {
    let left = await this.#options.freeBytes()
    for (const { declaredLength, received } of this.#coming) {
      left -= Math.max(0, (declaredLength ?? 0) - received)
    }
    this.#left = left
    this.#lookedAt = performance.now()
  }

  #watchOver(): void {
    this.#watch ??= setInterval(() => {
      this.#look().then(
        () => this.#stopEndless(),
        // The disk will say itself when it is full.
        () => {},
      )
    }, WATCH_INTERVAL).unref()
  }

  #stopEndless(): void {
    if (this.#left >= this.#options.reserve) return
    for (const body of this.#coming) {
      if (body.declaredLength === undefined) body.fail(this.#refuse())
    }
  }

  #refuse(): OssError {
    this.#options.onRefusal()
    return new OssError('ServiceUnavailable', {
      message: 'The service has too little free space left to store this.',
    })
  }
}
