/**
 * Each kind of call made to fail, at its first, second, … time: nothing is acknowledged that an error
 * stood in the way of, and whatever a cut leaves afterwards is as legal as ever.
 */

import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reportFigure } from '../support/figures.ts'
import { OssWire } from '../support/oss-wire.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { Checkers } from './checkers.ts'
import { explore } from './explore.ts'
import type { JournalEvent } from './journal.ts'
import type { Mark } from './ledger.ts'
import { emptyStore, type Recorded, record } from './record.ts'
import { canRecord, recordingEnvironment } from './recorder.ts'

/** What the actor ends with when its store says that it can promise nothing more. */
const FAILED = 70

/** What Node ends with on an error that nothing catches, as that of a start is. */
const REFUSED_TO_OPEN = 1

const metadata = '*/meta/data.mdb'
const blob = '*/blobs/??/*'
const shard = '*/blobs/??'

/** Calls that a request needs, by the paths they are on, with the errors that they can meet. */
const sites: readonly { readonly call: string; readonly errors: readonly string[] }[] = [
  { call: `open:${blob}`, errors: ['EIO', 'ENOSPC', 'EMFILE', 'KILL', 'KILLAFTER'] },
  { call: `write:${blob}`, errors: ['EIO', 'ENOSPC', 'SHORT', 'KILL', 'KILLAFTER'] },
  { call: `sync:${blob}`, errors: ['EIO', 'ENOSPC', 'KILL', 'KILLAFTER'] },
  { call: `sync:${shard}`, errors: ['EIO', 'KILL', 'KILLAFTER'] },
  { call: `unlink:${blob}`, errors: ['EIO', 'KILL', 'KILLAFTER'] },
  { call: `write:${metadata}`, errors: ['EIO', 'ENOSPC', 'SHORT', 'KILL', 'KILLAFTER'] },
  { call: `sync:${metadata}`, errors: ['EIO', 'ENOSPC', 'KILL', 'KILLAFTER'] },
]

/** Shards that are synced at a start, before any request. */
const SYNCED_AT_START = 256

const NTHS = [1, 2, 3, 5, 8]

const seed = seedFromEnvironment()

/** Every site with every error at every turn, and once for good. */
const matrix: readonly string[] = sites.flatMap(({ call, errors }) =>
  errors.flatMap((error) => {
    const first = call === `sync:${shard}` ? SYNCED_AT_START : 0
    const once = NTHS.map((nth) => `${call}:${first + nth}:${error}`)
    return error.startsWith('KILL') ? once : [...once, `${call}:${first + 1}:${error}:sticky`]
  }),
)

/** Half a minute each, where LMDB stands still: see the watchdog of commits. */
const slow = /^write:.*data[.]mdb:.*ENOSPC/

/** All of them by the steps of a proof; else a few, other ones each time. */
const faults = process.env.LADING_PROOF
  ? shareOf(matrix, process.env.LADING_PROOF_STEP ?? '1/1')
  : sample(
      matrix.filter((fault) => !slow.test(fault)),
      process.env.CI ? 20 : 4,
    )

/** States that are opened after one fault. */
const MOST = process.env.LADING_PROOF ? 60 : 12

let checkers: Checkers

beforeAll(() => {
  checkers = new Checkers()
})

afterAll(() => checkers.close())

test.runIf(canRecord).each(faults)(
  'after the fault %s nothing was acknowledged that is not there',
  { timeout: 600_000 },
  async (fault) => {
    const recording = await record('many files', { seed, prepare: emptyStore, faults: fault })
    const met = recording.events.some(({ kind }) => kind === 'fault')
    expect(met, 'a call that the fault is for').toBe(true)
    expect(acknowledgedInSpite(recording.events), `seed ${seed}`).toEqual([])
    expect(endings(recording, fault)).toContain(recording.ended.signal ?? recording.ended.code)
    const { checked, violations } = await explore(recording, { checkers, seed, most: MOST })
    reportFigure('faults met', 1)
    reportFigure('states opened after faults', checked)
    reportFigure('violations', violations.length)
    expect(violations, `seed ${seed}`).toEqual([])
  },
)

