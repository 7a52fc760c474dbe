/** What operations cost, in pages that are read and statements that are asked: never the size of a bucket. */

import { OssClient } from '@lading/client/node'
import { startServer } from '@lading/server'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import {
  type StatementName,
  statements,
} from '../../packages/server/src/drivers/postgres/connections.ts'
import {
  bucketNamed,
  commitParts,
  objectOf,
  openUpload,
  publishing,
} from '../../packages/server/src/ports/metadata-samples.contract.ts'
import { describeWithPostgres, PostgresMetadataStore, useDatabase } from './database.ts'
import { LosingProxy } from './losing-proxy.ts'

const FEW = 1_000
const MANY = Number(process.env.LADING_LISTING_ROWS ?? (process.env.CI ? 200_000 : 50_000))

const whole = { prefix: '', delimiter: '', after: undefined }

describeWithPostgres('the cost', () => {
  const database = useDatabase()

  async function opened() {
    const url = await database.fresh()
    const proxy = new LosingProxy()
    const metadata = await PostgresMetadataStore.open({ url: await proxy.before(url) })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onTestFinished(async () => {
      await client.end()
      await metadata.close()
      await proxy.close()
    })
    for (const name of ['few', 'many']) await metadata.createBucket(bucketNamed(name))
    /** Pages that the statement reads. */
    const pagesOf = async (name: StatementName, values: readonly unknown[]): Promise<number> => {
      const { rows } = await client.query(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statements[name]}`,
        [...values],
      )
      const plan = rows[0]['QUERY PLAN'][0].Plan
      return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
    }
    return { metadata, proxy, client, pagesOf }
  }

  test(`of a page is that of its rows, of ${FEW} and of ${MANY}`, async () => {
    const { metadata, client, pagesOf } = await opened()
    const { manifest: _, ...object } = objectOf('x', [], { bucket: 'few' })
    await metadata.putObject({ ...object, manifest: [] })
    const upload = await openUpload(metadata, 'x', 'few')
    const number = "convert_to(to_char(n, 'FM0000000000'), 'UTF8')"
    for (const [bucket, rows] of [
      ['few', FEW],
      ['many', MANY],
    ] as const) {
      const made = [Buffer.from(bucket), rows]
      await client.query(
        `INSERT INTO objects SELECT $1::bytea, ${number}, o.manifest, o.version, o.said, o.entries
        FROM objects o, generate_series(1, $2::int4) n WHERE o.key = convert_to('x', 'UTF8')`,
        made,
      )
      await client.query(
        `INSERT INTO versions SELECT $1::bytea, ${number}, decode(lpad(to_hex(v), 32, 'f'), 'hex'),
          o.manifest, decode(lpad(to_hex(v), 32, '0'), 'hex'), o.said, o.entries
        FROM objects o, generate_series(1, $2::int4 / 4) n, generate_series(1, 4) v
        WHERE o.key = convert_to('x', 'UTF8')`,
        made,
      )
      await client.query(
        `INSERT INTO uploads SELECT decode(lpad(to_hex(n + length($1) * 100000000), 32, '0'), 'hex'),
          $1::bytea, ${number}, u.said
        FROM uploads u, generate_series(1, $2::int4) n WHERE u.upload_id = $3`,
        [...made, Buffer.from(upload.uploadId, 'hex')],
      )
    }
    await client.query('VACUUM ANALYZE')
    const end = Buffer.of(0xff)
    const none = Buffer.alloc(0)
    const cost = async (bucket: string, start: string): Promise<number[]> => {
      const [name, from] = [Buffer.from(bucket), Buffer.from(start)]
      return [
        await pagesOf('listObjects', [name, from, end, 1_001]),
        await pagesOf('listUploads', [name, from, none, end, 1_001]),
        await pagesOf('listVersions', [name, from, none, end, 1_001, from]),
      ]
    }
    const few = await cost('few', '0')
    for (const start of ['0', String(MANY / 2).padStart(10, '0')]) {
      for (const [at, pages] of (await cost('many', start)).entries()) {
        // And a few on the way down a taller tree.
        expect(pages).toBeLessThanOrEqual((few[at] ?? 0) * 1.5 + 8)
      }
    }
  })

  test('of a page of common prefixes is one statement for each, however much they hide', async () => {
    const { metadata, client, proxy } = await opened()
    const { manifest: _, ...object } = objectOf('x', [], { bucket: 'few' })
    await metadata.putObject({ ...object, manifest: [] })
    for (const [bucket, hidden] of [
      ['few', 20],
      ['many', Math.max(100, MANY / 1_000)],
    ] as const) {
      await client.query(
        `INSERT INTO objects SELECT $1::bytea,
          convert_to('d' || to_char(n, 'FM0000') || '/' || m, 'UTF8'),
          o.manifest, o.version, o.said, o.entries
        FROM objects o, generate_series(1, 300) n, generate_series(1, $2::int4) m
        WHERE o.key = convert_to('x', 'UTF8')`,
        [Buffer.from(bucket), hidden],
      )
    }
    const statementsFor = async (bucket: string): Promise<number> => {
      proxy.asked()
      const page = await metadata.listObjects(bucket, { ...whole, delimiter: '/', limit: 200 })
      expect(page.rows).toHaveLength(200)
      expect(page.truncated).toBe(true)
      return proxy.asked('listObjects')
    }
    const few = await statementsFor('few')
    expect(few).toBeGreaterThan(0)
    expect(await statementsFor('many')).toBe(few)
    expect(few).toBeLessThanOrEqual(201)
  })

  test('of committing a part is one statement, also its transaction', async () => {
    const { metadata, proxy } = await opened()
    const upload = await openUpload(metadata, 'a', 'few')
    proxy.asked()
    await commitParts(metadata, upload, 50)
    expect(proxy.asked('addPart', 'begin', 'commit', 'settle')).toBe(50)
  })

  test('of a request is that of what it is about: what is set on its bucket is known', async () => {
    const proxy = new LosingProxy()
    const server = await startServer({
      metadata: await proxy.before(await database.fresh()),
      credentials: [{ accessKeyId: 'LTAI-cost', accessKeySecret: 'a secret of the cost' }],
      masterKey: '17'.repeat(32),
      collect: { intervalMs: 0 },
      lifecycle: { intervalMs: 0 },
    })
    const client = new OssClient({ endpoint: server.url, credentials: server.credentials })
    onTestFinished(async () => {
      await client.close()
      await server.close()
      await proxy.close()
    })
    const target = { bucket: 'docks', key: 'crate' }
    const body = new Uint8Array(100 * 1024)
    await client.putBucket(target)
    const { uploadId } = await client.initiateMultipartUpload(target)
    const tries = 20
    const each = async (work: (at: number) => Promise<unknown>): Promise<number> => {
      await work(1)
      proxy.asked()
      for (let at = 0; at < tries; at += 1) await work(at + 2)
      return proxy.asked(...Object.keys(statements)) / tries
    }
    const part = await each((partNumber) =>
      client.uploadPart({ ...target, uploadId, partNumber, body }),
    )
    await client.putObject({ ...target, body })
    const get = await each(async () => {
      let size = 0
      for await (const bytes of (await client.getObject(target)).body) size += bytes.length
      expect(size).toBe(body.length)
    })
    // The bucket, the upload and the part; and once a second whatever is set on the bucket.
    expect(part).toBeGreaterThanOrEqual(3)
    expect(part).toBeLessThan(4)
    expect(get).toBeLessThan(4)
  })

  test('of completing 10,000 parts is a few statements more than of completing ten', async () => {
    const { metadata, proxy } = await opened()
    const statementsFor = async (count: number): Promise<number> => {
      const upload = await openUpload(metadata, `of-${count}`, 'few')
      await commitParts(metadata, upload, count)
      proxy.asked()
      expect(await metadata.completeUpload(upload, publishing())).toBeDefined()
      return proxy.asked(...Object.keys(statements))
    }
    const [ten, all] = [await statementsFor(10), await statementsFor(10_000)]
    expect(ten).toBeLessThanOrEqual(16)
    expect(all - ten).toBeLessThanOrEqual(12)
  })
})
