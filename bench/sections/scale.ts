/** What gateways over PostgreSQL and a Ceph cost: `npm run bench -- --scale`. Both engines have the same cores. */

import {
  type Bench,
  interleaved,
  KiB,
  MiB,
  perGiB,
  type RunningChild,
  startLading,
} from '../bench.ts'
import { Child } from '../child.ts'
import { atMost } from '../report.ts'
import type { Use } from '../workers/answer-asks.ts'

type Ceph = Awaited<ReturnType<typeof import('../../tools/services/ceph.mjs')['startCeph']>>
type Postgres = Awaited<
  ReturnType<typeof import('../../tools/services/postgres.mjs')['startPostgres']>
>

interface Engines {
  readonly postgres: Postgres
  readonly metadata: string
  readonly engine: string
}

export async function scale(bench: Bench): Promise<void> {
  const { findPostgres, startPostgres } =
    await service<typeof import('../../tools/services/postgres.mjs')>('postgres')
  const { findCeph, startCeph } =
    await service<typeof import('../../tools/services/ceph.mjs')>('ceph')
  if (!findPostgres() || !findCeph()) {
    console.log('This section needs PostgreSQL and Ceph: see CONTRIBUTING.md.')
    return
  }
  const postgres = await startPostgres({
    syncs: true,
    settings: {
      max_connections: 200,
      shared_buffers: '512MB',
      shared_preload_libraries: 'pg_stat_statements',
    },
  })
  let ceph: Ceph | undefined
  const load = Child.start('./workers/load.js')
  try {
    ceph = await startCeph({ store: 'memstore' })
    await ceph.makeBucket('blobs')
    process.env.AWS_ACCESS_KEY_ID = ceph.accessKeyId
    process.env.AWS_SECRET_ACCESS_KEY = ceph.secretAccessKey
    const engine = `s3://blobs/bench?endpoint=${ceph.endpoints.join(',')}&region=${ceph.region}`
    await postgres.query('CREATE EXTENSION pg_stat_statements')
    const engines: Engines = { postgres, metadata: postgres.url, engine }
    await gateways(bench, load, engines)
    await costs(bench, load, engines)
    await completions(bench, load, engines)
    await pages(bench, load, engines)
  } finally {
    await load.stop()
    await Promise.all([postgres.stop(), ceph?.stop()])
  }
}

/** Where the services lie, seen from what this compiles to. */
async function service<Module>(name: string): Promise<Module> {
  return import(new URL(`../../../../tools/services/${name}.mjs`, import.meta.url).href)
}

const gateway = ({ metadata, engine }: Engines): Promise<RunningChild> =>
  startLading({ metadata, engine, blobs: 'durable' })

const UPLOADS = 8

async function gateways(bench: Bench, load: Child, engines: Engines): Promise<void> {
  const bytes = (bench.quick ? 64 : 256) * MiB
  const group = bench.group(
    `Gateways: ${UPLOADS} uploads at a time, ${bytes / MiB} MiB in parts of 1 MiB`,
  )
  const started: RunningChild[] = []
  for (let at = 0; at < 4; at += 1) started.push(await gateway(engines))
  const through = async (
    count: number,
    partSize: number = MiB,
  ): Promise<{ perSecond: number; cpuMs: number }> => {
    const used = started.slice(0, count)
    await Promise.all(used.map(({ child }) => child.ask('count')))
    const began = performance.now()
    await Promise.all(
      used.map(({ port }) =>
        load.ask('uploads', {
          port,
          uploads: UPLOADS / count,
          bytes: bytes / count,
          partSize,
        }),
      ),
    )
    const seconds = (performance.now() - began) / 1000
    const uses = await Promise.all(used.map(({ child }) => child.ask<Use>('use')))
    return {
      perSecond: bytes / 1e6 / seconds,
      cpuMs: uses.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    }
  }
  const variants = { one: () => through(1), two: () => through(2), four: () => through(4) }
  await interleaved(1, variants)
  const results = await interleaved(bench.quick ? 2 : 5, variants)
  for (const [name, runs] of Object.entries(results)) {
    const named = name === 'one' ? 'one gateway' : `${name} gateways`
    group.add(
      `${named}, both sums, acknowledged by both engines`,
      'MB/s',
      runs.map(({ perSecond }) => perSecond),
    )
    group.add(
      `${named}: CPU of all of them`,
      's/GiB',
      runs.map(({ cpuMs }) => perGiB(cpuMs, bytes)),
    )
  }
  const speed = (runs: readonly { readonly perSecond: number }[]): number[] =>
    runs.map(({ perSecond }) => perSecond)
  group.ratio('speed of two, to one', speed(results.two), speed(results.one))
  group.ratio('speed of four, to one', speed(results.four), speed(results.one))
  const sizes = { '100 KiB': 100 * KiB, '8 MiB': 8 * MiB }
  for (const [name, partSize] of Object.entries(sizes)) {
    await through(1, partSize)
    const runs = [
      await through(1, partSize),
      await through(1, partSize),
      await through(1, partSize),
    ]
    group.add(
      `one gateway, in parts of ${name}: CPU`,
      's/GiB',
      runs.map(({ cpuMs }) => perGiB(cpuMs, bytes)),
    )
  }
  await Promise.all(started.map(({ child }) => child.stop()))
}

