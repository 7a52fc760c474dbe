/** Stores to be moved, and all that a client is shown of one. */

import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileCheckpoints, OssClient, upload } from '@lading/client/node'
import * as lading from '@lading/server'
import { expect, onTestFinished } from 'vitest'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'

export const masterKey: string = '17'.repeat(32)
export const seed: number = seedFromEnvironment()
export const random: Random = new Random(seed)
export const KiB = 1024

export interface Stored {
  readonly directory: string
  /** Where its server listened. */
  readonly port: number
  /** All that its server showed. */
  readonly truth: readonly unknown[]
}

export async function stored(fill: (client: OssClient) => Promise<void>): Promise<Stored> {
  const directory = await temporaryDirectory()
  const options = { data: { directory }, credentials: [KEY_PAIR], masterKey, port: 0 }
  const server = await lading.startServer({ ...options, collect: { intervalMs: 0 } })
  const client = await clientOf(server)
  await fill(client)
  const truth = await shownBy(client)
  await client.close()
  await server.close({ graceMs: 0 })
  return { directory, port: server.port, truth }
}

/** Objects that each have a file. */
export async function smallStore(count: number): Promise<Stored> {
  return await stored(async (client) => {
    await client.putBucket({ bucket: 'films' })
    const keys = Array.from({ length: count }, (_, at) => `key-${at}`)
    for (let at = 0; at < count; at += 20) {
      const some = keys.slice(at, at + 20)
      const put = (key: string) =>
        client.putObject({ bucket: 'films', key, body: random.bytes(20 * KiB) })
      await Promise.all(some.map(put))
    }
  })
}

/** One of everything; `resume` goes on with the upload that was interrupted, at another server. */
export async function fullStore(): Promise<Stored & { resume(client: OssClient): Promise<void> }> {
  const place = await temporaryDirectory()
  const path = join(place, 'movie.mov')
  const movie = random.bytes(550 * KiB)
  await writeFile(path, movie)
  const target = { bucket: 'films', key: 'movie.mov' }
  const how = {
    partSize: 100 * KiB,
    parallel: 1,
    checkpoint: fileCheckpoints({ directory: join(place, 'checkpoints') }),
  }
  const store = await stored(async (client) => {
    await client.putBucket({ bucket: 'films' })
    await client.putBucket({ bucket: 'kept-versions' })
    await client.putBucketVersioning({ bucket: 'kept-versions', versioning: 'Enabled' })
    await client.putBucketTags({ bucket: 'films', tagging: { of: 'a test' } })
    await client.putBucketAcl({ bucket: 'films', acl: 'public-read' })
    const films = { bucket: 'films' }
    for (const [key, size] of Object.entries({ empty: 0, small: 100, file: 300 * KiB })) {
      await client.putObject({
        ...films,
        key,
        body: random.bytes(size),
        contentType: 'video/quicktime',
        metadata: { made: 'by hand' },
        tagging: { of: key },
      })
    }
    // Longer than one object of the engine.
    await client.putObject({ ...films, key: 'großes', body: random.bytes(9 * KiB * KiB) })
    for (const serverSideEncryption of ['AES256', 'KMS']) {
      const key = `sealed with ${serverSideEncryption}`
      await client.putObject({ ...films, key, body: random.bytes(70 * KiB), serverSideEncryption })
    }
    await client.appendObject({ ...films, key: 'log', position: 0, body: random.bytes(40 * KiB) })
    await client.appendObject({
      ...films,
      key: 'log',
      position: 40 * KiB,
      body: random.bytes(30 * KiB),
    })
    await client.putSymlink({ ...films, key: 'link', symlinkTarget: 'file' })
    // More parts than an object's row holds itself.
    for (const key of ['of parts', 'open', 'sealed parts']) {
      const upload = { ...films, key }
      const sealed = key === 'sealed parts' ? { serverSideEncryption: 'AES256' } : {}
      const { uploadId } = await client.initiateMultipartUpload({ ...upload, ...sealed })
      for (let partNumber = 1; partNumber <= 20; partNumber++) {
        const body = random.bytes(partNumber === 20 ? 1 : 100 * KiB)
        await client.uploadPart({ ...upload, uploadId, partNumber, body })
      }
      if (key === 'open') continue
      const { parts } = await client.listParts({ ...upload, uploadId })
      await client.completeMultipartUpload({ ...upload, uploadId, parts })
    }
    const versions = { bucket: 'kept-versions' }
    for (const key of ['twice', 'deleted', 'restored']) {
      for (const body of [random.bytes(50 * KiB), random.bytes(10)]) {
        await client.putObject({ ...versions, key, body })
      }
    }
    for (const key of ['deleted', 'restored', 'never there']) {
      await client.deleteObject({ ...versions, key })
    }
    await client.putBucketVersioning({ ...versions, versioning: 'Suspended' })
    await client.putObject({ ...versions, key: 'restored', body: 'of no version' })
    await client.putBucketVersioning({ ...versions, versioning: 'Enabled' })
    await client.putObject({ ...versions, key: 'restored', body: 'the newest' })
    await client.putObject({ ...films, key: 'gone', body: random.bytes(50 * KiB) })
    await client.deleteObject({ ...films, key: 'gone' })
    const controller = new AbortController()
    let parts = 0
    const running = upload(client, path, target, {
      ...how,
      signal: controller.signal,
      onPart: () => {
        parts += 1
        if (parts === 3) controller.abort(new Error('enough'))
      },
    })
    await expect(running.done).rejects.toThrow('enough')
  })
  return {
    ...store,
    async resume(client) {
      const { resumedParts, parts } = await upload(client, path, target, how).done
      expect({ resumedParts, parts }).toEqual({ resumedParts: 3, parts: 6 })
      const { body } = await client.getObject(target)
      expect(await sumOf(body)).toBe(createHash('sha256').update(movie).digest('hex'))
    },
  }
}

