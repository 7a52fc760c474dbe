import { describe, expect, it } from 'vitest'
import { Pace, type PaceClock, pacedPieces } from './pace.ts'

const never = new AbortController().signal

/** Time that passes only by being waited for, and what was let through when. */
function clockAt(start: number, late = 0): PaceClock & { time: number } {
  const clock = {
    time: start,
    now: () => clock.time,
    sleep: async (ms: number) => {
      clock.time += ms + late
    },
  }
  return clock
}

/** Bytes let through by the end of each second. */
async function bytesBySecond(
  pace: Pace,
  clock: { readonly time: number },
  chunks: readonly number[],
): Promise<number[]> {
  const seconds: number[] = []
  let passed = 0
  const start = clock.time
  for (const length of chunks) {
    for await (const piece of pacedPieces(new Uint8Array(length), [pace], never)) {
      passed += piece.length
      seconds[Math.ceil((clock.time - start) / 1000)] = passed
    }
  }
  return seconds
}

describe('Pace', () => {
  it('lets no more than its rate through in any second, however large the chunks', async () => {
    const clock = clockAt(5000)
    const seconds = await bytesBySecond(new Pace(102_400, clock), clock, [300_000, 7, 107_000, 593])
    expect(seconds.length).toBe(5)
    expect(seconds.at(-1)).toBe(407_600)
    for (const [second, passed] of seconds.entries()) {
      // What may be made up for is a twentieth of a second's worth.
      if (passed !== undefined) expect(passed).toBeLessThanOrEqual(second * 102_400 + 5120)
    }
  })

  it('makes up for timers that come late', async () => {
    const clock = clockAt(0, 15)
    await bytesBySecond(new Pace(100_000, clock), clock, [1_000_000])
    expect(clock.time).toBeGreaterThanOrEqual(9950)
    expect(clock.time).toBeLessThanOrEqual(10_050)
  })

  it('saves nothing up while nobody sends', async () => {
    const clock = clockAt(0)
    const pace = new Pace(1000, clock)
    clock.time = 3_600_000
    await pace.pass(1000, never)
    expect(clock.time).toBe(3_600_000 + 950)
  })

  it('is shared: two callers together pass what one would', async () => {
    const clock = clockAt(0)
    const pace = new Pace(1000, clock)
    await Promise.all([pace.pass(500, never), pace.pass(500, never)])
    const third = await pace.pass(500, never)
    expect(third).toBeGreaterThan(0)
    expect(clock.time).toBeGreaterThanOrEqual(1450)
  })

  it('lets go at once when the signal aborts', async () => {
    const gone = new AbortController()
    const waiting = new Pace(1).pass(1_000_000, gone.signal)
    gone.abort()
    await waiting
    await new Pace(1).pass(1_000_000, gone.signal)
  })
})

describe('pacedPieces', () => {
  it('keeps the bytes and their order, in pieces that the slowest pace takes at once', async () => {
    const clock = clockAt(0)
    const chunk = Uint8Array.from({ length: 250 }, (_, at) => at)
    const paces = [new Pace(1000, clock), new Pace(500, clock)]
    const pieces: Uint8Array[] = []
    let waited = 0
    const count = (ms: number): void => {
      waited += ms
    }
    for await (const piece of pacedPieces(chunk, paces, never, count)) pieces.push(piece)
    expect(pieces.map(({ length }) => length)).toEqual([50, 50, 50, 50, 50])
    expect(Buffer.concat(pieces).equals(Buffer.from(chunk))).toBe(true)
    expect(waited).toBe(clock.time)
  })
})