test.runIf(canRecord)(
  'a store goes on after a fault of a blob, and ends on one of a commit',
  async () => {
    const after = async (fault: string) =>
      (await record('delete and collection', { seed, prepare: emptyStore, faults: fault })).ended
        .code
    expect(await after(`sync:${blob}:1:EIO`)).toBe(0)
    expect(await after(`sync:${metadata}:2:ENOSPC`)).toBe(0)
    expect(await after(`sync:${metadata}:2:EIO`)).toBe(FAILED)
    expect(await after(`write:${metadata}:2:EIO:sticky`)).toBe(FAILED)
  },
)

test.runIf(canRecord)(
  'lading serve ends when a commit fails, and its next start holds all that it acknowledged',
  async () => {
    const root = realpathSync(await temporaryDirectory())
    const directory = join(root, 'data')
    await emptyStore(directory)
    const journal = join(await temporaryDirectory(), 'journal')
    const env = recordingEnvironment({ root, journal, faults: `sync:${metadata}:4:EIO` })
    const server = await serveProcess(directory, { env })
    const exited = once(server.child, 'exit')
    const bucket = 'failing-commit'
    const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
    await wire.putBucket(bucket)
    const acknowledged: string[] = []
    const answered = async (key: string): Promise<boolean> => {
      const answer = await wire.send('PUT', { bucket, key, body: key }).catch(() => undefined)
      return answer?.status === 200
    }
    for (let put = 1; await answered(`key-${put}`); put += 1) acknowledged.push(`key-${put}`)
    wire.close()
    expect((await exited)[0]).not.toBe(0)
    expect(acknowledged.length).toBeGreaterThan(0)

    const next = await serveProcess(directory)
    const reader = new OssWire({ port: next.port, credentials: KEY_PAIR })
    for (const key of acknowledged) {
      expect((await reader.send('GET', { bucket, key })).text).toBe(key)
    }
    reader.close()
    expect(await next.stop()).toBe(0)
  },
)

/** Requests that were answered with success although a call failed that they needed. */
function acknowledgedInSpite(events: readonly JournalEvent[]): string[] {
  const open = new Map<number, string[]>()
  const wrong: string[] = []
  for (const event of events) {
    if (event.kind === 'fault') {
      // A collector counts what it could not delete, and nobody is told of that.
      if (event.error === 0 || event.operation === 'unlink') continue
      for (const met of open.values()) met.push(`${event.operation} ${event.path}`)
    } else if (event.kind === 'mark') {
      const mark = JSON.parse(event.text) as Mark
      if ('ask' in mark) open.set(mark.ask, [])
      if (!('told' in mark)) continue
      const met = open.get(mark.told) ?? []
      open.delete(mark.told)
      if (mark.outcome === 'done' && met.length > 0) wrong.push(`${met[0]}: ${event.text}`)
    }
  }
  return wrong
}

/** How the process may have ended. */
function endings({ events }: Recorded, fault: string): readonly (number | string)[] {
  const met = events.some(({ kind }) => kind === 'fault')
  if (!met) return [0]
  if (fault.includes('KILL')) return ['SIGKILL']
  // It had not opened, and nobody had asked it for anything: a start that fails says so and ends.
  if (!events.some(({ kind }) => kind === 'mark')) return [REFUSED_TO_OPEN]
  if (!fault.includes(metadata)) return [0]
  // A full disk is lived with, but LMDB may stand still after a failed write, and is then given up.
  return fault.includes('ENOSPC') ? [0, FAILED] : [FAILED]
}

/** What the step `2/8` takes of a table: every eighth, from the second on. */
function shareOf(all: readonly string[], step: string): readonly string[] {
  const [number = 1, steps = 1] = step.split('/').map(Number)
  return all.filter((_, at) => at % steps === number - 1)
}

function sample(all: readonly string[], count: number): readonly string[] {
  const random = new Random(seed)
  const left = [...all]
  return Array.from({ length: count }, () =>
    left.splice(random.between(0, left.length - 1), 1),
  ).flat()
}
