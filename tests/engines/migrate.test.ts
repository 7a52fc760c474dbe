/** `lading migrate`: a data directory becomes what gateways share, whatever happens on the way. */

import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text as textOf } from 'node:stream/consumers'
import { fileCheckpoints, OssClient, upload } from '@lading/client/node'
import * as lading from '@lading/server'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { openMigration } from '../../packages/server/src/compose.ts'
import {
  type MoveDependencies,
  type MoveReport,
  moveStore,
} from '../../packages/server/src/migrate/move-store.ts'
import type { ExportedVersion, StoreExport } from '../../packages/server/src/ports/migration.ts'
import { makeHasher } from '../../packages/server/src/store/store-samples.contract.ts'
import { describeWithPostgres, useDatabase } from '../postgres/database.ts'
import { describeWithCeph, useEngine } from '../s3/engine.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { COMMAND, KEY_PAIR } from '../support/serve-process.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const masterKey = '17'.repeat(32)
const KiB = 1024
const seed = seedFromEnvironment()
const random = new Random(seed)

interface Place {
  readonly metadata: string
  readonly blobs: string
}

interface Ran {
  readonly code: number | null
  readonly stderr: string
  /** The lines of `--json`. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

describeWithPostgres('a migration', () => {
  describeWithCeph('to a PostgreSQL and a Ceph', () => {
    const database = useDatabase()
    const engine = useEngine()
    const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
    const before = variables.map((name) => process.env[name])

    beforeAll(() => {
      console.log(`LADING_SEED=${seed}`)
      const { accessKeyId, secretAccessKey } = engine.keys
      Object.assign(process.env, {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      })
    })

    afterAll(() => {
      for (const [at, name] of variables.entries()) {
        const value = before[at]
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    })

    async function freshPlace(): Promise<Place> {
      return { metadata: await database.fresh(), blobs: engine.fresh() }
    }

    function start(directory: string, { metadata, blobs }: Place): ChildProcess {
      return spawn(
        process.execPath,
        [
          COMMAND,
          'migrate',
          ...['--data', directory, '--metadata', metadata, '--blobs', blobs],
          '--json',
        ],
        {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { ...process.env, LADING_MASTER_KEY: masterKey },
        },
      )
    }

    async function migrate(directory: string, place: Place): Promise<Ran> {
      const child = start(directory, place)
      const { stdout, stderr } = child
      if (!stdout || !stderr) throw new Error('It has no output.')
      const [lines, errors, [code]] = await Promise.all([
        textOf(stdout),
        textOf(stderr),
        once(child, 'close') as Promise<[number | null]>,
      ])
      const events = lines.split('\n').filter(Boolean)
      return { code, stderr: errors, events: events.map((line) => JSON.parse(line)) }
    }

    /** Runs it until `isTime`, and ends it there as a power cut would. */
    async function killedAt(
      directory: string,
      place: Place,
      isTime: (seen: { readonly stages: readonly unknown[] }) => boolean | Promise<boolean>,
    ): Promise<void> {
      const child = start(directory, place)
      const closed = once(child, 'close')
      const stages: unknown[] = []
      child.stderr?.resume()
      if (child.stdout) {
        createInterface(child.stdout).on('line', (line) => stages.push(JSON.parse(line).stage))
      }
      await until(async () => child.exitCode !== null || (await isTime({ stages })))
      child.kill('SIGKILL')
      await closed
      expect(child.signalCode).toBe('SIGKILL')
    }

    async function rowsOf(place: Place, table: string): Promise<number> {
      const schema = /search_path%3D(\w+)/.exec(place.metadata)?.[1]
      try {
        const rows = await database.server.query(
          `SELECT count(*)::int4 AS rows FROM ${schema}.${table}`,
        )
        return Number(rows[0]?.rows)
      } catch {
        return 0 // The table is not there yet.
      }
    }

