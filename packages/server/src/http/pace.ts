/** How fast bytes may pass, for one request or for all that share a limit. */

/** Time as pacing needs it, so that tests need not wait for it. Milliseconds. */
export interface PaceClock {
  /** Only ever goes up. */
  readonly now: () => number
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

const systemClock: PaceClock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      // Whoever has left is noticed by who reads or writes; here it only ends the wait.
      if (signal.aborted) return resolve()
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal.addEventListener('abort', end)
    }),
}

/** Milliseconds that may be made up for, because timers come late and never early. */
const CATCH_UP_MS = 50

/** Milliseconds. Shorter waits are left to the next bytes. */
const SHORTEST_WAIT_MS = 1

/** Strides in a second, so that a slow body flows instead of coming in lumps. */
const STRIDES_PER_SECOND = 10

/**
 * Lets bytes pass at a rate: each is paid for by the time it takes, before it passes. Callers that
 * share a pace share its rate, in the order in which they come.
 */
export class Pace {
  readonly #bytesPerSecond: number
  readonly #clock: PaceClock
  /** When all that was let through so far is paid for. */
  #paidAt: number

  constructor(bytesPerSecond: number, clock: PaceClock = systemClock) {
    this.#bytesPerSecond = bytesPerSecond
    this.#clock = clock
    this.#paidAt = clock.now()
  }

  /** The most bytes to let pass at once. */
  get stride(): number {
    return Math.max(1, Math.floor(this.#bytesPerSecond / STRIDES_PER_SECOND))
  }

  /** Resolves with the milliseconds waited, once `bytes` may pass or the signal aborts. */
  async pass(bytes: number, signal: AbortSignal): Promise<number> {
    const { now, sleep } = this.#clock
    const since = now()
    const cost = (bytes * 1000) / this.#bytesPerSecond
    this.#paidAt = Math.max(this.#paidAt, since - CATCH_UP_MS) + cost
    const wait = this.#paidAt - since
    if (wait < SHORTEST_WAIT_MS) return 0
    await sleep(wait, signal)
    return now() - since
  }
}

/** The bytes, all of whose chunks `pace` lets pass. */
export async function* paced(
  bytes: AsyncIterable<Uint8Array>,
  pace: Pace,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of bytes) yield* pacedPieces(chunk, [pace], signal)
}

/**
 * The chunk in pieces that each of `paces` takes at once, each piece when all of them let it pass.
 * `waited` is told the milliseconds of every wait.
 */
export async function* pacedPieces(
  chunk: Uint8Array,
  paces: readonly Pace[],
  signal: AbortSignal,
  waited: (ms: number) => void = () => {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const stride = Math.min(chunk.length, ...paces.map((pace) => pace.stride))
  for (let at = 0; at < chunk.length; at += stride) {
    const piece = chunk.subarray(at, at + stride)
    for (const pace of paces) waited(await pace.pass(piece.length, signal))
    yield piece
  }
}
