import { expect, test } from 'vitest'
import { Random, seedFromEnvironment } from '../../../../tests/support/random.ts'
import { bytesBody } from '../body.ts'
import { BandwidthLimit, slowBody, toBandwidthLimit } from './bandwidth.ts'

const seed = seedFromEnvironment()

/** Time that passes only while somebody waits for it. */
function clock() {
  let now = 0
  const waits: { readonly until: number; readonly end: () => void }[] = []
  return {
    now: () => now,
    wait: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const end = (): void => {
          signal?.removeEventListener('abort', leave)
          resolve()
        }
        const wait = { until: now + ms, end }
        const leave = (): void => {
          waits.splice(waits.indexOf(wait), 1)
          reject(signal?.reason)
        }
        waits.push(wait)
        signal?.addEventListener('abort', leave, { once: true })
      }),
    /** Ends the wait that ends first, and with it all others of the same time. */
    async pass(): Promise<boolean> {
      await new Promise((resolve) => setImmediate(resolve))
      const next = Math.min(...waits.map(({ until }) => until))
      if (next === Number.POSITIVE_INFINITY) return false
      now = Math.max(now, next)
      for (const wait of waits.filter(({ until }) => until <= now)) {
        waits.splice(waits.indexOf(wait), 1)
        wait.end()
      }
      return true
    },
    waiting: () => waits.length,
  }
}

test(`several transfers together move no more than was set, and not much less (seed ${seed})`, async () => {
  const random = new Random(seed)
  const time = clock()
  const limit = new BandwidthLimit(1_000_000, time)
  let moved = 0
  let late = 0
  const transfers = Array.from({ length: 4 }, async () => {
    for await (const piece of limit.slow(chunks(20, random))) {
      moved += piece.length
      // What is let through may be 50 ms of it ahead, and its own length.
      expect(moved).toBeLessThanOrEqual(time.now() * 1000 + 50_000 + 4 * 256 * 1024)
      late = time.now()
    }
  })
  while (await time.pass());
  await Promise.all(transfers)
  expect(moved).toBeGreaterThan(1_000_000)
  expect(moved).toBeGreaterThanOrEqual(late * 1000)
})

async function* chunks(count: number, random: Random): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield random.bytes(random.between(1, 60_000))
}

test('a long chunk goes in pieces of a tenth of a second, and no byte is lost', async () => {
  const time = clock()
  const content = new Random(seed).bytes(1_000_000)
  const limit = new BandwidthLimit(200_000, time)
  const body = slowBody(bytesBody(content), limit, new AbortController().signal)
  const pieces: Uint8Array[] = []
  const reading = (async () => {
    for await (const piece of body.open()) pieces.push(piece)
  })()
  while (await time.pass());
  await reading
  expect(Buffer.concat(pieces).equals(content)).toBe(true)
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(20_000)
  expect(time.now()).toBeGreaterThan(4800)
})

test('who gives up waiting takes no time from those behind', async () => {
  const time = clock()
  const limit = new BandwidthLimit(1000, time)
  await limit.take(1000)
  const controller = new AbortController()
  const given = limit.take(60_000, controller.signal)
  controller.abort(new Error('gave up'))
  await expect(given).rejects.toThrow('gave up')
  const next = limit.take(1)
  expect(time.waiting()).toBe(1)
  await time.pass()
  await next
  expect(time.now()).toBeLessThanOrEqual(1000)
})

test('without a limit a body is left as it is; a number makes a limit of its own', () => {
  const body = bytesBody(new Uint8Array(1))
  expect(slowBody(body, undefined, new AbortController().signal)).toBe(body)
  const shared = new BandwidthLimit(1)
  expect(toBandwidthLimit(shared)).toBe(shared)
  expect(toBandwidthLimit(7)?.bytesPerSecond).toBe(7)
  expect(toBandwidthLimit(undefined)).toBeUndefined()
})

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('%d is no limit', (bytesPerSecond) => {
  expect(() => new BandwidthLimit(bytesPerSecond)).toThrow(RangeError)
})
