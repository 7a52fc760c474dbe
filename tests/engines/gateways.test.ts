/**
 * Three gateways, each a process of its own, over one PostgreSQL and one Ceph; behind them a client that
 * goes to each in turn, while they are killed one after the other. A gateway keeps nothing, so whatever
 * it acknowledged is there for the others.
 */

import { createHash } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { OssClient, upload } from '@lading/client/node'
import { crc64 } from '@lading/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { acknowledgeEarly } from '../crash/early-acknowledgement.ts'
import { reportFigure } from '../support/figures.ts'
import { etagOf, OssWire } from '../support/oss-wire.ts'
import type { Place } from '../support/places.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR, type ServeProcess, serveGateway } from '../support/serve-process.ts'
import { checkPlace, collectPlace } from './soundness.ts'
import { Turns } from './turns.ts'
import { describeWithEngines, useEngines } from './use-engines.ts'

const ROUNDS = Number(process.env.LADING_GATEWAY_ROUNDS ?? (process.env.CI ? 10 : 2))
const BUCKET = 'docks'
const GATEWAYS = 3
const PART_SIZE = 102_400
/** More than are sent until the last gateway is back. */
const PARTS = 40
const PARALLEL = 3
/** Parts after which each gateway was sent one: those on their way already, and a turn of all gateways. */
const PARTS_OF_A_TURN = PARALLEL - 1 + GATEWAYS
const PARTS_WHILE_DOWN = 2
/** Keys, which are overwritten by turns. */
const KEYS = 4
/** Milliseconds from the sending of a request to the kill. A request takes some ten of them here. */
const DELAYS = [5, 40] as const
const seed = seedFromEnvironment()

describeWithEngines('three gateways', () => {
  const engines = useEngines()

  async function startGateways(place: Place): Promise<ServeProcess[]> {
    const gateways: ServeProcess[] = []
    onTestFinished(async () => void (await Promise.all(gateways.map(({ kill }) => kill()))))
    const start = async (): Promise<void> => void gateways.push(await serveGateway(place))
    // The first one makes the tables.
    await start()
    await Promise.all(Array.from({ length: GATEWAYS - 1 }, start))
    return gateways
  }

  test('the parts of one upload go through all of them, in turn', async () => {
    const gateways = await startGateways(await engines.fresh())
    const { client, turns } = connect((gateway) => portIn(gateways, gateway))
    await client.putBucket({ bucket: BUCKET })
    const bytes = new Random(seed).bytes(12 * PART_SIZE)
    const target = { bucket: BUCKET, key: 'crate' }
    await upload(client, bytes, target, { partSize: PART_SIZE }).done
    expect(turns.served, `seed ${seed}`).toEqual([4, 4, 4])
    for (const gateway of gateways) await expectObject(gateway, 'crate', bytes)
  })

  test(`an upload goes on while one of them or each in turn is killed with -9, and nothing acknowledged is lost: ${ROUNDS} rounds`, {
    timeout: 60_000 + ROUNDS * 30_000,
  }, async () => {
    const place = await engines.fresh()
    const gateways = await startGateways(place)
    const random = new Random(seed)
    const portOf = (gateway: number): number => portIn(gateways, gateway)
    await connect(portOf).client.putBucket({ bucket: BUCKET })
    const total = noneYet()
    const objects = new Map<string, Uint8Array>()
    for (let round = 1; round <= ROUNDS; round += 1) {
      const key = `crate ${round % KEYS}`
      const bytes = random.bytes(PARTS * PART_SIZE - random.between(0, PART_SIZE - 1))
      objects.set(key, bytes)
      const kills = round % 2 === 1 ? 'each' : 'one, and in Complete'
      await uploadUnderKills({ gateways, portOf, place, random, key, bytes, kills, total })
      for (const gateway of gateways) await expectObject(gateway, key, bytes)
    }
    console.log(`gateways killed: seed ${seed}, ${ROUNDS} rounds`)
    reportFigure('gateways killed', total.kills)
    reportFigure('of them with a part in flight', total.inFlight)
    reportFigure('of them in the middle of Complete', total.intoComplete)
    reportFigure('parts acknowledged', total.parts)
    reportFigure('of them while a gateway was down', total.whileDown)
    expect(total.inFlight).toBeGreaterThan(0)

    await Promise.all(gateways.map((gateway) => gateway.stop()))
    await expectSound(place, objects)
  })

  test('one that acknowledges parts before it has them is caught', async () => {
    const place = await engines.fresh()
    const gateways = await startGateways(place)
    const hasty = await acknowledgeEarly(portIn(gateways, 0))
    onTestFinished(() => hasty.close())
    const portOf = (gateway: number): number =>
      gateway === 0 ? hasty.port : portIn(gateways, gateway)
    const random = new Random(seed)
    await connect(portOf).client.putBucket({ bucket: BUCKET })
    const bytes = random.bytes(PARTS * PART_SIZE)
    const options = { gateways, portOf, place, random, key: 'crate', bytes, total: noneYet() }
    await expect(uploadUnderKills({ ...options, kills: 'each' })).rejects.toThrow(
      /part \d+ of crate/,
    )
  })
})

