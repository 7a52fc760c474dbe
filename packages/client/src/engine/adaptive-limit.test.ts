import { describe, expect, test } from 'vitest'
import { Random, seedFromEnvironment } from '../../../../tests/support/random.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'

const MB = 1_000_000
const bounds = { start: 5, min: 1, max: 16 }
const seed = seedFromEnvironment()

interface Line {
  /** Bytes per second that one transfer gets at most, and all together. */
  readonly each: number
  readonly all: number
}

interface Run {
  /** The limit after each transfer. */
  readonly limits: readonly number[]
  readonly seconds: number
}

/** Transfers of one size, one begun whenever the limit has room; each takes up to 10 % more or less. */
function transfer(count: number, bytes: number, line: Line, random: Random): Run {
  const limit = new AdaptiveLimit(bounds, 0)
  const limits: number[] = []
  let underWay: { left: number }[] = []
  let now = 0
  while (limits.length < count) {
    while (underWay.length < limit.limit && limits.length + underWay.length < count) {
      underWay.push({ left: bytes * (0.9 + 0.2 * random.next()) })
    }
    const speed = Math.min(line.each, line.all / underWay.length) / 1000
    const elapsed = Math.min(...underWay.map(({ left }) => left)) / speed
    now += elapsed
    for (const one of underWay) one.left -= speed * elapsed
    const over = underWay.filter(({ left }) => left < 1e-6)
    underWay = underWay.filter(({ left }) => left >= 1e-6)
    for (const _ of over) {
      limit.finished(bytes, now)
      limits.push(limit.limit)
    }
  }
  return { limits, seconds: now / 1000 }
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

describe(`adaptive concurrency (seed ${seed})`, () => {
  test('grows to the most there may be where each transfer has a speed of its own', () => {
    const { limits } = transfer(400, 8 * MB, { each: MB, all: 1000 * MB }, new Random(seed))
    expect(limits[0]).toBe(5)
    expect(limits.indexOf(16)).toBeGreaterThan(-1)
    expect(limits.indexOf(16)).toBeLessThan(65)
    expect(average(limits.slice(65))).toBeGreaterThan(14)
  })

  test('stays about where it began where five fill the line', () => {
    const { limits } = transfer(500, 8 * MB, { each: 10 * MB, all: 40 * MB }, new Random(seed))
    expect(average(limits)).toBeLessThan(7)
    expect(Math.min(...limits)).toBe(5)
  })

  test('fills a line that takes more than five and less than the most', () => {
    const line = { each: 2 * MB, all: 20 * MB }
    const { limits, seconds } = transfer(500, 8 * MB, line, new Random(seed))
    expect(average(limits.slice(100))).toBeLessThan(14)
    // Some of it is spent below, on learning, and what that takes depends on the seed.
    expect(seconds).toBeLessThan(1.3 * ((500 * 8 * MB) / line.all))
  })

  test('does not stay high for a gain that was chance', () => {
    const random = new Random(seed)
    const limit = new AdaptiveLimit(bounds, 0)
    let now = 0
    const limits: number[] = []
    for (let part = 0; part < 3000; part += 1) {
      now += 50 * (0.6 + 0.8 * random.next()) * (Math.floor(part / 40) % 3 === 0 ? 1.3 : 1)
      limit.finished(8 * MB, now)
      limits.push(limit.limit)
    }
    expect(average(limits)).toBeLessThan(9)
  })

  test('halves at trouble, once for what fails together, and grows one by one afterwards', () => {
    const limit = new AdaptiveLimit({ ...bounds, start: 12 }, 0)
    limit.troubled(5000)
    limit.troubled(5010)
    limit.troubled(5900)
    expect(limit.limit).toBe(6)
    limit.troubled(6000)
    expect(limit.limit).toBe(3)

    let now = 6000
    const seen = [3]
    for (let part = 0; part < 400; part += 1) {
      now += 1000 / limit.limit
      limit.finished(MB, now)
      if (seen.at(-1) !== limit.limit) seen.push(limit.limit)
    }
    expect(seen.slice(0, 14)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
  })

  test('goes down to the least while nothing gets through', () => {
    const limit = new AdaptiveLimit(bounds, 0)
    for (let now = 0; now < 10_000; now += 100) limit.troubled(now)
    expect(limit.limit).toBe(1)
  })

  test('stays within its bounds and grows only after a window, whatever is measured', () => {
    for (let round = 0; round < 100; round += 1) {
      const random = new Random(seed + round)
      const min = random.between(1, 8)
      const max = random.between(min, 40)
      const limit = new AdaptiveLimit({ start: random.between(min, max), min, max }, 0)
      let now = 0
      let since = 0
      for (let step = 0; step < 300; step += 1) {
        const before = limit.limit
        now += random.between(0, random.chance(0.05) ? 60_000 : 400)
        const isTrouble = random.chance(0.1)
        if (isTrouble) limit.troubled(now)
        else limit.finished(random.between(0, 100 * MB), now)
        since += isTrouble ? 0 : 1
        const hasGrown = limit.limit > before
        if (limit.limit < min || limit.limit > max || (hasGrown && (isTrouble || since < before))) {
          expect.fail(`seed ${seed + round}, step ${step}: ${before} became ${limit.limit}`)
        }
        if (limit.limit !== before) since = 0
      }
    }
  })

  test('with one number for all bounds it never changes', () => {
    const limit = new AdaptiveLimit({ start: 7, min: 7, max: 7 }, 0)
    for (let now = 0; now < 100_000; now += 500) limit.finished(MB * now, now)
    limit.troubled(200_000)
    expect(limit.limit).toBe(7)
  })
})
