/**
 * Complete, Abort and UploadPart on one upload at the same moment, over HTTP, on the durable drivers.
 * Every outcome is held against the reference: one winner, and everybody else is told so.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etagOf, OssWire, objectETagOf, type WireAnswer } from '../support/oss-wire.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { startServer } from '../support/server.ts'

const ROUNDS = 200
const BUCKET = 'race-bucket'
const seed = seedFromEnvironment()
const random = new Random(seed)
const credentials = { accessKeyId: 'race-key', accessKeySecret: 'race-secret' }

let directory: string
let server: Awaited<ReturnType<typeof startServer>>
let wire: OssWire
/** Milliseconds. */
let longestLead = 30

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lading-races-'))
  server = await startServer({ data: { directory }, credentials: [credentials] })
  wire = new OssWire({ port: server.port, credentials })
  await wire.putBucket(BUCKET)
  const started = performance.now()
  for (let round = 0; round < 10; round += 1) await prepare('warm-up', round)
  // Each of the ten took two requests.
  longestLead = Math.ceil((performance.now() - started) / 10)
})

afterAll(async () => {
  wire.close()
  await server.close()
  await rm(directory, { recursive: true })
})

/** How often each outcome was seen; printed, and every legal one must have come. */
class Outcomes {
  readonly #counts = new Map<string, number>()

  add(outcome: string): void {
    this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
  }

