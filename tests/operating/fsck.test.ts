/** `lading fsck`: each kind of fault planted in a data directory, and a sound one that is in use. */

import { readdirSync } from 'node:fs'
import { appendFile, open, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OssClient as Client } from '@lading/client/node'
import { OssClient } from '@lading/client/node'
import { checkDirectory } from '@lading/server'
import { expect, onTestFinished, test } from 'vitest'
import { openEnvironment } from '../../packages/server/src/drivers/lmdb/environment.ts'
import type { Tables } from '../../packages/server/src/drivers/lmdb/tables.ts'
import { KEY_PAIR } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'
import { lading } from './command.ts'

async function served(directory: string): Promise<{ client: Client; stop(): Promise<void> }> {
  const server = await startServer({
    data: { directory },
    credentials: [KEY_PAIR],
    collect: { intervalMs: 0 },
  })
  const client = new OssClient({ endpoint: server.url, credentials: KEY_PAIR })
  const stop = async (): Promise<void> => {
    await client.close()
    await server.close({ graceMs: 0 })
  }
  onTestFinished(stop)
  return { client, stop }
}

const BODY = new Uint8Array(150_000).fill(7)

/** A store with one of everything: an object, one made of parts, an empty one, an upload, garbage. */
async function makeStore(client: Client): Promise<void> {
  await client.putBucket({ bucket: 'films' })
  await client.putObject({ bucket: 'films', key: 'plain', body: BODY })
  await client.putObject({ bucket: 'films', key: 'empty', body: '' })
  await client.putObject({ bucket: 'films', key: 'gone', body: BODY })
  await client.deleteObject({ bucket: 'films', key: 'gone' })
  for (const key of ['whole', 'open']) {
    const { uploadId } = await client.initiateMultipartUpload({ bucket: 'films', key })
    const ref = { bucket: 'films', key, uploadId } as const
    const parts = []
    for (const partNumber of [1, 2]) {
      const { etag } = await client.uploadPart({ ...ref, partNumber, body: BODY })
      parts.push({ partNumber, etag })
    }
    if (key === 'whole') await client.completeMultipartUpload({ ...ref, parts })
  }
}

async function stoppedStore(): Promise<string> {
  const directory = await temporaryDirectory()
  const { client, stop } = await served(directory)
  await makeStore(client)
  await stop()
  return directory
}

/** The blob of `films/plain`, out of the row that names it. */
async function blobOfPlain(directory: string): Promise<string> {
  const { environment, tables } = await openEnvironment(join(directory, 'meta'))
  const row = Buffer.from(tables.objects.get(Buffer.from('films\0plain')) ?? [])
  await environment.close()
  return (JSON.parse(row.subarray(1).toString()) as { entries: [[string]] }).entries[0][0]
}

/** Changes rows behind the store's back. */
async function tamper<Name extends keyof Tables>(
  directory: string,
  name: Name,
  change: (table: Tables[Name]) => void,
): Promise<void> {
  const { environment, tables } = await openEnvironment(join(directory, 'meta'))
  await environment.childTransaction(() => change(tables[name]))
  await environment.close()
}

/** Where a blob lies, given its id or the name of its file. */
function pathOf(directory: string, blob: string): string {
  const name = blob.endsWith('.2') ? blob : `${blob}.2`
  return join(directory, 'blobs', name.slice(0, 2), name)
}

async function kindsIn(directory: string, deep = false): Promise<string[]> {
  const { problems } = await checkDirectory(directory, { deep })
  return problems.map(({ kind }) => kind).sort()
}

