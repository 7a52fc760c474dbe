/**
 * kill -9 at random moments. It proves atomicity and restart, not durability: the page cache outlives
 * the process, so a server without any sync would pass as well (docs/durability.md).
 */

import { expect, test } from 'vitest'
import { reportFigure } from '../support/figures.ts'
import { OssWire } from '../support/oss-wire.ts'
import { seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'
import { acknowledgeEarly } from './early-acknowledgement.ts'
import type { Ledger } from './ledger.ts'
import { crashRounds } from './rounds.ts'

const ROUNDS = Number(process.env.LADING_CRASH_ROUNDS ?? (process.env.CI ? 50 : 10))
const seed = seedFromEnvironment()

test(`what was acknowledged survives ${ROUNDS} kills of servers and workers, nothing half-made is seen, nothing aborted comes back`, {
  timeout: 60_000 + ROUNDS * 20_000,
}, async () => {
  const directory = await temporaryDirectory()
  const report = await crashRounds({
    directory,
    rounds: ROUNDS,
    seed,
    withWorkers: true,
  })
  const { ledger } = report
  console.log(
    `kill -9: seed ${seed}, ${report.rounds} rounds, ${report.killsInFlight} with requests in flight, ` +
      `${report.killsDuringComplete} into Complete; acknowledged ${ledger.partsAcknowledged} parts, ` +
      `${ledger.completesAcknowledged} completes, ${ledger.abortsAcknowledged} aborts`,
  )
  for (const [victim, count] of Object.entries(report.kills)) {
    reportFigure(`kills of a ${victim}`, count)
  }
  reportFigure('violations', report.broken.length)
  expect(report.broken, `seed ${seed}`).toEqual([])
  expect(report.killsInFlight).toBeGreaterThanOrEqual(Math.floor(ROUNDS * 0.9))
  expect(ledger.partsAcknowledged).toBeGreaterThan(ROUNDS)

  await endEverything(directory, ledger)
})

test('a server that acknowledges a part before it commits is caught', {
  timeout: 120_000,
}, async () => {
  const report = await crashRounds({
    directory: await temporaryDirectory(),
    rounds: 20,
    seed,
    interpose: acknowledgeEarly,
    stopAtFirst: true,
  })
  expect(report.broken.length, `seed ${seed}`).toBeGreaterThan(0)
})

/** Completes what is open and compares it; then aborts and deletes all, collects, and finds no blob left. */
async function endEverything(directory: string, ledger: Ledger): Promise<void> {
  const { bucket } = ledger
  const server = await startServer({
    data: { directory },
    credentials: [KEY_PAIR],
    collect: { graceMs: 0, orphanAgeMs: 0 },
    // The killed process may have left a lease for reads of its own; two minutes on it is over.
    now: () => new Date(Date.now() + 120_000),
  })
  const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
  try {
    const stillOpen = ledger.openUploads().length
    expect(await ledger.completeOpenUploads(wire), `seed ${seed}`).toEqual([])
    console.log(`kill -9: ${stillOpen} uploads were still open, and came to what was acknowledged`)
    for (;;) {
      const { text } = await wire.send('GET', { bucket, query: { uploads: '' } })
      const open = [...text.matchAll(/<Key>(.*?)<\/Key>\s*<UploadId>(.*?)<\/UploadId>/gs)]
      if (open.length === 0) break
      for (const [, key = '', uploadId = ''] of open) {
        expect((await wire.abort(bucket, key, uploadId)).status).toBe(204)
      }
    }
    const { text } = await wire.send('GET', { bucket, query: { 'max-keys': '1000' } })
    for (const [, key = ''] of text.matchAll(/<Key>(.*?)<\/Key>/g)) {
      expect((await wire.send('DELETE', { bucket, key })).status).toBe(204)
    }
    await server.collectGarbage()
    expect(await blobFiles(directory)).toEqual([])
  } finally {
    wire.close()
    await server.close()
  }
}
