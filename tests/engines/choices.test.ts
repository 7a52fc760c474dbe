/** Which engines a server may have, what it says while one is gone, and what it loads. */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { OssClient } from '@lading/client/node'
import type { ServerOptions } from '@lading/server'
import * as lading from '@lading/server'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { describeWithEngines, useEngines } from './use-engines.ts'

const credentials = [{ accessKeyId: 'LTAI-gateways', accessKeySecret: 'a secret of gateways' }]
const masterKey = '17'.repeat(32)

describeWithEngines('engines of a server, with a PostgreSQL and a Ceph', () => {
  const { database, engine, fresh } = useEngines()

  const start = async (options: ServerOptions): Promise<lading.RunningServer> => {
    const server = await lading.startServer({ credentials, masterKey, ...options })
    onTestFinished(() => server.close())
    return server
  }

  const anyOf = {
    data: async () => ({ directory: await temporaryDirectory() }),
    metadata: () => database.fresh(),
    blobs: () => engine.fresh(),
  }

  test.each([
    ['memory and memory', []],
    ['LMDB and files', ['data']],
    ['LMDB and S3', ['data', 'blobs']],
    ['PostgreSQL and memory', ['metadata']],
    ['PostgreSQL and files', ['data', 'metadata']],
    ['PostgreSQL and S3', ['metadata', 'blobs']],
  ] as const)('a server over %s keeps an upload', async (_, chosen) => {
    const options: Record<string, unknown> = {}
    for (const name of chosen) options[name] = await anyOf[name]()
    const server = await start(options)
    const client = clientOf(server)
    const bytes = new Uint8Array(300_000).fill(7)
    await client.putBucket({ bucket: 'docks' })
    const target = { bucket: 'docks', key: 'crate' }
    const { uploadId } = await client.initiateMultipartUpload(target)
    for (const partNumber of [1, 2]) {
      await client.uploadPart({ ...target, uploadId, partNumber, body: bytes })
    }
    const { parts } = await client.listParts({ ...target, uploadId })
    await client.completeMultipartUpload({ ...target, uploadId, parts })
    const read = await client.getObject(target)
    expect((await readAll(read.body)).length).toBe(600_000)
    const report = await server.collectGarbage()
    expect(report).toMatchObject({ orphanBlobs: 0, failures: 0 })
  })

  test('bytes in an engine are not named by metadata that is forgotten', async () => {
    await expect(start({ blobs: engine.fresh() })).rejects.toThrow(/give metadata/)
  })

  test('what one gateway stored another one serves, also encrypted', async () => {
    const shared = await fresh()
    const [one, other] = [await start(shared), await start(shared)]
    await clientOf(one).putBucket({ bucket: 'docks' })
    await clientOf(one).putObject({
      bucket: 'docks',
      key: 'sealed',
      body: new TextEncoder().encode('what is inside'),
      serverSideEncryption: 'AES256',
    })
    const read = await clientOf(other).getObject({ bucket: 'docks', key: 'sealed' })
    expect(new TextDecoder().decode(await readAll(read.body))).toBe('what is inside')
  })

  test('a server says that it is not ready while its database or its engine is gone', async () => {
    const server = await start(await fresh())
    const status = async (): Promise<number> => (await fetch(`${server.url}/-/health/ready`)).status
    expect(await status()).toBe(200)
    await database.server.kill()
    await until(async () => (await status()) === 503)
    const answer = await fetch(`${server.url}/docks/crate`)
    expect(answer.status).toBe(503)
    await database.server.start()
    await until(async () => (await status()) === 200)
    await engine.cluster.killRgw(0)
    await until(async () => (await status()) === 503)
    await engine.cluster.startRgw(0)
    await until(async () => (await status()) === 200)
  })
})

test('a server without them loads neither the package of PostgreSQL nor that of S3', async () => {
  const loaded = async (more: string): Promise<string> => {
    const program = `
      const { createRequire } = await import('node:module')
      const { startServer } = await import('@lading/server')
      const server = await startServer()
      await fetch(server.url)
      await server.close()
      ${more}
      console.log(Object.keys(createRequire(import.meta.url).cache).join('\\n'))`
    const args = ['--input-type=module', '--eval', program]
    return (await promisify(execFile)(process.execPath, args, { cwd: 'packages/cli' })).stdout
  }
  const ofEither = /node_modules\/(pg|@aws-sdk\/client-s3)\//
  expect(await loaded('')).not.toMatch(ofEither)
  expect(await loaded("await import('pg')")).toMatch(ofEither)
})

function clientOf({ url, credentials: pair }: lading.RunningServer): OssClient {
  const client = new OssClient({ endpoint: url, credentials: pair })
  onTestFinished(() => client.close())
  return client
}

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