  expectAll(race: string, legal: readonly string[]): void {
    const seen = Object.fromEntries([...this.#counts].sort())
    console.log(`${race}: ${JSON.stringify(seen)} (seed ${seed})`)
    expect(Object.keys(seen).sort(), `outcomes of ${race}, seed ${seed}`).toEqual([...legal].sort())
  }
}

interface Prepared {
  readonly key: string
  readonly uploadId: string
  readonly first: Buffer
}

async function prepare(name: string, round: number): Promise<Prepared> {
  const key = `${name}/${round}`
  const uploadId = await wire.initiate(BUCKET, key)
  const first = random.bytes(random.between(1, 2000))
  expect((await wire.uploadPart(BUCKET, key, uploadId, 1, first)).status).toBe(200)
  return { key, uploadId, first }
}

/** What two requests were answered, and whether one was answered before the other was sent. */
interface Race {
  readonly left: WireAnswer
  readonly right: WireAnswer
  /** The one that was over before the other began; then there was no race, and it must have won. */
  readonly sure: 'left' | 'right' | undefined
}

/**
 * Starts both. In a third of the rounds neither has a head start; in the others one of the two has, of
 * up to twice what a request takes here, so that on a fast machine and on a slow one each gets its turn
 * to be first.
 */
async function together(
  round: number,
  left: () => Promise<WireAnswer>,
  right: () => Promise<WireAnswer>,
): Promise<Race> {
  const lead = round % 3
  if (lead === 0) {
    const answers = await Promise.all([left(), right()])
    return { left: answers[0], right: answers[1], sure: undefined }
  }
  const [ahead, behind] = lead === 1 ? [left, right] : [right, left]
  let over = false
  const started = ahead().finally(() => {
    over = true
  })
  await Promise.race([started, after(random.between(0, longestLead))])
  const sure = over ? (lead === 1 ? 'left' : 'right') : undefined
  const [first, second] = await Promise.all([started, behind()])
  return lead === 1 ? { left: first, right: second, sure } : { left: second, right: first, sure }
}

async function expectObject(key: string, parts: readonly Buffer[]): Promise<void> {
  const got = await wire.send('GET', { bucket: BUCKET, key })
  expect(got.status).toBe(200)
  expect(got.bytes.equals(Buffer.concat(parts))).toBe(true)
  expect(got.headers.etag).toBe(`"${objectETagOf(parts.map(etagOf))}"`)
}

async function expectGone(key: string, uploadId: string): Promise<void> {
  expect(await wire.listParts(BUCKET, key, uploadId)).toBeUndefined()
  expect((await wire.uploadPart(BUCKET, key, uploadId, 2, Buffer.from('late'))).code).toBe(
    'NoSuchUpload',
  )
}

describe('two requests that race for one upload', () => {
  test('of two completes exactly one wins, and the other is told NoSuchUpload', async () => {
    const outcomes = new Outcomes()
    for (let round = 0; round < ROUNDS; round += 1) {
      const { key, uploadId, first } = await prepare('complete-complete', round)
      const complete = (): Promise<WireAnswer> =>
        wire.complete(BUCKET, key, uploadId, [[1, etagOf(first)]])
      const { left, right, sure } = await together(round, complete, complete)
      const winners = [left, right].filter(({ status }) => status === 200)
      expect(winners).toHaveLength(1)
      expect([left.code, right.code]).toContain('NoSuchUpload')
      if (sure) expect((sure === 'left' ? left : right).status).toBe(200)
      outcomes.add(left.status === 200 ? 'first wins' : 'second wins')
      await expectObject(key, [first])
      await expectGone(key, uploadId)
    }
    outcomes.expectAll('complete x complete', ['first wins', 'second wins'])
  })

  test('of complete and abort exactly one wins: the object whole, or none', async () => {
    const outcomes = new Outcomes()
    for (let round = 0; round < ROUNDS; round += 1) {
      const { key, uploadId, first } = await prepare('complete-abort', round)
      const {
        left: completed,
        right: aborted,
        sure,
      } = await together(
        round,
        () => wire.complete(BUCKET, key, uploadId, [[1, etagOf(first)]]),
        () => wire.abort(BUCKET, key, uploadId),
      )
      if (sure) expect(completed.status === 200).toBe(sure === 'left')
      if (completed.status === 200) {
        expect(aborted.code).toBe('NoSuchUpload')
        await expectObject(key, [first])
        outcomes.add('complete wins')
      } else {
        expect([completed.code, aborted.status]).toEqual(['NoSuchUpload', 204])
        expect((await wire.send('GET', { bucket: BUCKET, key })).code).toBe('NoSuchKey')
        outcomes.add('abort wins')
      }
      await expectGone(key, uploadId)
    }
    outcomes.expectAll('complete x abort', ['abort wins', 'complete wins'])
  })

  test('a late part is in the upload and spoils the complete, or is refused; never acknowledged and lost', async () => {
    const outcomes = new Outcomes()
    for (let round = 0; round < ROUNDS; round += 1) {
      const { key, uploadId, first } = await prepare('complete-part', round)
      const later = random.bytes(random.between(1, 2000))
      const {
        left: completed,
        right: part,
        sure,
      } = await together(
        round,
        () => wire.complete(BUCKET, key, uploadId, [[1, etagOf(first)]]),
        () => wire.uploadPart(BUCKET, key, uploadId, 1, later),
      )
      if (sure) expect(completed.status === 200).toBe(sure === 'left')
      if (completed.status === 200) {
        expect(part.code).toBe('NoSuchUpload')
        await expectObject(key, [first])
        await expectGone(key, uploadId)
        outcomes.add('complete wins')
      } else {
        expect([completed.code, part.status]).toEqual(['InvalidPart', 200])
        expect(await wire.listParts(BUCKET, key, uploadId)).toEqual(new Map([[1, etagOf(later)]]))
        const again = await wire.complete(BUCKET, key, uploadId, [[1, etagOf(later)]])
        expect(again.status).toBe(200)
        await expectObject(key, [later])
        outcomes.add('part wins')
      }
    }
    outcomes.expectAll('complete x late part', ['complete wins', 'part wins'])
  })

  test('of two attempts at one part number the one that commits last stands, whole', async () => {
    const outcomes = new Outcomes()
    for (let round = 0; round < ROUNDS; round += 1) {
      const { key, uploadId } = await prepare('overwrite-overwrite', round)
      const attempts = [
        random.bytes(random.between(1, 2000)),
        random.bytes(random.between(1, 2000)),
      ]
      const [one, two] = attempts as [Buffer, Buffer]
      const { left, right, sure } = await together(
        round,
        () => wire.uploadPart(BUCKET, key, uploadId, 1, one),
        () => wire.uploadPart(BUCKET, key, uploadId, 1, two),
      )
      expect([left.status, right.status]).toEqual([200, 200])
      const standing = (await wire.listParts(BUCKET, key, uploadId))?.get(1)
      const winner = standing === etagOf(one) ? one : two
      expect(standing).toBe(etagOf(winner))
      if (sure) expect(winner).toBe(sure === 'left' ? two : one)
      expect((await wire.complete(BUCKET, key, uploadId, [[1, etagOf(winner)]])).status).toBe(200)
      await expectObject(key, [winner])
      outcomes.add(winner === one ? 'first stands' : 'second stands')
    }
    outcomes.expectAll('overwrite x overwrite', ['first stands', 'second stands'])
  })

  test('a slow first attempt that finishes after its faster retry is the one that stands', async () => {
    for (let round = 0; round < 50; round += 1) {
      const { key, uploadId } = await prepare('slow-first', round)
      const slow = random.bytes(2000)
      const fast = random.bytes(2000)
      let finish = (): void => undefined
      const retried = new Promise<void>((resolve) => {
        finish = resolve
      })
      async function* halting(): AsyncIterable<Uint8Array> {
        yield slow.subarray(0, 1000)
        await retried
        yield slow.subarray(1000)
      }
      const first = wire.uploadPart(BUCKET, key, uploadId, 1, halting(), { contentLength: 2000 })
      expect((await wire.uploadPart(BUCKET, key, uploadId, 1, fast)).status).toBe(200)
      // While the first is under way only the acknowledged retry is seen.
      expect((await wire.listParts(BUCKET, key, uploadId))?.get(1)).toBe(etagOf(fast))
      finish()
      expect((await first).status).toBe(200)
      expect((await wire.listParts(BUCKET, key, uploadId))?.get(1)).toBe(etagOf(slow))
      expect((await wire.complete(BUCKET, key, uploadId, [[1, etagOf(slow)]])).status).toBe(200)
      await expectObject(key, [slow])
    }
  })
})