/** Statements and bytes of single operations, with what gateways do unasked among them. */
async function costs(bench: Bench, load: Child, engines: Engines): Promise<void> {
  const { postgres } = engines
  const group = bench.group('What PostgreSQL is asked and writes')
  // Bytes are no matter here: what is dropped is the same to the database.
  const { child, port } = await startLading({ metadata: engines.metadata, blobs: 'dropped' })
  const count = bench.quick ? 500 : 5_000
  const common = { port, clients: 8, partSize: 100 * KiB, ms: bench.quick ? 1_000 : 5_000 }
  const measured = async (name: string, work: () => Promise<number>): Promise<void> => {
    const [before] = await postgres.query(figures)
    await child.ask('count')
    const times = await work()
    const { cpuMs } = await child.ask<Use>('use')
    const [after] = await postgres.query(figures)
    const each = (figure: string): number[] => [
      (Number(after?.[figure]) - Number(before?.[figure])) / times,
    ]
    const remark = `of ${times}`
    group.add(`${name}: processor time of the gateway`, 'ms', [cpuMs / times])
    group.add(`${name}: time of its statements in the database`, 'ms', each('took'))
    group.add(`${name}: statements`, 'statements', each('statements'), { remark })
    group.add(`${name}: of its log`, 'bytes', each('log'))
    group.add(`${name}: of tables and indexes`, 'bytes', each('stored'))
  }
  await measured('InitiateMultipartUpload', async () => {
    await load.ask('initiate', { port, count, prefix: 'costs/' })
    return count
  })
  await measured('UploadPart', async () => {
    await load.ask('fill', { port, key: 'costs', count })
    return count
  })
  await measured('PutObject, 8 clients', async () => {
    const { latencies } = await load.ask<{ latencies: number[] }>('objects', {
      ...common,
      read: false,
    })
    return latencies.length
  })
  await measured('GetObject, 8 clients', async () => {
    const { latencies } = await load.ask<{ latencies: number[] }>('objects', {
      ...common,
      partSize: KiB,
      read: true,
    })
    return latencies.length
  })
  await child.stop()
}

const figures = `SELECT
  (SELECT sum(calls) FROM pg_stat_statements)::float8 AS statements,
  (SELECT sum(total_exec_time) FROM pg_stat_statements)::float8 AS took,
  pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS log,
  pg_database_size(current_database())::float8 AS stored`

async function completions(bench: Bench, load: Child, engines: Engines): Promise<void> {
  const group = bench.group('Complete over PostgreSQL, durable')
  const count = 10_000
  // It moves no bytes, so that the parts are put by a gateway that hashes them and drops them.
  const filling = await startLading({ metadata: engines.metadata, blobs: 'dropped' })
  const uploads = []
  for (let at = 0; at < (bench.quick ? 2 : 7); at += 1) {
    const key = `complete/${at}`
    uploads.push({
      key,
      uploadId: await load.ask<string>('fill', { port: filling.port, key, count }),
    })
  }
  await filling.child.stop()
  const { child, port } = await gateway(engines)
  const took: number[] = []
  for (const upload of uploads) {
    took.push(await load.ask<number>('complete', { port, count, ...upload }))
  }
  // The first is compiled on the way.
  group.latencies('Complete of 10,000 parts', took.slice(1), atMost(250))
  await child.stop()
}

async function pages(bench: Bench, load: Child, engines: Engines): Promise<void> {
  const { postgres } = engines
  const rows = bench.quick ? 100_000 : 1_000_000
  const group = bench.group(`A page of 1,000 of ${rows.toLocaleString('en')} objects`)
  const { child, port } = await gateway(engines)
  const put = { port, clients: 1, partSize: KiB, ms: 1, read: false }
  await load.ask('objects', put)
  const number = "convert_to(to_char(n, 'FM0000000000'), 'UTF8')"
  for (const [bucket, count] of [
    ['few', 1_000],
    ['many', rows],
  ] as const) {
    await postgres.query(
      `INSERT INTO objects SELECT $1::bytea, ${number}, o.manifest, o.version, o.said, o.entries
      FROM (SELECT * FROM objects WHERE bucket = convert_to('bench', 'UTF8') LIMIT 1) o,
        generate_series(1, $2::int4) n`,
      undefined,
      [Buffer.from(bucket), count],
    )
  }
  await postgres.query('VACUUM ANALYZE objects')
  const ask = (of: string, marker: number) => async (): Promise<number> => {
    const query = { 'max-keys': '1000', marker: String(marker).padStart(10, '0') }
    const took = await load.ask<number[]>('pages', { port, count: 5, of, query })
    return took.reduce((sum, ms) => sum + ms, 0) / took.length
  }
  const results = await interleaved(bench.quick ? 4 : 12, {
    few: ask('few', 0),
    first: ask('many', 0),
    middle: ask('many', rows / 2),
  })
  group.add('the page of all of 1,000', 'ms', results.few)
  group.ratio('the first page, to that', results.first, results.few, { bound: atMost(1.5) })
  group.ratio('a page in the middle, to that', results.middle, results.few, { bound: atMost(1.5) })
  await child.stop()
}