    /** What refuses to serve the place; the empty text where it is served. */
    async function refusalToServe(place: Place): Promise<string> {
      try {
        const server = await lading.startServer({ ...place, credentials: [KEY_PAIR], masterKey })
        await server.close({ graceMs: 0 })
        return ''
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    }

    async function serving(place: Place, port = 0): Promise<OssClient> {
      const options = { ...place, port, credentials: [KEY_PAIR], masterKey }
      return await clientOf(await lading.startServer(options))
    }

    test('leaves nothing out: every version, open upload, part, setting and byte is served as before', async () => {
      const { directory, port, truth, resume } = await fullStore()
      const place = await freshPlace()
      const files = await filesIn(directory)
      const ran = await migrate(directory, place)
      expect(ran, ran.stderr).toMatchObject({ code: 0 })
      expect(ran.events.at(-1)).toMatchObject({ event: 'migrated', keptBlobs: 0, buckets: 2 })
      expect(await filesIn(directory)).toEqual(files)
      const client = await serving(place, port)
      expect(await shownBy(client)).toEqual(truth)
      const { uploadId } = await client.initiateMultipartUpload({ bucket: 'films', key: 'later' })
      for (const id of idsIn(truth)) expect(uploadId > id, `${uploadId} after ${id}`).toBe(true)
      await resume(client)
    })

    test('says what would be moved without touching either engine', async () => {
      const { directory } = await smallStore(3)
      const nowhere = { metadata: 'postgres://127.0.0.1:1/none', blobs: 's3://none' }
      const report = await lading.planMigration(directory, nowhere)
      expect(report.counts).toMatchObject({ buckets: 1, objects: 3, blobs: 3, bytes: 60 * KiB })
      const args = ['migrate', '--data', directory, '--metadata', nowhere.metadata]
      const child = spawn(
        process.execPath,
        [COMMAND, ...args, '--blobs', nowhere.blobs, '--dry-run', '--no-progress'],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      expect(await textOf(child.stdout)).toMatch(/^would move 1 bucket, 3 objects/)
    })

    test('killed while it copies, puts rows in place or compares goes on, and copies nothing twice', async () => {
      const count = 400
      const { directory, truth } = await smallStore(count)
      const place = await freshPlace()
      let noted = 0
      const notedMore = (by: number) => async (): Promise<boolean> =>
        (await rowsOf(place, 'imported_blobs')) >= noted + by
      const at = (stage: string) => (seen: { readonly stages: readonly unknown[] }) =>
        seen.stages.includes(stage)
      for (const isTime of [
        at('bytes'),
        notedMore(random.between(1, 40)),
        notedMore(random.between(1, 200)),
        at('rows'),
        at('check'),
      ]) {
        await killedAt(directory, place, isTime)
        const now = await rowsOf(place, 'imported_blobs')
        expect(now).toBeGreaterThanOrEqual(noted)
        noted = now
        expect(await refusalToServe(place)).toMatch(/migration .* is not finished/)
      }
      const { code, events, stderr } = await migrate(directory, place)
      expect(code, stderr).toBe(0)
      const last = events.at(-1)
      expect(last).toMatchObject({ event: 'migrated', objects: count })
      expect(last?.keptBlobs).toBe(noted)
      expect(last?.copiedBlobs).toBe(count - noted)
      expect(await shownBy(await serving(place))).toEqual(truth)
    })

    test('run again after it has finished says so', async () => {
      const { directory } = await smallStore(2)
      const place = await freshPlace()
      expect((await migrate(directory, place)).code).toBe(0)
      const again = await migrate(directory, place)
      expect(again.code).toBe(0)
      expect(again.events.at(-1)).toMatchObject({ event: 'migrated-before', copiedBlobs: 0 })
    })

    test('tells of a byte that has changed, goes on with the rest, and is done once it is put right', async () => {
      const { directory, truth } = await smallStore(5)
      const place = await freshPlace()
      const [name = ''] = await blobFiles(directory)
      const path = join(directory, 'blobs', name.slice(0, 2), name)
      const right = await readFile(path)
      const wrong = Buffer.from(right)
      const byte = random.between(0, right.length - 1)
      wrong[byte] = (wrong[byte] ?? 0) ^ 1
      await writeFile(path, wrong)
      const ran = await migrate(directory, place)
      expect(ran.code).toBe(7)
      expect(ran.events).toContainEqual(
        expect.objectContaining({
          event: 'problem',
          what: expect.stringMatching(/^object films\/key-\d+: .*damaged/),
        }),
      )
      expect(await refusalToServe(place)).toMatch(/is not finished/)
      expect(await rowsOf(place, 'buckets')).toBe(0)
      expect(await rowsOf(place, 'objects')).toBe(0)
      await writeFile(path, right)
      const again = await migrate(directory, place)
      expect(again.code, again.stderr).toBe(0)
      expect(again.events.at(-1)).toMatchObject({ keptBlobs: 4, copiedBlobs: 1 })
      expect(await shownBy(await serving(place))).toEqual(truth)
    })

    test('is refused beside a server that has the directory open', async () => {
      const directory = await temporaryDirectory()
      const child = spawn(
        process.execPath,
        [COMMAND, 'serve', '--data', directory, '--port', '0'],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      )
      onTestFinished(() => void child.kill('SIGKILL'))
      await once(createInterface(child.stdout), 'line')
      const place = await freshPlace()
      const { code, stderr } = await migrate(directory, place)
      expect(code).toBe(1)
      expect(stderr).toContain('Another process has the source open')
      expect(await rowsOf(place, 'lading_version')).toBe(1)
      expect(await rowsOf(place, 'imports')).toBe(0)
    })

    test('is refused by a database and by an engine that hold another store, and touches neither', async () => {
      const { directory } = await smallStore(2)
      const [taken, empty] = [await freshPlace(), await freshPlace()]
      const client = await serving(taken)
      await client.putBucket({ bucket: 'others' })
      await client.putObject({ bucket: 'others', key: 'kept', body: 'what is here' })
      const truth = await shownBy(client)
      const full = await migrate(directory, { ...empty, metadata: taken.metadata })
      expect(full).toMatchObject({ code: 1, stderr: expect.stringContaining('another store') })
      const foreign = await migrate(directory, { ...empty, blobs: taken.blobs })
      expect(foreign).toMatchObject({ code: 1, stderr: expect.stringContaining('another store') })
      expect(await shownBy(client)).toEqual(truth)
    })

    test('of another directory is refused by a database that one was begun into', async () => {
      const place = await freshPlace()
      const one = await smallStore(1)
      expect((await migrate(one.directory, place)).code).toBe(0)
      const other = await migrate((await smallStore(1)).directory, place)
      expect(other).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`moved from ${one.directory}`),
      })
    })

    /** Runs it in this process, over engines that `meddle` has changed. */
    async function meddledWith(
      directory: string,
      place: Place,
      meddle: (dependencies: MoveDependencies) => MoveDependencies,
    ): Promise<MoveReport> {
      const { source, openTarget, close } = await openMigration(directory, place, { masterKey })
      try {
        const target = await openTarget()
        const now = () => new Date()
        const names = { source: directory, blobs: place.blobs }
        return await moveStore(meddle({ source, target, makeHasher, now }), names)
      } finally {
        await close()
      }
    }

    test('that leaves a blob out is found to have done so', async () => {
      const { directory } = await smallStore(4)
      const place = await freshPlace()
      let left = ''
      const report = await meddledWith(directory, place, ({ target, ...rest }) => {
        const writeAs: MoveDependencies['target']['blobs']['writeAs'] = async (id, bytes, how) => {
          if (left !== '') return await target.blobs.writeAs(id, bytes, how)
          left = id
          let size = 0
          for await (const chunk of typeof bytes === 'function' ? bytes(id) : bytes) {
            size += chunk.length
          }
          return { id, size }
        }
        const blobs = new Proxy(target.blobs, {
          get: (engines, name) => {
            if (name === 'writeAs') return writeAs
            const value: unknown = Reflect.get(engines, name)
            return typeof value === 'function' ? value.bind(engines) : value
          },
        })
        return { ...rest, target: { ...target, blobs } }
      })
      expect(report).toMatchObject({
        outcome: 'failed',
        problems: [expect.stringContaining(`the blob ${left}, which does not exist`)],
      })
      expect(await refusalToServe(place)).toMatch(/is not finished/)
    })

    test('that leaves a row out is found to have done so', async () => {
      const { directory } = await smallStore(4)
      const place = await freshPlace()
      const report = await meddledWith(directory, place, ({ target, ...rest }) => {
        const rows = new Proxy(target.rows, {
          get: (store, name) => {
            if (name === 'replaceRows') {
              return (source: StoreExport) => store.replaceRows(withoutOne(source))
            }
            const value: unknown = Reflect.get(store, name)
            return typeof value === 'function' ? value.bind(store) : value
          },
        })
        return { ...rest, target: { ...target, rows } }
      })
      expect(report.outcome).toBe('failed')
      expect(report.problems.join('\n')).toMatch(/object films\/key-3 .*is missing/)
      expect(await refusalToServe(place)).toMatch(/is not finished/)
    })
  })
})

