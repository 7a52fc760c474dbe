/**
 * The engines of two gateways fail while clients work, over HTTP: the database and the engine of bytes are
 * ended, cut off, or made to lie. Some failures nobody may notice; of others everybody must be told at
 * once. Afterwards all that was acknowledged is there, once, and what is left over is collected.
 */

import { once } from 'node:events'
import { type RunningServer, startServer } from '@lading/server'
import pg from 'pg'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { Ledger } from '../crash/ledger.ts'
import { runClient } from '../crash/workload.ts'
import { LosingProxy } from '../postgres/losing-proxy.ts'
import { Meddler } from '../s3/meddler.ts'
import { reportFigure } from '../support/figures.ts'
import { elementsOf, OssWire, UnexpectedAnswer } from '../support/oss-wire.ts'
import { MASTER_KEY, objectsOf, type Place } from '../support/places.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR } from '../support/serve-process.ts'
import { until } from '../support/until.ts'
import { checkPlace, collectPlace } from './soundness.ts'
import { describeWithEngines, useEngines } from './use-engines.ts'

const BUCKET = 'docks'
const CLIENTS = 6
/** More than the connections of both gateways. */
const MANY_CLIENTS = 60
/** Acknowledgements before a fault, and after it where nobody may notice it. */
const ENOUGH = 20
/** How often an answer is lost, or a lie told. */
const OFTEN = 10
const seed = seedFromEnvironment()

describeWithEngines('gateways whose engines fail', () => {
  const engines = useEngines({ syncs: true, ceph: { osds: 3, rgws: 2, store: 'bluestore' } })

  afterEach(async () => {
    const { cluster } = engines.engine
    for (const number of [0, 1, 2]) await cluster.startOsd(number)
    for (const number of [0, 1]) await cluster.startRgw(number)
    await engines.database.server.start()
  })

  test('connections that the database ends are noticed by nobody', async () => {
    const work = await startWork(await engines.fresh())
    for (let times = 0; times < OFTEN; times += 1) {
      await work.acknowledges(4)
      expect(await engines.database.server.terminateBackends()).toBeGreaterThan(0)
    }
    await work.goesOn()
    await work.stop()
    await expectAllKept(work)
  })

  test.each(['commit', 'addPart', 'removeUpload'])(
    'connections that are lost with the answer to %s are noticed by nobody, and nothing happens twice',
    async (statement) => {
      const { metadata, blobs } = await engines.fresh()
      const proxy = new LosingProxy()
      const between = await proxy.before(metadata)
      const work = await startWork({ metadata: between, blobs })
      for (let times = 1; times <= OFTEN; times += 1) {
        proxy.loseAt(statement, 'the answer')
        await until(() => proxy.lost === times)
        await work.acknowledges(CLIENTS)
      }
      await work.goesOn()
      await work.stop()
      await expectAllKept(work, { metadata, blobs })
      await proxy.close()
    },
  )

  test('a database that is ended and started again is told by 503, and has all that was acknowledged', async () => {
    const work = await startWork(await engines.fresh())
    await work.acknowledges(ENOUGH)
    await engines.database.server.kill()
    await work.isRefused()
    await engines.database.server.start()
    await work.begin()
    await work.goesOn()
    await work.stop()
    await expectAllKept(work)
  })

  test('clients that find all connections in use are told by 503, and others go on', async () => {
    const place = await engines.fresh()
    const work = await startWork(place, MANY_CLIENTS)
    await work.acknowledges(ENOUGH)
    const inTheWay = new pg.Client({ connectionString: place.metadata })
    await inTheWay.connect()
    await inTheWay.query('BEGIN')
    await inTheWay.query('LOCK TABLE parts IN SHARE MODE')
    await until(() => work.ends.length >= MANY_CLIENTS / 4)
    await inTheWay.end()
    await work.acknowledges(ENOUGH)
    await work.stop()
    work.expectRefusals()
    expect(work.ends.length).toBeLessThan(MANY_CLIENTS)
    await expectAllKept(work)
  })

  test('an engine that answers 500 to what it has stored is asked again, and stores it once', async () => {
    const meddler = await Meddler.before(engines.engine.cluster.endpoints[0] ?? '')
    onTestFinished(() => meddler.close())
    const place = { ...(await engines.fresh()), blobs: engines.engine.fresh([meddler.endpoint]) }
    const work = await startWork(place)
    for (let times = 0; times < OFTEN; times += 1) {
      meddler.meddle('lie', { methods: /PUT/, times: 1 })
      await until(() => meddler.harmed > times)
    }
    await work.goesOn()
    await work.stop()
    await expectAllKept(work)
  })

  test('one gateway of the engine that is killed is noticed by nobody; without both everybody is told', async () => {
    const { cluster } = engines.engine
    const work = await startWork(await engines.fresh())
    for (const number of [0, 1]) {
      await work.acknowledges(ENOUGH)
      await cluster.killRgw(number)
      await work.goesOn()
      await cluster.startRgw(number)
    }
    await work.goesOn()
    await Promise.all([cluster.killRgw(0), cluster.killRgw(1)])
    await work.isRefused()
    await Promise.all([cluster.startRgw(0), cluster.startRgw(1)])
    await work.begin()
    await work.goesOn()
    await work.stop()
    await expectAllKept(work)
  })

  test('one of three disks that is killed is noticed by nobody; without two everybody is told, until they are back', async () => {
    const { cluster } = engines.engine
    const work = await startWork(await engines.fresh())
    await work.acknowledges(ENOUGH)
    await cluster.killOsd(0)
    await work.goesOn()
    await cluster.startOsd(0)
    await work.goesOn()
    await Promise.all([cluster.killOsd(1), cluster.killOsd(2)])
    await work.isRefused()
    await Promise.all([cluster.startOsd(1), cluster.startOsd(2)])
    await work.begin()
    await work.goesOn()
    await work.stop()
    await expectAllKept(work)
  })
})

