/** `lading migrate`: a data directory becomes what gateways share, whatever happens on the way. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text as textOf } from 'node:stream/consumers'
import { OssClient } from '@lading/client/node'
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
import { objectsOf } from '../support/places.ts'
import { COMMAND, KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import {
  clientOf,
  filesIn,
  fullStore,
  idsIn,
  KiB,
  masterKey,
  random,
  seed,
  shownBy,
  smallStore,
  stored,
} from './moved-stores.ts'

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

    test('killed within a blob that lies in several objects of the engine goes on with that one', async () => {
      const { directory, truth } = await stored(async (client) => {
        await client.putBucket({ bucket: 'films' })
        await client.putObject({
          bucket: 'films',
          key: 'long',
          body: random.bytes(40 * 1024 * KiB),
        })
      })
      const place = await freshPlace()
      await killedAt(directory, place, async () => (await objectsOf(place)).length > 0)
      expect(await rowsOf(place, 'imported_blobs')).toBe(0)
      const { code, events, stderr } = await migrate(directory, place)
      expect(code, stderr).toBe(0)
      expect(events.at(-1)).toMatchObject({ event: 'migrated', copiedBlobs: 1, keptBlobs: 0 })
      expect((await objectsOf(place)).length).toBe(5)
      expect(await shownBy(await serving(place))).toEqual(truth)
    })

    test('beside which something was written after all is not finished, and the next run moves that too', async () => {
      const { directory } = await smallStore(3)
      const place = await freshPlace()
      const report = await meddledWith(directory, place, ({ target, ...rest }) => {
        const rows = meddled(target.rows, {
          replaceRows: async (source) => {
            await target.rows.replaceRows(source)
            const server = await serveProcess(directory)
            const client = new OssClient({
              endpoint: `http://127.0.0.1:${server.port}`,
              credentials: KEY_PAIR,
            })
            await client.putObject({ bucket: 'films', key: 'late', body: random.bytes(20 * KiB) })
            await client.close()
            await server.stop()
          },
        })
        return { ...rest, target: { ...target, rows } }
      })
      expect(report).toMatchObject({
        outcome: 'failed',
        problems: [expect.stringMatching(/^Somebody wrote into the source/)],
      })
      expect(await refusalToServe(place)).toMatch(/is not finished/)
      const again = await migrate(directory, place)
      expect(again.events.at(-1)).toMatchObject({ event: 'migrated', objects: 4, copiedBlobs: 1 })
      const { size } = await (await serving(place)).headObject({ bucket: 'films', key: 'late' })
      expect(size).toBe(20 * KiB)
    })

    test('of encrypted objects says that it needs their key, and goes on once it has it', async () => {
      const { directory } = await stored(async (client) => {
        await client.putBucket({ bucket: 'films' })
        const sealed = { bucket: 'films', key: 'sealed', serverSideEncryption: 'AES256' }
        await client.putObject({ ...sealed, body: random.bytes(50 * KiB) })
      })
      const place = await freshPlace()
      const without = { masterKey: '18'.repeat(32) }
      await expect(lading.migrateDirectory(directory, place, without)).rejects.toThrow(
        /another master key/,
      )
      const report = await lading.migrateDirectory(directory, place, { masterKey })
      expect(report).toMatchObject({ outcome: 'finished', copiedBlobs: 1 })
    })

    test('says in the end what every gateway must be given, and with that all is served', async () => {
      const directory = await temporaryDirectory()
      const own = await lading.startServer({ data: { directory }, port: 0 })
      const client = new OssClient({ endpoint: own.url, credentials: own.credentials })
      const sealed = { bucket: 'films', key: 'sealed' }
      await client.putBucket({ bucket: 'films' })
      await client.putObject({ ...sealed, body: 'what is inside', serverSideEncryption: 'AES256' })
      await client.close()
      await own.close({ graceMs: 0 })
      const { metadata, blobs } = await freshPlace()
      const child = spawn(
        process.execPath,
        [COMMAND, ...['migrate', '--data', directory, '--metadata', metadata, '--blobs', blobs]],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      )
      const [results, advice] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
      expect(results).toMatch(/^moved 1 bucket, 1 object, .* 1 blob of 14 B; copied 14 B\n$/)
      expect(advice).toContain('copying bytes: ')
      expect(advice).toContain(`LADING_MASTER_KEY: what is in ${directory}/master.key`)
      expect(advice).toContain(`its key pairs: ${directory}/credentials.json`)
      const given = await temporaryDirectory()
      for (const name of ['master.key', 'credentials.json']) {
        await copyFile(join(directory, name), join(given, name))
      }
      const gateway = { data: { directory: given }, metadata, blobs, port: 0 }
      const reader = await clientOf(await lading.startServer(gateway))
      const chunks: Uint8Array[] = []
      for await (const chunk of (await reader.getObject(sealed)).body) chunks.push(chunk)
      expect(Buffer.concat(chunks).toString()).toBe('what is inside')
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
        const names = { source: directory, blobs: place.blobs.replace(/[?].*/, '') }
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
        return { ...rest, target: { ...target, blobs: meddled(target.blobs, { writeAs }) } }
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
        const rows = meddled(target.rows, {
          replaceRows: (source) => target.rows.replaceRows(withoutOne(source)),
        })
        return { ...rest, target: { ...target, rows } }
      })
      expect(report.outcome).toBe('failed')
      expect(report.problems.join('\n')).toMatch(/object films\/key-3 .*is missing/)
      expect(await refusalToServe(place)).toMatch(/is not finished/)
    })
  })
})

/** The same with other methods in the place of some. */
function meddled<Engine extends object>(engine: Engine, methods: Partial<Engine>): Engine {
  return new Proxy(engine, {
    get: (target, name) => {
      const other: unknown = Reflect.get(methods, name)
      if (other !== undefined) return other
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

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
