/**
 * A process that opens the store tells all others which commit is the newest, from what it read a
 * moment earlier. What is committed in that moment must not be lost for it.
 */

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { etagOf, OssWire } from '../support/oss-wire.ts'
import { canPreload, libraryOf } from '../support/preload.ts'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const BUCKET = 'crash-bucket'
const KEY = 'object'

test.runIf(canPreload).each([1, 2])(
  'parts that were acknowledged while another process opened the store are there: %i of them',
  { timeout: 60_000 },
  async (parts) => {
    const directory = await temporaryDirectory()
    const gate = join(await temporaryDirectory(), 'gate')
    const server = await serveProcess(directory)
    onTestFinished(() => server.kill())
    const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
    await wire.putBucket(BUCKET)
    const uploadId = await wire.initiate(BUCKET, KEY)
    const send = async (partNumber: number): Promise<void> => {
      const { status } = await wire.uploadPart(BUCKET, KEY, uploadId, partNumber, bytes(partNumber))
      expect(status).toBe(200)
    }

    const opening = serveProcess(directory, {
      env: { LD_PRELOAD: libraryOf(new URL('lmdb-moments.c', import.meta.url)), LADING_GATE: gate },
    })
    await until(() => existsSync(`${gate}.reached`))
    for (let partNumber = 1; partNumber <= parts; partNumber++) await send(partNumber)
    writeFileSync(gate, '')
    const other = await opening
    onTestFinished(() => other.kill())
    const otherWire = new OssWire({ port: other.port, credentials: KEY_PAIR })

    const acknowledged = Array.from({ length: parts }, (_, index) => index + 1)
    expect(await partNumbers(otherWire, uploadId)).toEqual(acknowledged)
    expect(await partNumbers(wire, uploadId)).toEqual(acknowledged)
    // What is written next must stand on it.
    await send(parts + 1)
    expect(await partNumbers(otherWire, uploadId)).toEqual([...acknowledged, parts + 1])
    const listed = [...((await wire.listParts(BUCKET, KEY, uploadId)) ?? [])]
    expect(listed.map(([, etag]) => etag)).toEqual(
      listed.map(([partNumber]) => etagOf(bytes(partNumber))),
    )
    expect((await otherWire.complete(BUCKET, KEY, uploadId, listed)).status).toBe(200)
    wire.close()
    otherWire.close()
  },
)

async function partNumbers(wire: OssWire, uploadId: string): Promise<number[]> {
  return [...((await wire.listParts(BUCKET, KEY, uploadId)) ?? new Map<number, string>()).keys()]
}

function bytes(partNumber: number): Uint8Array {
  return new Uint8Array(102_400).fill(partNumber)
}
