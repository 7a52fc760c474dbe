/**
 * Complete, Abort and UploadPart on one upload at the same moment, over HTTP, through however many
 * servers serve one store. Every outcome is held against the reference: one winner, and everybody else
 * is told so.
 */

import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etagOf, OssWire, objectETagOf, type WireAnswer } from '../support/oss-wire.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR } from '../support/serve-process.ts'

const BUCKET = 'race-bucket'
/** Bytes. Less than this only the last part may have. */
const MIN_PART = 102_400

/** Servers of one store that accept `KEY_PAIR`. */
export interface RacedServers {
  readonly ports: readonly number[]
  close(): Promise<void>
}

interface Prepared {
  readonly key: string
  readonly uploadId: string
  readonly first: Buffer
  /** The two ways to the store that this round takes: by two servers where there are as many. */
  readonly one: OssWire
  readonly two: OssWire
}

/** What two requests were answered, and whether one was answered before the other was sent. */
interface Race {
  readonly left: WireAnswer
  readonly right: WireAnswer
  /** The one that was over before the other began; then there was no race, and it must have won. */
  readonly sure: 'left' | 'right' | undefined
}

/** How a race of everything came out. */
interface Melee {
  readonly winner: 'complete' | 'abort'
  /** A sentence for each promise that was broken. */
  readonly wrong: readonly string[]
}

export class Races {
  readonly random: Random
  readonly #servers: RacedServers
  readonly #wires: readonly OssWire[]
  /** Milliseconds. */
  #longestLead = 30

  private constructor(servers: RacedServers, random: Random) {
    this.#servers = servers
    this.random = random
    this.#wires = servers.ports.map((port) => new OssWire({ port, credentials: KEY_PAIR }))
  }

  /** Makes the bucket, and finds out how long a request takes here. */
  static async open(servers: RacedServers, random: Random): Promise<Races> {
    const races = new Races(servers, random)
    await races.#wire(0).putBucket(BUCKET)
    const started = performance.now()
    for (let round = 0; round < 10; round += 1) await races.prepare('warm-up', round)
    // Each of the ten took two requests.
    races.#longestLead = Math.ceil((performance.now() - started) / 10)
    return races
  }