/** Clients of two gateways, and what those acknowledged. */
class Work {
  readonly place: Place
  readonly ledger = new Ledger(BUCKET)
  readonly gateways: readonly RunningServer[]
  /** How requests failed; each ended the work of its client. */
  ends: unknown[] = []
  /** Resolves when no client works any more. */
  over: Promise<unknown> = Promise.resolve()
  readonly #wires: readonly OssWire[]
  readonly #count: number
  readonly #random = new Random(seed)
  readonly #pool: Uint8Array
  readonly #heard = new EventTarget()
  #stopped = false

  constructor(place: Place, gateways: readonly RunningServer[], count: number) {
    this.place = place
    this.gateways = gateways
    this.#count = count
    this.#wires = gateways.map(({ port }) => new OssWire({ port, credentials: KEY_PAIR }))
    this.#pool = this.#random.bytes(4 << 20)
  }

  get wires(): readonly OssWire[] {
    return this.#wires
  }

  /** Lets clients begin, half of them at each gateway, once both say that they are ready. */
  async begin(): Promise<void> {
    for (const { url } of this.gateways) {
      await until(async () => (await fetch(`${url}/-/health/ready`)).status === 200, 120_000)
    }
    await this.#expectAcknowledged()
    this.#stopped = false
    this.ends = []
    const traffic = {
      inFlight: 0,
      completesInFlight: 0,
      onAcknowledged: () => void this.#heard.dispatchEvent(new Event('acknowledged')),
    }
    const clients = Array.from({ length: this.#count }, async (_, client) => {
      const wire = this.#wires[client % this.#wires.length]
      if (!wire) return
      const keys: [string, string] = [`client ${client}/one`, `client ${client}/two`]
      const random = new Random(this.#random.between(1, 2 ** 31))
      const options = { wire, ledger: this.ledger, traffic, random, pool: this.#pool, keys }
      const end = await runClient(options, () => this.#stopped)
      if (end !== undefined) this.ends.push(end)
    })
    this.over = Promise.all(clients)
  }

  /** Resolves after so many more acknowledgements; rejects when there is nobody left to get them. */
  async acknowledges(more: number): Promise<void> {
    let over = false
    void this.over.then(() => {
      over = true
      this.#heard.dispatchEvent(new Event('acknowledged'))
    })
    for (let left = more; left > 0; left -= 1) {
      await once(this.#heard, 'acknowledged')
      if (over) throw new Error(`Nobody works any more: ${this.ends.map(String).join('; ')}`)
    }
  }

  /** Resolves after some more acknowledgements, when nothing has failed until then. */
  async goesOn(): Promise<void> {
    await this.acknowledges(ENOUGH)
    expect(this.ends.map(String), `seed ${seed}`).toEqual([])
  }

  /** Resolves once each client was told 503, and whoever asks anew is told so as well. */
  async isRefused(): Promise<void> {
    await this.over
    this.expectRefusals()
    for (const [at, wire] of this.#wires.entries()) {
      const health = `${this.gateways[at]?.url}/-/health/ready`
      await until(async () => (await fetch(health)).status === 503)
      const { status } = await wire.send('PUT', { bucket: BUCKET, key: 'refused', body: 'refused' })
      expect(status).toBe(503)
    }
  }

  /** Whoever failed was told 503, or was cut off while it read. */
  expectRefusals(): void {
    const others = this.ends.filter(
      (end) => !(end instanceof UnexpectedAnswer && end.status === 503) && !isCutOff(end),
    )
    expect(others.map(String), `seed ${seed}`).toEqual([])
    expect(this.ends.length).toBeGreaterThan(0)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.over
    await this.#expectAcknowledged()
  }

  /** Each gateway is asked for it. What clients were not told is settled by the first. */
  async #expectAcknowledged(): Promise<void> {
    for (const wire of this.#wires) {
      expect(await this.ledger.verify(wire), `seed ${seed}`).toEqual([])
    }
  }
}

/** Whether an answer had begun and did not end. Other answers than to reads begin when all is done. */
function isCutOff(end: unknown): boolean {
  return end instanceof Error && end.message === 'aborted'
}

async function startWork(place: Place, clients = CLIENTS): Promise<Work> {
  const options = { ...place, masterKey: MASTER_KEY, credentials: [KEY_PAIR] }
  const gateways = [await startServer(options), await startServer(options)]
  const work = new Work(place, gateways, clients)
  onTestFinished(async () => {
    for (const wire of work.wires) wire.close()
    for (const gateway of gateways) await gateway.close()
  })
  await work.wires[0]?.putBucket(BUCKET)
  await work.begin()
  return work
}

/** All that was acknowledged is there once, and the engine has, after a collection, nothing else. */
async function expectAllKept(work: Work, place = work.place): Promise<void> {
  const { ledger, gateways, wires } = work
  const [wire] = wires
  if (!wire) throw new RangeError('There is no gateway.')
  expect(await ledger.completeOpenUploads(wire), `seed ${seed}`).toEqual([])
  // Those that have no part, and those whose Initiate was not answered.
  const { text: open } = await wire.send('GET', { bucket: BUCKET, query: { uploads: '' } })
  for (const [at, uploadId] of elementsOf(open, 'UploadId').entries()) {
    await wire.abort(BUCKET, decodeURIComponent(elementsOf(open, 'Key')[at] ?? ''), uploadId)
  }
  const { text } = await wire.send('GET', {
    bucket: BUCKET,
    query: { versions: '', 'max-keys': '1000' },
  })
  expect(elementsOf(text, 'Key').map(decodeURIComponent).sort()).toEqual(
    [...ledger.published.keys()].sort(),
  )
  await Promise.all(gateways.map((gateway) => gateway.close()))

  const before = await checkPlace(place)
  reportFigure(
    'acknowledged',
    ledger.partsAcknowledged + ledger.completesAcknowledged + ledger.abortsAcknowledged,
  )
  reportFigure('blobs that nobody named', before.orphanBlobs)
  const whole = { problems: [], objects: ledger.published.size, uploads: 0, parts: 0 }
  expect(before, `seed ${seed}`).toMatchObject(whole)
  expect(await collectPlace(place)).toBe(0)
  const collected = { ...whole, orphanBlobs: 0, garbageBlobs: 0 }
  const after = await checkPlace(place)
  expect(after, `seed ${seed}`).toMatchObject(collected)
  expect(await objectsOf(place)).toHaveLength(after.blobs)
}