interface Tally {
  kills: number
  /** Kills with a part in flight. */
  inFlight: number
  /** Kills with Complete in flight. */
  intoComplete: number
  parts: number
  /** Parts that the others acknowledged before the gateway was started again. */
  whileDown: number
}

function noneYet(): Tally {
  return { kills: 0, inFlight: 0, intoComplete: 0, parts: 0, whileDown: 0 }
}

interface KilledUpload {
  /** A gateway that was killed is replaced. */
  readonly gateways: ServeProcess[]
  /** Where the client finds them. */
  readonly portOf: (gateway: number) => number
  readonly place: Place
  readonly random: Random
  readonly key: string
  readonly bytes: Uint8Array
  /** Each in turn at about a part that is sent to it; or one, and then the one that is asked to complete. */
  readonly kills: 'each' | 'one, and in Complete'
  readonly total: Tally
}

/** Uploads through gateways that are killed and started again, and asks the others for all that was acknowledged. */
async function uploadUnderKills(options: KilledUpload): Promise<void> {
  const { gateways, portOf, place, random, key, bytes, kills, total } = options
  const { client, turns } = connect(portOf)
  const target = { bucket: BUCKET, key }
  const acknowledged = new Map<number, string>()
  // None yet: a kill comes with the first ones.
  void turns.allow(0)
  const running = upload(client, bytes, target, {
    partSize: PART_SIZE,
    parallel: PARALLEL,
    verify: 'strict',
    retries: 20,
    onPart: ({ partNumber, etag }) => void acknowledged.set(partNumber, etag),
  })
  const over = running.done.then(() => {
    throw new Error(`The upload was over before all was killed (seed ${seed}).`)
  })
  // It is told where it is waited for; in between nobody may be listening.
  over.catch(() => {})

  /** Kills the gateway that such a request is sent to, and resolves with its number. */
  const killAt = async (sending: Promise<number>, ofThese: 'inFlight' | 'intoComplete') => {
    const victim = await sending
    await after(random.between(0, random.pick(DELAYS)))
    total.kills += 1
    if (turns.inFlight(victim) > 0) total[ofThese] += 1
    await gateways[victim]?.kill()
    return victim
  }

  for (const next of kills === 'each' ? shuffled(random) : [random.between(0, GATEWAYS - 1)]) {
    const sending = turns.sending((gateway, step) => gateway === next && step === 'part')
    void turns.allow(PARTS_OF_A_TURN)
    await killAt(Promise.race([sending, over]), 'inFlight')
    const before = turns.acknowledged
    await Promise.race([turns.allow(PARTS_WHILE_DOWN), over])
    const survivor = gateways[(next + 1) % GATEWAYS]
    if (survivor) await expectParts(survivor, key, running.uploadId, acknowledged)
    total.whileDown += turns.acknowledged - before
    gateways[next] = await serveGateway(place)
  }

  if (kills !== 'each') {
    const sending = turns.sending((_, step) => step === 'complete')
    turns.allowAll()
    const victim = await killAt(Promise.race([sending, over]), 'intoComplete')
    // The two others finish it, perhaps with the answer that was lost.
    await running.done
    gateways[victim] = await serveGateway(place)
  }
  turns.allowAll()
  await running.done
  total.parts += turns.acknowledged
  const said = `${key}, seed ${seed}`
  expect(Math.min(...turns.served), `parts by gateway ${turns.served}, ${said}`).toBeGreaterThan(0)
  const sent = Array.from({ length: PARTS }, (_, at) =>
    etagOf(bytes.subarray(at * PART_SIZE, (at + 1) * PART_SIZE)),
  )
  expect(
    [...acknowledged].sort(([a], [b]) => a - b).map(([, etag]) => etag),
    said,
  ).toEqual(sent)
}