  async close(): Promise<void> {
    for (const wire of this.#wires) wire.close()
    await this.#servers.close()
  }

  /** An upload with one part, of at most 2,000 bytes unless `size` says how many. */
  async prepare(name: string, round: number, size?: number): Promise<Prepared> {
    const key = `${name}/${round}`
    const [one, two] = [this.#wire(round), this.#wire(round + 1)]
    const uploadId = await one.initiate(BUCKET, key)
    const first = this.random.bytes(size ?? this.random.between(1, 2000))
    expect((await two.uploadPart(BUCKET, key, uploadId, 1, first)).status).toBe(200)
    return { key, uploadId, first, one, two }
  }

  /**
   * Starts both. In a third of the rounds neither has a head start; in the others one of the two has, of
   * up to twice what a request takes here, so that on a fast machine and on a slow one each gets its turn
   * to be first.
   */
  async together(
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
    await Promise.race([started, after(this.random.between(0, this.#longestLead))])
    const sure = over ? (lead === 1 ? 'left' : 'right') : undefined
    const [first, second] = await Promise.all([started, behind()])
    return lead === 1 ? { left: first, right: second, sure } : { left: second, right: first, sure }
  }

  /**
   * Two completes of all that is there, in every third round an abort, the first part once more and a
   * second part: all at once in half of the rounds, and each with a delay of its own in the others.
   */
  async melee(round: number): Promise<Melee> {
    const upload = await this.prepare('melee', round, MIN_PART)
    const { key, uploadId, first, one, two } = upload
    const other = this.random.bytes(MIN_PART)
    const late = this.random.bytes(this.random.between(1, 2000))
    const start = async (request: () => Promise<WireAnswer>): Promise<WireAnswer> => {
      const delay = this.random.between(0, this.#longestLead)
      if (round % 2 === 1) await after(delay)
      return await request()
    }
    const completeAll = (wire: OssWire) => (): Promise<WireAnswer> =>
      wire.send('POST', {
        bucket: BUCKET,
        key,
        query: { uploadId },
        headers: { 'x-oss-complete-all': 'yes' },
      })
    const [completed, completedAgain, replaced, added, aborted] = await Promise.all([
      start(completeAll(one)),
      start(completeAll(two)),
      start(() => two.uploadPart(BUCKET, key, uploadId, 1, other)),
      start(() => one.uploadPart(BUCKET, key, uploadId, 2, late)),
      round % 3 === 0 ? start(() => two.abort(BUCKET, key, uploadId)) : undefined,
    ])

    const wrong: string[] = []
    for (const { status, code } of [completed, completedAgain, replaced, added, aborted ?? added]) {
      const isLegal = status < 300 || code === 'NoSuchUpload'
      if (!isLegal) wrong.push(`round ${round}: an answer of ${status} (${code})`)
    }
    const winner = aborted?.status === 204 ? 'abort' : 'complete'
    const winners = [completed, completedAgain, aborted].filter(
      (answer) => answer && answer.status < 300,
    )
    if (winners.length !== 1) wrong.push(`round ${round}: ${winners.length} winners`)
    const parts = [replaced.status === 200 ? other : first, ...(added.status === 200 ? [late] : [])]
    const got = await this.#any().send('GET', { bucket: BUCKET, key })
    if (winner === 'abort' && got.code !== 'NoSuchKey') {
      wrong.push(`round ${round}: aborted, and there is an object (${got.status})`)
    }
    if (winner === 'complete' && !isOf(got, parts)) {
      wrong.push(
        `round ${round}: acknowledged were ${parts.map(etagOf)}, and in the object are ${got.bytes.length} other bytes (${got.headers.etag})`,
      )
    }
    if (await this.#any().listParts(BUCKET, key, uploadId)) {
      wrong.push(`round ${round}: the upload is still open`)
    }
    return { winner, wrong }
  }

  async expectObject({ key }: Prepared, parts: readonly Buffer[]): Promise<void> {
    const got = await this.#any().send('GET', { bucket: BUCKET, key })
    expect(got.status).toBe(200)
    expect(got.bytes.equals(Buffer.concat(parts))).toBe(true)
    expect(got.headers.etag).toBe(`"${objectETagOf(parts.map(etagOf))}"`)
  }

  async expectGone({ key, uploadId }: Prepared): Promise<void> {
    expect(await this.#any().listParts(BUCKET, key, uploadId)).toBeUndefined()
    const late = await this.#any().uploadPart(BUCKET, key, uploadId, 2, Buffer.from('late'))
    expect(late.code).toBe('NoSuchUpload')
  }

  #wire(turn: number): OssWire {
    const wire = this.#wires[turn % this.#wires.length]
    if (!wire) throw new Error('There is no server to race through.')
    return wire
  }

  #any(): OssWire {
    return this.#wire(this.random.between(0, this.#wires.length - 1))
  }
}

function isOf({ bytes, headers }: WireAnswer, parts: readonly Buffer[]): boolean {
  const isSame = bytes.equals(Buffer.concat(parts))
  return isSame && headers.etag === `"${objectETagOf(parts.map(etagOf))}"`
}

export interface RaceOptions {
  /** Of each race. */
  readonly rounds: number
  /** Called once. */
  readonly start: () => Promise<RacedServers>
}

export function describeRaces(subject: string, { rounds, start }: RaceOptions): void {
  describe(`requests that race for one upload through ${subject}, ${rounds} rounds each`, {
    timeout: 60_000 + rounds * 2_000,
  }, () => {
    const seed = seedFromEnvironment()
    let races: Races

    beforeAll(async () => {
      races = await Races.open(await start(), new Random(seed))
    }, 60_000)

    afterAll(() => races.close())

    /** How often each outcome was seen; printed, and every legal one must have come. */
    class Outcomes {
      readonly #counts = new Map<string, number>()

      add(outcome: string): void {
        this.#counts.set(outcome, (this.#counts.get(outcome) ?? 0) + 1)
      }

      expectAll(race: string, legal: readonly string[]): void {
        const seen = Object.fromEntries([...this.#counts].sort())
        console.log(`${race}: ${JSON.stringify(seen)} (seed ${seed})`)
        // A few rounds may well be won by the same request.
        const missed = rounds < 100 ? legal.filter((outcome) => !this.#counts.has(outcome)) : []
        expect(
          [...Object.keys(seen), ...missed].sort(),
          `outcomes of ${race}, seed ${seed}`,
        ).toEqual([...legal].sort())
      }
    }

    test('of two completes exactly one wins, and the other is told NoSuchUpload', async () => {
      const outcomes = new Outcomes()
      for (let round = 0; round < rounds; round += 1) {
        const upload = await races.prepare('complete-complete', round)
        const { key, uploadId, first, one, two } = upload
        const complete = (wire: OssWire) => (): Promise<WireAnswer> =>
          wire.complete(BUCKET, key, uploadId, [[1, etagOf(first)]])
        const { left, right, sure } = await races.together(round, complete(one), complete(two))
        const winners = [left, right].filter(({ status }) => status === 200)
        expect(winners).toHaveLength(1)
        expect([left.code, right.code]).toContain('NoSuchUpload')
        if (sure) expect((sure === 'left' ? left : right).status).toBe(200)
        outcomes.add(left.status === 200 ? 'first wins' : 'second wins')
        await races.expectObject(upload, [first])
        await races.expectGone(upload)
      }
      outcomes.expectAll('complete x complete', ['first wins', 'second wins'])
    })

    test('of complete and abort exactly one wins: the object whole, or none', async () => {
      const outcomes = new Outcomes()
      for (let round = 0; round < rounds; round += 1) {
        const upload = await races.prepare('complete-abort', round)
        const { key, uploadId, first, one, two } = upload
        const {
          left: completed,
          right: aborted,
          sure,
        } = await races.together(
          round,
          () => one.complete(BUCKET, key, uploadId, [[1, etagOf(first)]]),
          () => two.abort(BUCKET, key, uploadId),
        )
        if (sure) expect(completed.status === 200).toBe(sure === 'left')
        if (completed.status === 200) {
          expect(aborted.code).toBe('NoSuchUpload')
          await races.expectObject(upload, [first])
          outcomes.add('complete wins')
        } else {
          expect([completed.code, aborted.status]).toEqual(['NoSuchUpload', 204])
          expect((await one.send('GET', { bucket: BUCKET, key })).code).toBe('NoSuchKey')
          outcomes.add('abort wins')
        }
        await races.expectGone(upload)
      }
      outcomes.expectAll('complete x abort', ['abort wins', 'complete wins'])
    })

    test('a late part is in the upload and spoils the complete, or is refused; never acknowledged and lost', async () => {
      const outcomes = new Outcomes()
      for (let round = 0; round < rounds; round += 1) {
        const upload = await races.prepare('complete-part', round)
        const { key, uploadId, first, one, two } = upload
        const later = races.random.bytes(races.random.between(1, 2000))
        const {
          left: completed,
          right: part,
          sure,
        } = await races.together(
          round,
          () => one.complete(BUCKET, key, uploadId, [[1, etagOf(first)]]),
          () => two.uploadPart(BUCKET, key, uploadId, 1, later),
        )
        if (sure) expect(completed.status === 200).toBe(sure === 'left')
        if (completed.status === 200) {
          expect(part.code).toBe('NoSuchUpload')
          await races.expectObject(upload, [first])
          await races.expectGone(upload)
          outcomes.add('complete wins')
        } else {
          expect([completed.code, part.status]).toEqual(['InvalidPart', 200])
          expect(await one.listParts(BUCKET, key, uploadId)).toEqual(new Map([[1, etagOf(later)]]))
          const again = await one.complete(BUCKET, key, uploadId, [[1, etagOf(later)]])
          expect(again.status).toBe(200)
          await races.expectObject(upload, [later])
          outcomes.add('part wins')
        }
      }
      outcomes.expectAll('complete x late part', ['complete wins', 'part wins'])
    })

    test('of two attempts at one part number the one that commits last stands, whole', async () => {
      const outcomes = new Outcomes()
      for (let round = 0; round < rounds; round += 1) {
        const upload = await races.prepare('overwrite-overwrite', round)
        const { key, uploadId, one, two } = upload
        const first = races.random.bytes(races.random.between(1, 2000))
        const second = races.random.bytes(races.random.between(1, 2000))
        const { left, right, sure } = await races.together(
          round,
          () => one.uploadPart(BUCKET, key, uploadId, 1, first),
          () => two.uploadPart(BUCKET, key, uploadId, 1, second),
        )
        expect([left.status, right.status]).toEqual([200, 200])
        const standing = (await one.listParts(BUCKET, key, uploadId))?.get(1)
        const winner = standing === etagOf(first) ? first : second
        expect(standing).toBe(etagOf(winner))
        if (sure) expect(winner).toBe(sure === 'left' ? second : first)
        expect((await two.complete(BUCKET, key, uploadId, [[1, etagOf(winner)]])).status).toBe(200)
        await races.expectObject(upload, [winner])
        outcomes.add(winner === first ? 'first stands' : 'second stands')
      }
      outcomes.expectAll('overwrite x overwrite', ['first stands', 'second stands'])
    })

    test('a slow first attempt that finishes after its faster retry is the one that stands', async () => {
      for (let round = 0; round < Math.ceil(rounds / 4); round += 1) {
        const upload = await races.prepare('slow-first', round)
        const { key, uploadId, one, two } = upload
        const slow = races.random.bytes(2000)
        const fast = races.random.bytes(2000)
        let finish = (): void => undefined
        const retried = new Promise<void>((resolve) => {
          finish = resolve
        })
        async function* halting(): AsyncIterable<Uint8Array> {
          yield slow.subarray(0, 1000)
          await retried
          yield slow.subarray(1000)
        }
        const first = one.uploadPart(BUCKET, key, uploadId, 1, halting(), { contentLength: 2000 })
        expect((await two.uploadPart(BUCKET, key, uploadId, 1, fast)).status).toBe(200)
        // While the first is under way only the acknowledged retry is seen.
        expect((await one.listParts(BUCKET, key, uploadId))?.get(1)).toBe(etagOf(fast))
        finish()
        expect((await first).status).toBe(200)
        expect((await two.listParts(BUCKET, key, uploadId))?.get(1)).toBe(etagOf(slow))
        expect((await two.complete(BUCKET, key, uploadId, [[1, etagOf(slow)]])).status).toBe(200)
        await races.expectObject(upload, [slow])
      }
    })

    test('of completes, an abort, a part anew and a late part exactly one wins, and no acknowledged part is missing', async () => {
      const outcomes = new Outcomes()
      const wrong: string[] = []
      for (let round = 0; round < rounds; round += 1) {
        const came = await races.melee(round)
        wrong.push(...came.wrong)
        outcomes.add(`${came.winner} wins`)
      }
      expect(wrong, `seed ${seed}`).toEqual([])
      outcomes.expectAll('all of them at once', ['abort wins', 'complete wins'])
    })
  })
}
