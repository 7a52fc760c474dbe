/** Bodies have no longest duration: however long a part takes, the collector must not make its answer a lie. */

import { expect, test } from 'vitest'
import { etagOf, OssWire } from '../support/oss-wire.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { startServer } from '../support/server.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const BUCKET = 'slow-bucket'
const credentials = { accessKeyId: 'slow-key', accessKeySecret: 'slow-secret' }

test('a part that takes longer than any grace period is kept or refused with a retryable 503, never acknowledged and lost', async () => {
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  const directory = await temporaryDirectory()
  const server = await startServer({
    data: { directory },
    credentials: [credentials],
    // Every blob that no row names is old enough to be swept at once.
    collect: { graceMs: 0, orphanAgeMs: 0 },
  })
  // Another one over the same directory, as with several workers: it does not know what the first
  // is writing, and takes it for left behind.
  const other = await startServer({
    data: { directory },
    credentials: [credentials],
    collect: { graceMs: 0, orphanAgeMs: 0 },
  })
  const wire = new OssWire({ port: server.port, credentials })
  const outcomes = { kept: 0, refused: 0 }
  try {
    await wire.putBucket(BUCKET)
    for (let round = 0; round < 40; round += 1) {
      const key = `slow/${round}`
      const uploadId = await wire.initiate(BUCKET, key)
      // Above what is gathered before the first write, so that the sweeper can see the file.
      const bytes = random.bytes(700_000)
      const sweeps = round % 4
      const before = (await blobFiles(directory)).length
      async function* slowly(): AsyncIterable<Uint8Array> {
        yield bytes.subarray(0, 600_000)
        if (sweeps > 0) await until(async () => (await blobFiles(directory)).length > before)
        const collector = round % 2 === 0 ? server : other
        for (let sweep = 0; sweep < sweeps; sweep += 1) await collector.collectGarbage()
        yield bytes.subarray(600_000)
      }
      const answer = await wire.uploadPart(BUCKET, key, uploadId, 1, slowly(), {
        contentLength: bytes.length,
      })
      await other.collectGarbage()
      if (answer.status === 200) {
        outcomes.kept += 1
        expect((await wire.complete(BUCKET, key, uploadId, [[1, etagOf(bytes)]])).status).toBe(200)
        await server.collectGarbage()
        const got = await wire.send('GET', { bucket: BUCKET, key })
        expect(got.bytes.equals(bytes), `seed ${seed}, round ${round}`).toBe(true)
      } else {
        outcomes.refused += 1
        expect([answer.status, answer.code]).toEqual([503, 'ServiceUnavailable'])
        expect(await wire.listParts(BUCKET, key, uploadId)).toEqual(new Map())
        expect((await wire.uploadPart(BUCKET, key, uploadId, 1, bytes)).status).toBe(200)
      }
    }
    console.log(`slow parts: ${JSON.stringify(outcomes)} (seed ${seed})`)
    expect(outcomes.kept).toBeGreaterThan(0)
    expect(outcomes.refused).toBeGreaterThan(0)
  } finally {
    wire.close()
    await other.close()
    await server.close()
  }
})
