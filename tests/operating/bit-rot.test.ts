/**
 * Bytes that changed on the disk behind the server's back, in blobs and in rows: they are told by what
 * reads them, and never served.
 */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OssClient } from '@lading/client/node'
import { checkDirectory, type RunningServer } from '@lading/server'
import { open } from 'lmdb'
import { expect, onTestFinished, test } from 'vitest'
import { openEnvironment } from '../../packages/server/src/drivers/lmdb/environment.ts'
import { OssWire } from '../support/oss-wire.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const BODY = new Uint8Array(300_000).map((_, at) => at % 251)
const BLOCK = 128 * 1024

const binary = {
  encoding: 'binary',
  keyEncoding: 'binary',
  noSubdir: false,
  maxDbs: 64,
} as const

async function serve(directory: string, lines: string[] = [], scrubRate = 0) {
  const server: RunningServer = await startServer({
    data: { directory },
    credentials: [KEY_PAIR],
    collect: { intervalMs: 0 },
    scrubRate,
    log: { write: (line) => lines.push(line) },
  })
  const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
  const stop = async (): Promise<void> => {
    wire.close()
    await server.close({ graceMs: 0 })
  }
  onTestFinished(stop)
  return { server, wire, stop }
}

/** One of everything that a row can be of. */
async function stoppedStore(): Promise<string> {
  const directory = await temporaryDirectory()
  const { server, stop } = await serve(directory)
  const client = new OssClient({ endpoint: server.url, credentials: KEY_PAIR })
  await client.putBucket({ bucket: 'films' })
  await client.putBucketVersioning({ bucket: 'films', versioning: 'Enabled' })
  for (const body of ['older', BODY]) await client.putObject({ bucket: 'films', key: 'a', body })
  await client.putObject({ bucket: 'films', key: 'gone', body: 'x' })
  await client.deleteObject({ bucket: 'films', key: 'gone' })
  for (const key of ['of parts', 'open']) {
    const { uploadId } = await client.initiateMultipartUpload({ bucket: 'films', key })
    const ref = { bucket: 'films', key, uploadId } as const
    const { etag } = await client.uploadPart({ ...ref, partNumber: 1, body: BODY })
    if (key === 'of parts') {
      await client.completeMultipartUpload({ ...ref, parts: [{ partNumber: 1, etag }] })
    }
  }
  await client.close()
  await stop()
  return directory
}

async function flipIn(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 0x20
  await writeFile(path, bytes)
}

test('a byte of an object that changed is never served, and whatever is sound still is', async () => {
  const directory = await temporaryDirectory()
  const first = await serve(directory)
  await first.wire.send('PUT', { bucket: 'films' })
  await first.wire.send('PUT', { bucket: 'films', key: 'a', body: BODY })
  await first.stop()
  const [name = ''] = await blobFiles(directory)
  await flipIn(join(directory, 'blobs', name.slice(0, 2), name), BLOCK + 4 + 10)

  const lines: string[] = []
  const { wire } = await serve(directory, lines)
  const get = (range?: string) =>
    wire.send('GET', { bucket: 'films', key: 'a', ...(range && { headers: { Range: range } }) })
  // Within the second block: nothing was sent yet, so that the refusal can say so.
  const inIt = await get(`bytes=${BLOCK + 5}-${BLOCK + 15}`)
  expect([inIt.status, inIt.code]).toEqual([500, 'InternalError'])
  expect(inIt.text).not.toContain('Blob')
  const beside = await get('bytes=0-99')
  expect(beside.status).toBe(206)
  expect(Buffer.compare(beside.bytes, BODY.subarray(0, 100))).toBe(0)
  const behind = await get(`bytes=${2 * BLOCK}-${2 * BLOCK + 9}`)
  expect(Buffer.compare(behind.bytes, BODY.subarray(2 * BLOCK, 2 * BLOCK + 10))).toBe(0)
  // All of it: the first block is sound and goes out, and then the connection is cut.
  await expect(get()).rejects.toThrow()
  expect(lines.filter((line) => line.includes('are not those that were written'))).toHaveLength(2)
})

test('a part whose bytes changed is not copied into an object', async () => {
  const directory = await temporaryDirectory()
  const first = await serve(directory)
  await first.wire.send('PUT', { bucket: 'films' })
  await first.wire.send('PUT', { bucket: 'films', key: 'a', body: BODY })
  await first.stop()
  const [name = ''] = await blobFiles(directory)
  await flipIn(join(directory, 'blobs', name.slice(0, 2), name), 100)
  const { wire } = await serve(directory)
  const headers = { 'x-oss-copy-source': '/films/a' }
  const copy = await wire.send('PUT', { bucket: 'films', key: 'b', headers })
  expect(copy.status).toBe(500)
  expect((await wire.send('HEAD', { bucket: 'films', key: 'b' })).status).toBe(404)
})