/** The same without its last version. */
function withoutOne(source: StoreExport): StoreExport {
  async function* versions(): AsyncGenerator<ExportedVersion> {
    let waiting: ExportedVersion | undefined
    for await (const version of source.versions()) {
      if (waiting) yield waiting
      waiting = version
    }
  }
  return {
    lastIdMs: () => source.lastIdMs(),
    buckets: () => source.buckets(),
    versions,
    uploads: () => source.uploads(),
    close: () => source.close(),
  }
}

interface Stored {
  readonly directory: string
  /** Where its server listened. */
  readonly port: number
  /** All that its server showed. */
  readonly truth: readonly unknown[]
}

async function stored(fill: (client: OssClient) => Promise<void>): Promise<Stored> {
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
async function smallStore(count: number): Promise<Stored> {
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
async function fullStore(): Promise<Stored & { resume(client: OssClient): Promise<void> }> {
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
async function shownBy(client: OssClient): Promise<readonly unknown[]> {
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
function idsIn(shown: readonly unknown[]): string[] {
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

async function clientOf(server: lading.RunningServer): Promise<OssClient> {
  const client = new OssClient({ endpoint: server.url, credentials: KEY_PAIR })
  onTestFinished(async () => {
    await client.close()
    await server.close({ graceMs: 0 })
  })
  return client
}

/** The files of a directory with their sums, but for the one that says who reads. */
async function filesIn(directory: string): Promise<readonly string[]> {
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
