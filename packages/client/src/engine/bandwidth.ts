/** So many bytes per second and no more, for one transfer or for several together. */

import { delay } from '../abort.ts'
import type { ReplayableBody } from '../body.ts'

/** Milliseconds of unused time that may be made up for, because timers are late. */
const SLACK_MS = 50
/** Pieces are so long at the set speed, within bounds: short ones make an even flow. */
const PIECE_MS = 100
const MIN_PIECE = 16 * 1024
const MAX_PIECE = 256 * 1024

export interface BandwidthClock {
  /** Milliseconds of any steady clock. */
  readonly now: () => number
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** Shared by all transfers that are given it: together they move no faster. */
export class BandwidthLimit {
  readonly bytesPerSecond: number
  readonly #clock: BandwidthClock
  /** When all bytes that were let through until now will have had their time. */
  #spentUntil = Number.NEGATIVE_INFINITY

  /**
   * @param bytesPerSecond 1 or more.
   * @throws {RangeError}
   */
  constructor(
    bytesPerSecond: number,
    clock: BandwidthClock = { now: () => performance.now(), wait: delay },
  ) {
    this.bytesPerSecond = requireBandwidth(bytesPerSecond)
    this.#clock = clock
  }

  /** Resolves when `bytes` more may move; first come, first served. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    const now = this.#clock.now()
    const from = Math.max(this.#spentUntil, now - SLACK_MS)
    const cost = (bytes / this.bytesPerSecond) * 1000
    this.#spentUntil = from + cost
    if (from <= now) return
    try {
      await this.#clock.wait(from - now, signal)
    } catch (error) {
      this.#spentUntil -= cost // they never moved
      throw error
    }
  }

  /** `chunks` at no more than this speed; longer ones in pieces. */
  async *slow(
    chunks: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): AsyncGenerator<Uint8Array, void, void> {
    const perPiece = Math.round((this.bytesPerSecond * PIECE_MS) / 1000)
    const step = Math.min(MAX_PIECE, Math.max(MIN_PIECE, perPiece))
    for await (const chunk of chunks) {
      for (let offset = 0; offset < chunk.length; offset += step) {
        const piece = chunk.subarray(offset, offset + step)
        await this.take(piece.length, signal)
        yield piece
      }
    }
  }
}

/** A number makes a limit of the transfer's own. */
export function toBandwidthLimit(
  limit: number | BandwidthLimit | undefined,
): BandwidthLimit | undefined {
  return typeof limit === 'number' ? new BandwidthLimit(limit) : limit
}

/** @throws {RangeError} */
export function requireBandwidth(bytesPerSecond: number): number {
  if (Number.isFinite(bytesPerSecond) && bytesPerSecond >= 1) return bytesPerSecond
  throw new RangeError(
    `bandwidthLimit must be 1 byte per second or more, and not ${bytesPerSecond}.`,
  )
}

/** `body`, sent no faster than `limit` allows. */
export function slowBody(
  body: ReplayableBody,
  limit: BandwidthLimit | undefined,
  signal: AbortSignal,
): ReplayableBody {
  return limit ? { size: body.size, open: () => limit.slow(body.open(), signal) } : body
}
