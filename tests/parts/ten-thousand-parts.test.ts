/** The largest upload there is, by number of parts, on the durable drivers. */

import { expect, test } from 'vitest'
import { elementOf, etagOf, OssWire, objectETagOf } from '../support/oss-wire.ts'
import { Random } from '../support/random.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const PARTS = 10_000
const PART = 102_400
const credentials = { accessKeyId: 'many-key', accessKeySecret: 'many-secret' }

test('10,000 parts: uploaded, listed through all pages, completed, read across part boundaries', async () => {
  const server = await startServer({
    data: { directory: await temporaryDirectory() },
    credentials: [credentials],
  })
  const wire = new OssWire({ port: server.port, credentials, maxSockets: 16 })
  try {
    const bucket = 'many-parts'
    await wire.putBucket(bucket)
    const uploadId = await wire.initiate(bucket, 'big')
    // Few different parts keep the test's own hashing small; their order makes every boundary differ.
    const random = new Random(4711)
    const kinds = Array.from({ length: 7 }, () => random.bytes(PART))
    const etags = kinds.map(etagOf)
    const kindOf = (partNumber: number): number => (partNumber * partNumber) % kinds.length
    let next = 1
    const send = async (): Promise<void> => {
      while (next <= PARTS) {
        const partNumber = next++
        const kind = kindOf(partNumber)
        const bytes = kinds[kind] ?? Buffer.alloc(0)
        const answer = await wire.uploadPart(bucket, 'big', uploadId, partNumber, bytes)
        if (answer.headers.etag !== `"${etags[kind]}"`) throw new Error(answer.text)
      }
    }
    await Promise.all(Array.from({ length: 16 }, send))

    const listed = await wire.listParts(bucket, 'big', uploadId)
    expect([...(listed?.keys() ?? [])]).toEqual(Array.from({ length: PARTS }, (_, at) => at + 1))

    const parts = [...(listed ?? [])]
    const completed = await wire.complete(bucket, 'big', uploadId, parts)
    expect(completed.status).toBe(200)
    expect(elementOf(completed.text, 'ETag')?.replaceAll('&quot;', '"')).toBe(
      `"${objectETagOf(parts.map(([, etag]) => etag))}"`,
    )

    const byteAt = (offset: number): number => {
      const kind = kinds[kindOf(Math.floor(offset / PART) + 1)]
      return kind?.[offset % PART] ?? -1
    }
    const ranges = [0, 1, 4999, 9998, 9999].map((part): [number, number] => [
      Math.max(0, part * PART - 3),
      Math.min(PARTS * PART - 1, part * PART + 2 * PART + 3),
    ])
    for (const [first, last] of [...ranges, [PARTS * PART - 1, PARTS * PART - 1] as const]) {
      const got = await wire.send('GET', {
        bucket,
        key: 'big',
        headers: { Range: `bytes=${first}-${last}` },
      })
      expect(got.status).toBe(206)
      expect(got.headers['content-range']).toBe(`bytes ${first}-${last}/${PARTS * PART}`)
      expect(got.bytes.every((byte, at) => byte === byteAt(first + at))).toBe(true)
      expect(got.bytes).toHaveLength(last - first + 1)
    }
  } finally {
    wire.close()
    await server.close()
  }
})