function portIn(gateways: readonly ServeProcess[], gateway: number): number {
  return gateways[gateway]?.port ?? 0
}

function connect(portOf: (gateway: number) => number): { client: OssClient; turns: Turns } {
  const turns = new Turns(GATEWAYS, portOf)
  const client = new OssClient({
    // Turns puts the gateway in its place.
    endpoint: 'http://127.0.0.1',
    credentials: KEY_PAIR,
    transport: turns,
    retry: { baseDelayMs: 10, maxDelayMs: 200 },
  })
  onTestFinished(() => client.close())
  return { client, turns }
}

/** Asks one gateway for what the client was told by all of them. */
async function expectParts(
  { port }: ServeProcess,
  key: string,
  uploadId: string | undefined,
  acknowledged: ReadonlyMap<number, string>,
): Promise<void> {
  const told = new Map(acknowledged)
  const wire = new OssWire({ port, credentials: KEY_PAIR })
  try {
    const listed = await wire.listParts(BUCKET, key, uploadId ?? '')
    for (const [partNumber, etag] of told) {
      expect(listed?.get(partNumber), `part ${partNumber} of ${key}, seed ${seed}`).toBe(etag)
    }
  } finally {
    wire.close()
  }
}

async function expectObject({ port }: ServeProcess, key: string, bytes: Uint8Array): Promise<void> {
  const wire = new OssWire({ port, credentials: KEY_PAIR })
  try {
    const got = await wire.send('GET', { bucket: BUCKET, key })
    expect(
      { status: got.status, md5: md5Of(got.bytes), crc64: got.headers['x-oss-hash-crc64ecma'] },
      `${key}, seed ${seed}`,
    ).toEqual({ status: 200, md5: md5Of(bytes), crc64: crc64(bytes).toString() })
    const { text } = await wire.send('GET', { bucket: BUCKET, query: { uploads: '' } })
    expect(text, `seed ${seed}`).not.toContain('<UploadId>')
  } finally {
    wire.close()
  }
}

/** What is kept contradicts nothing; and a collection of all that nobody names takes nothing that is named. */
async function expectSound(place: Place, objects: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const before = await checkPlace(place)
  reportFigure('engine objects that killed gateways left behind', before.orphanBlobs)
  expect(before, `seed ${seed}`).toMatchObject({ problems: [], objects: objects.size, uploads: 0 })
  expect(await collectPlace(place)).toBe(0)
  const gateway = await serveGateway(place)
  onTestFinished(() => gateway.kill())
  for (const [key, bytes] of objects) await expectObject(gateway, key, bytes)
  expect((await checkPlace(place)).problems, `seed ${seed}`).toEqual([])
}

function shuffled(random: Random): number[] {
  const order = Array.from({ length: GATEWAYS }, (_, at) => at)
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = random.between(0, at)
    const [left = 0, right = 0] = [order[at], order[other]]
    order[at] = right
    order[other] = left
  }
  return order
}

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}
