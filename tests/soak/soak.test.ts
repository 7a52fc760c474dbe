/**
 * A long run of everything at once: what it takes up at its end is what it took up in its first third.
 * `npm run proof -- soak`; LADING_SOAK_MINUTES says how long,
 * and at least 6 make sense.
 */

import { setTimeout as after } from 'node:timers/promises'
import { checkDirectory } from '@lading/server'
import { expect, onTestFinished, test } from 'vitest'
import { reportFigure } from '../support/figures.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { BUCKET, type Load, workOn } from './load.ts'
import { bytesIn, SoakProcess } from './soak-process.ts'

const MINUTES = Number(process.env.LADING_SOAK_MINUTES)
const CLIENTS = 6
/** Milliseconds between two looks at what is taken up. */
const LOOK = 2_000
/**
 * Looks before anything counts. Garbage waits for the leases of killed processes, a minute each, so
 * that it takes two until as much is collected as comes.
 */
const FILLING_UP = 60
/** Bytes. LMDB's file grows in steps and never shrinks; condemned rows are kept for ten minutes. */
const ROWS_GROWTH = 4 << 20
/** Looks between two kills. */
const KILL_AFTER = 10
const seed = seedFromEnvironment()

interface Sample {
  readonly rssBytes: number
  readonly descriptors: number
  readonly blobBytes: number
  readonly rowBytes: number
}

test(`${MINUTES} minutes of load, kills, collection, expiry and scrubbing leave nothing behind`, {
  timeout: (MINUTES + 10) * 60_000,
}, async () => {
  const directory = await temporaryDirectory()
  const random = new Random(seed)
  const pool = random.bytes(1 << 20)
  // This one lives through it all, and the other one dies again and again.
  const lasting = await SoakProcess.start(directory)
  let mortal = await SoakProcess.start(directory)
  onTestFinished(
    async () => void (await Promise.all([lasting.end('SIGKILL'), mortal.end('SIGKILL')])),
  )
  await lasting.wire.putBucket(BUCKET)
  const load: Load = { requests: 0, lost: 0, wrong: [] }
  const stop = new AbortController()
  const clients = Array.from({ length: CLIENTS }, (_, client) =>
    workOn(
      {
        load,
        pool,
        random: new Random(random.between(1, 2 ** 31)),
        wire: () => (client % 2 === 0 ? lasting.wire : mortal.wire),
      },
      stop.signal,
    ),
  )
  const samples: Sample[] = []
  let kills = 0
  const end = performance.now() + MINUTES * 60_000
  for (let look = 1; performance.now() < end; look += 1) {
    await after(LOOK)
    const [taken, blobBytes, rowBytes] = await Promise.all([
      lasting.takesUp(),
      bytesIn(`${directory}/blobs`),
      bytesIn(`${directory}/meta`),
    ])
    samples.push({ ...taken, blobBytes, rowBytes })
    if (look % KILL_AFTER !== 0) continue
    await mortal.end('SIGKILL')
    kills += 1
    mortal = await SoakProcess.start(directory)
  }
  stop.abort()
  await Promise.all(clients)

  reportFigure('soak minutes', MINUTES)
  reportFigure('requests', load.requests)
  reportFigure('requests lost to kills', load.lost)
  reportFigure('kills', kills)
  const [first, last] = thirdsOf(samples)
  for (const name of ['rssBytes', 'descriptors', 'blobBytes', 'rowBytes'] as const) {
    const [before, after] = [mean(first, name), mean(last, name)]
    console.log(`${name}: ${Math.round(before)} at first, ${Math.round(after)} at last`)
    // What is flat goes up and down with the load; what leaks only goes up, and this far soon.
    expect.soft(after, name).toBeLessThan(before * 1.3 + (name === 'rowBytes' ? ROWS_GROWTH : 0))
  }
  expect(load.wrong, `seed ${seed}`).toEqual([])

  // Uploads that were left are ended, and what nothing names is collected, all by itself.
  await until(async () => {
    const left = await checkDirectory(directory)
    return left.uploads + left.garbageBlobs + left.orphanBlobs === 0
  }, 180_000)
  await Promise.all([lasting.end('SIGTERM'), mortal.end('SIGTERM')])
  const report = await checkDirectory(directory, { deep: true })
  reportFigure('problems', report.problems.length)
  reportFigure('orphans at the end', report.orphanBlobs)
  expect(report.problems).toEqual([])
  expect(report).toMatchObject({ uploads: 0, garbageBlobs: 0, orphanBlobs: 0 })
})

/** The first and the last of what comes after everything has filled up. */
function thirdsOf(samples: readonly Sample[]): readonly [readonly Sample[], readonly Sample[]] {
  const steady = samples.slice(Math.min(FILLING_UP, Math.floor(samples.length / 3)))
  const third = Math.floor(steady.length / 3)
  return [steady.slice(0, third), steady.slice(-third)]
}

function mean(samples: readonly Sample[], name: keyof Sample): number {
  return samples.reduce((sum, sample) => sum + sample[name], 0) / samples.length
}