/** All that a client is shown of everything, without what is another one in each answer. */
export async function shownBy(client: OssClient): Promise<readonly unknown[]> {
  const shown: unknown[] = []
  const { buckets } = await client.listBuckets()
  for (const { name: bucket, creationDate } of buckets) {
    const { acl } = await client.getBucketAcl({ bucket })
    const { versioning } = await client.getBucketVersioning({ bucket })
    const { tagging } = await client.getBucketTags({ bucket })
    shown.push({ bucket, creationDate, acl, versioning, tagging })
    for await (const { versions } of client.listObjectVersionsPages({ bucket, maxKeys: 100 })) {
      for (const version of versions) {
        shown.push(version)
        if (version.kind === 'object') {
          shown.push(await objectShown(client, { bucket, ...version }))
        }
      }
    }
    for await (const { contents } of client.listObjectsPages({ bucket })) shown.push(...contents)
    for await (const { uploads } of client.listMultipartUploadsPages({ bucket })) {
      for (const { key, uploadId, ...upload } of uploads) {
        const { parts } = await client.listParts({ bucket, key, uploadId })
        shown.push({ key, uploadId, ...upload, parts })
      }
    }
  }
  return shown
}

async function objectShown(
  client: OssClient,
  { bucket, key, versionId }: { bucket: string; key: string; versionId: string },
): Promise<unknown> {
  const place = { bucket, key, versionId }
  const { body, size, etag, lastModified, hashCrc64ecma, contentType, metadata, ...rest } =
    await client.getObject(place)
  const { objectType, storageClass, serverSideEncryption } = rest
  const { tagging } = await client.getObjectTagging(place)
  return {
    key,
    sum: await sumOf(body),
    ...{ size, etag, lastModified, hashCrc64ecma, contentType, metadata, tagging },
    ...{ objectType, storageClass, serverSideEncryption },
  }
}

/** The ids of uploads and of versions, which sort by time. */
export function idsIn(shown: readonly unknown[]): string[] {
  const rows = shown as readonly { readonly uploadId?: string; readonly versionId?: string }[]
  return rows
    .flatMap(({ uploadId, versionId }) => [uploadId ?? '', versionId ?? ''])
    .filter((id) => /^[0-9A-F]{32}$/.test(id))
}

async function sumOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of body) hash.update(chunk)
  return hash.digest('hex')
}

export async function clientOf(server: lading.RunningServer): Promise<OssClient> {
  const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
  onTestFinished(async () => {
    await client.close()
    await server.close({ graceMs: 0 })
  })
  return client
}

/** The files of a directory with their sums, but for the one that says who reads. */
export async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name !== 'lock.mdb')
    .map(({ parentPath, name }) => join(parentPath, name))
  return await Promise.all(
    paths.sort().map(async (path) => {
      const sum = createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
      return `${path} ${sum}`
    }),
  )
}