test('a sound directory is sound, shallow and deep, and what it holds is counted', async () => {
  const directory = await stoppedStore()
  const report = await checkDirectory(directory, { deep: true })
  expect(report).toMatchObject({
    problems: [],
    buckets: 1,
    objects: 3,
    objectBytes: 3 * BODY.length,
    uploads: 1,
    parts: 2,
    partBytes: 2 * BODY.length,
    garbageBlobs: 1,
    orphanBlobs: 0,
    verifiedBytes: 5 * BODY.length,
  })
  const { code, stdout } = await lading(['fsck', directory, '--deep'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^3 objects of 439 KiB, 1 open upload with 2 parts of 293 KiB\n/)
  expect(stdout).toMatch(/\nsound\n$/)
})

test('a directory that is served and written to is sound at every moment', async () => {
  const directory = await temporaryDirectory()
  const { client } = await served(directory)
  await makeStore(client)
  let done = false
  const writing = (async () => {
    for (let n = 0; !done; n++) {
      await client.putObject({ bucket: 'films', key: `key-${n % 7}`, body: BODY.subarray(n) })
      if (n % 3 === 0) await client.deleteObject({ bucket: 'films', key: `key-${n % 5}` })
    }
  })()
  for (let round = 0; round < 5; round++) {
    expect((await checkDirectory(directory, { deep: true })).problems).toEqual([])
  }
  done = true
  await writing
})

test('a blob that is missing is told, with what named it, and nothing is done about it', async () => {
  const directory = await stoppedStore()
  await rm(pathOf(directory, await blobOfPlain(directory)))
  expect(await kindsIn(directory)).toEqual(['missing-blob'])
  const { code, stdout } = await lading(['fsck', directory, '--repair'])
  expect(code).toBe(7)
  expect(stdout).toContain('object films/plain names the blob')
})

test.each(['shorter', 'longer'])('a blob that became %s is told', async (kind) => {
  const directory = await stoppedStore()
  const path = pathOf(directory, await blobOfPlain(directory))
  if (kind === 'shorter') await truncate(path, BODY.length - 1)
  else await appendFile(path, 'x')
  expect(await kindsIn(directory)).toEqual(['blob-size'])
})

test('a byte that flipped is found by --deep, in an object, a part of one, and a part', async () => {
  const directory = await stoppedStore()
  for (const name of await blobFiles(directory)) {
    const file = await open(pathOf(directory, name), 'r+')
    if ((await file.stat()).size > 0) await file.write(new Uint8Array([8]), 0, 1, 1_000)
    await file.close()
  }
  expect(await kindsIn(directory)).toEqual([])
  expect(await kindsIn(directory, true)).toEqual(['damaged', 'damaged', 'damaged', 'damaged'])
  const { code, stdout } = await lading(['fsck', directory, '--deep', '--json'])
  expect(code).toBe(7)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string })
  expect(events.map(({ event }) => event)).toEqual([...Array(4).fill('problem'), 'checked'])
})

test('a file that nothing names is an orphan, which is no fault', async () => {
  const directory = await stoppedStore()
  await writeFile(pathOf(directory, '0123456789abcdef0123456789abcdef'), 'left behind')
  const report = await checkDirectory(directory)
  expect(report.problems).toEqual([])
  expect(report.orphanBlobs).toBe(1)
})

test('a named blob that the collector would take is told, and kept by --repair', async () => {
  const directory = await stoppedStore()
  const blob = Buffer.from(await blobOfPlain(directory), 'hex')
  await tamper(directory, 'blobs', (table) => void table.removeSync(blob))
  expect(await kindsIn(directory)).toEqual(['unclaimed-blob'])
  expect((await lading(['fsck', directory])).code).toBe(1)
  expect((await lading(['fsck', directory, '--repair'])).code).toBe(0)
  expect(await kindsIn(directory)).toEqual([])
})

test('a claim that nothing uses is told, and taken back by --repair', async () => {
  const directory = await stoppedStore()
  await tamper(
    directory,
    'blobs',
    (table) => void table.putSync(Buffer.alloc(16, 9), Buffer.alloc(0)),
  )
  expect(await kindsIn(directory)).toEqual(['idle-claim'])
  expect((await checkDirectory(directory, { repair: true })).repaired).toBe(1)
  expect(await kindsIn(directory)).toEqual([])
})

test('a blob that is condemned although it is named is told', async () => {
  const directory = await stoppedStore()
  const blob = Buffer.from(await blobOfPlain(directory), 'hex')
  await tamper(directory, 'condemned', (table) => void table.putSync(blob, Buffer.alloc(0)))
  expect(await kindsIn(directory)).toEqual(['doomed-blob'])
})

test('counts that are wrong are told, and made right by --repair', async () => {
  const directory = await stoppedStore()
  await tamper(directory, 'usage', (table) => {
    table.removeSync(Buffer.from('films'))
  })
  expect(await kindsIn(directory)).toEqual(['wrong-count'])
  expect((await checkDirectory(directory, { repair: true })).repaired).toBe(1)
  expect(await kindsIn(directory)).toEqual([])
})

test('rows that contradict one another, or cannot be read, are told', async () => {
  const directory = await stoppedStore()
  await tamper(directory, 'states', (table) => {
    table.putSync(Buffer.alloc(16, 1), Buffer.alloc(25, 1))
  })
  await tamper(directory, 'objects', (table) => {
    table.putSync(Buffer.from('films\0torn'), Buffer.from([1, 0x7b]))
  })
  expect((await kindsIn(directory)).filter((kind) => kind === 'contradiction')).toHaveLength(2)
})

test('a path without a data directory is refused, and stays as it was', async () => {
  const directory = await temporaryDirectory()
  const { code, stderr } = await lading(['fsck', directory])
  expect(code).toBe(3)
  expect(stderr).toContain('is no data directory')
  expect(readdirSync(directory)).toEqual([])
})