test('a byte of any row that changed is told by fsck, whichever table it is of', async () => {
  const directory = await stoppedStore()
  const seed = seedFromEnvironment()
  const random = new Random(seed)
  const path = join(directory, 'meta')
  const tables = await tablesWithRows(path)
  console.log(`bit rot: seed ${seed}, tables ${tables.join(', ')}`)
  expect(tables).toEqual(
    expect.arrayContaining([
      'blobs',
      'buckets',
      'objects',
      'parts',
      'small',
      'states',
      'uploads',
      'usage',
    ]),
  )
  for (const table of tables) {
    const undo = await flipInRow(path, table, random)
    const { problems } = await checkDirectory(directory)
    const damaged = problems.filter(({ kind }) => kind === 'damaged-row')
    expect(damaged, `${table}, seed ${seed}`).toHaveLength(1)
    expect(damaged[0]?.what).toContain(`the table ${table} `)
    await undo()
  }
  expect((await checkDirectory(directory)).problems).toEqual([])
})

test('a row that changed is refused where it is asked for, and the rest is served', async () => {
  const directory = await stoppedStore()
  const { wire, stop } = await serve(directory)
  const get = (key: string) => wire.send('GET', { bucket: 'films', key })
  expect((await get('a')).status).toBe(200)
  await stop()
  await flipInRow(join(directory, 'meta'), 'objects', new Random(1), 'films\0a')
  const again = await serve(directory)
  const damaged = await again.wire.send('GET', { bucket: 'films', key: 'a' })
  expect([damaged.status, damaged.code]).toEqual([500, 'InternalError'])
  const sound = await again.wire.send('GET', { bucket: 'films', key: 'of parts' })
  expect(Buffer.compare(sound.bytes, BODY)).toBe(0)
})

test('what only a damaged row names is not given up by --repair', async () => {
  const directory = await stoppedStore()
  const blobs = await blobFiles(directory)
  await flipInRow(join(directory, 'meta'), 'objects', new Random(1), 'films\0a')
  const report = await checkDirectory(directory, { repair: true })
  expect(report.problems.map(({ kind }) => kind)).toContain('idle-claim')
  expect(report.problems.filter(({ repairable }) => repairable)).toEqual([])
  expect(report.repaired).toBe(0)
  const { server } = await serve(directory)
  await server.collectGarbage()
  expect(await blobFiles(directory)).toEqual(blobs)
})

test('a blob whose claim cannot be found because its key changed is not taken for nobody’s', async () => {
  const directory = await stoppedStore()
  const blobs = await blobFiles(directory)
  const environment = open<Buffer, Buffer>({ path: join(directory, 'meta'), ...binary })
  const claims = environment.openDB<Buffer, Buffer>({ ...binary, name: 'blobs' })
  const key = Buffer.from(blobs[0]?.slice(0, 32) ?? '', 'hex')
  const value = claims.get(key)
  if (value) {
    const changed = Buffer.from(key)
    changed[15] = (changed[15] ?? 0) ^ 1
    await claims.remove(key)
    await claims.put(changed, Buffer.from(value))
  }
  await environment.close()
  const server = await startServer({
    data: { directory },
    credentials: [KEY_PAIR],
    collect: { intervalMs: 0, graceMs: 0, orphanAgeMs: 0 },
    now: () => new Date(Date.now() + 60_000),
  })
  onTestFinished(() => server.close({ graceMs: 0 }))
  await expect(server.collectGarbage()).rejects.toThrow('of the table blobs is not what was')
  expect(await blobFiles(directory)).toEqual(blobs)
})

test('the scrub tells of a row that changed', async () => {
  const directory = await stoppedStore()
  await flipInRow(join(directory, 'meta'), 'parts', new Random(1))
  const lines: string[] = []
  await serve(directory, lines, 1e12)
  await until(() => lines.some((line) => line.includes('A row of the table parts')))
})

async function tablesWithRows(path: string): Promise<string[]> {
  const { environment, tables } = await openEnvironment(path)
  const names = Object.entries(tables).filter(([, table]) => table.count() > 0)
  await environment.close()
  // Of `meta` the row that says the format is what opening looks at.
  return names.map(([name]) => name).filter((name) => name !== 'meta')
}

/** Changes a byte of a row as it lies in LMDB; resolves with what puts it back. */
async function flipInRow(
  path: string,
  table: string,
  random: Random,
  wanted?: string,
): Promise<() => Promise<void>> {
  const change = async (
    act: (rows: import('lmdb').Database<Buffer, Buffer>) => Promise<unknown>,
  ) => {
    const environment = open<Buffer, Buffer>({ path, ...binary })
    await act(environment.openDB<Buffer, Buffer>({ ...binary, name: table }))
    await environment.close()
  }
  let undo: { key: Buffer; value: Buffer } | undefined
  await change(async (rows) => {
    const all = [...rows.getRange({})].map(({ key, value }) => {
      return { key: Buffer.from(key), value: Buffer.from(value) }
    })
    const row = wanted
      ? all.find(({ key }) => key.toString() === wanted)
      : all[random.between(0, all.length - 1)]
    if (!row) throw new Error(`There is no such row in ${table}.`)
    undo = row
    const changed = Buffer.from(row.value)
    const at = random.between(0, changed.length - 1)
    changed[at] = (changed[at] ?? 0) ^ (1 << random.between(0, 7))
    await rows.put(row.key, changed)
  })
  return () =>
    change((rows) => rows.put(undo?.key ?? Buffer.alloc(1), undo?.value ?? Buffer.alloc(0)))
}
