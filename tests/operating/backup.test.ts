/** `lading backup`: a copy of a directory that is served and written to, and what becomes of it. */

import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { OssClient } from '@lading/client/node'
import { backUpDirectory, checkDirectory } from '@lading/server'
import { expect, onTestFinished, test } from 'vitest'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'
import { lading } from './command.ts'

function clientOf(url: string): OssClient {
  const client = new OssClient({ endpoint: url, credentials: KEY_PAIR })
  onTestFinished(() => client.close())
  return client
}

async function served(directory: string) {
  const server = await startServer({
    data: { directory },
    credentials: [KEY_PAIR],
    // Collected as fast as can be: what a copy still needs must be kept by more than its youth.
    collect: { graceMs: 0, intervalMs: 5 },
  })
  const stop = (): Promise<void> => server.close({ graceMs: 0 })
  onTestFinished(stop)
  return { server, client: clientOf(server.url), stop }
}

function bodyOf(n: number): Buffer {
  return Buffer.alloc(120_000, `body ${n} `)
}

async function read(client: OssClient, key: string): Promise<Buffer> {
  return await buffer((await client.getObject({ bucket: 'films', key })).body)
}

test('a backup under load is sound and has all that was acknowledged before it began', async () => {
  const directory = join(await temporaryDirectory(), 'data')
  const target = join(await temporaryDirectory(), 'copy')
  const server = await serveProcess(directory, { args: ['--workers', '2'] })
  onTestFinished(async () => {
    if (server.child.exitCode === null && server.child.signalCode === null) await server.kill()
  })
  const client = clientOf(`http://127.0.0.1:${server.port}`)
  await client.putBucket({ bucket: 'films' })
  for (let n = 0; n < 30; n++) {
    await client.putObject({ bucket: 'films', key: `kept-${n}`, body: bodyOf(n) })
  }
  const { uploadId } = await client.initiateMultipartUpload({ bucket: 'films', key: 'open' })
  const part = { bucket: 'films', key: 'open', uploadId } as const
  const { etag } = await client.uploadPart({ ...part, partNumber: 1, body: bodyOf(77) })

  let done = false
  const writing = Array.from({ length: 3 }, async (_, writer) => {
    for (let n = 0; !done; n++) {
      const key = `busy-${writer}-${n % 5}`
      await client.putObject({ bucket: 'films', key, body: bodyOf(n) })
      if (n % 4 === 0) await client.deleteObject({ bucket: 'films', key })
    }
  })
  const { code, stdout, stderr } = await lading(['backup', directory, target, '--json'])
  done = true
  await Promise.all(writing)
  expect([code, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toMatchObject({ event: 'backed-up', target })
  expect(await server.stop()).toBe(0)

  expect((await checkDirectory(target, { deep: true })).problems).toEqual([])
  const restored = await served(target)
  for (let n = 0; n < 30; n++) {
    expect((await read(restored.client, `kept-${n}`)).equals(bodyOf(n))).toBe(true)
  }
  await restored.client.completeMultipartUpload({ ...part, parts: [{ partNumber: 1, etag }] })
  expect((await read(restored.client, 'open')).equals(bodyOf(77))).toBe(true)
})

test('what is deleted while a backup runs is still in it, however fast it is collected', async () => {
  const directory = await temporaryDirectory()
  const target = join(await temporaryDirectory(), 'copy')
  const { server, client } = await served(directory)
  await client.putBucket({ bucket: 'films' })
  const count = 20
  for (let n = 0; n < count; n++) {
    await client.putObject({ bucket: 'films', key: `key-${n}`, body: bodyOf(n) })
  }
  let deleting: Promise<void> | undefined
  const deleteAll = async (): Promise<void> => {
    for (let n = 0; n < count; n++) await client.deleteObject({ bucket: 'films', key: `key-${n}` })
    await server.collectGarbage()
  }
  const report = await backUpDirectory(directory, target, {
    // Nothing more is copied until all is deleted, and collected as far as it may be.
    onProgress: async () => {
      deleting ??= deleteAll()
      await deleting
    },
  })
  expect(deleting).toBeDefined()
  expect(report.check.objects).toBe(count)
  expect((await checkDirectory(target, { deep: true })).problems).toEqual([])
})

test('a backup that was broken off goes on where it was, and has its name only at its end', async () => {
  const directory = await temporaryDirectory()
  const target = join(await temporaryDirectory(), 'copy')
  const { client } = await served(directory)
  await client.putBucket({ bucket: 'films' })
  for (let n = 0; n < 20; n++) {
    await client.putObject({ bucket: 'films', key: `key-${n}`, body: bodyOf(n) })
  }
  const stop = new AbortController()
  let copied = 0
  const broken = backUpDirectory(directory, target, {
    signal: stop.signal,
    onProgress: () => {
      copied += 1
      if (copied === 8) stop.abort(new Error('broken off'))
    },
  })
  await expect(broken).rejects.toThrow('broken off')
  await expect(stat(target)).rejects.toThrow('ENOENT')

  await client.putObject({ bucket: 'films', key: 'later', body: bodyOf(99) })
  const report = await backUpDirectory(directory, target)
  expect(report.blobs).toBe(21)
  expect(report.keptBlobs).toBeGreaterThanOrEqual(8)
  expect((await checkDirectory(target, { deep: true })).problems).toEqual([])
  await expect(stat(`${target}.unfinished`)).rejects.toThrow('ENOENT')
})

test('the key pair is copied, for its owner alone', async () => {
  const directory = await temporaryDirectory()
  const target = join(await temporaryDirectory(), 'copy')
  const server = await startServer({ data: { directory } })
  await server.close()
  await backUpDirectory(directory, target)
  const name = 'credentials.json'
  expect(await readFile(join(target, name))).toEqual(await readFile(join(directory, name)))
  expect((await stat(join(target, name))).mode & 0o777).toBe(0o600)
})

test('a target that exists is refused, and so is a directory without data', async () => {
  const directory = await temporaryDirectory()
  const server = await startServer({ data: { directory } })
  await server.close()
  const target = join(await temporaryDirectory(), 'copy')
  await mkdir(target)
  await writeFile(join(target, 'mine'), 'mine')
  const refused = await lading(['backup', directory, target])
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is there already')])
  expect(await readdir(target)).toEqual(['mine'])
  const empty = await temporaryDirectory()
  expect((await lading(['backup', empty, `${target}-2`])).code).toBe(1)
  expect(await readdir(empty)).toEqual([])
})

test('a source that is not sound is told, and its copy does not get the name', async () => {
  const directory = await temporaryDirectory()
  const { client, stop } = await served(directory)
  await client.putBucket({ bucket: 'films' })
  await client.putObject({ bucket: 'films', key: 'a', body: bodyOf(1) })
  await stop()
  const [blob = ''] = await blobFiles(directory)
  const path = join(directory, 'blobs', blob.slice(0, 2), blob)
  await rename(path, `${path}.away`)
  const target = join(await temporaryDirectory(), 'copy')
  await expect(backUpDirectory(directory, target)).rejects.toThrow('films/a')
  await expect(stat(target)).rejects.toThrow('ENOENT')
  await rename(`${path}.away`, path)
  await backUpDirectory(directory, target)
  await rm(target, { recursive: true })
})
