/** Pages of a bucket with a million objects read no more rows than those of one with a thousand. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { bucketNamed, objectOf, plain, someTime } from '../../ports/metadata-samples.contract.ts'
import { openEnvironment } from './environment.ts'
import { textKey } from './keys.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'
import type * as tables from './tables.ts'
import type { Environment } from './tables.ts'

const counted = vi.hoisted(() => ({ rows: 0 }))

vi.mock('./tables.ts', async (original) => {
  const actual = await original<typeof tables>()
  const rowsBetween: typeof actual.rowsBetween = (...range) => {
    const rows = actual.rowsBetween(...range)
    counted.rows += rows.length
    return rows
  }
  const findRow: typeof actual.findRow = (...place) => {
    counted.rows += 1
    return actual.findRow(...place)
  }
  return { ...actual, rowsBetween, findRow }
})

const FOLDERS = 10
const SMALL = { bucket: 'small', objects: 1_000, uploads: 1_000 }
const LARGE = { bucket: 'large', objects: 1_000_000, uploads: 100_000 }

/** Rows that are written by one transaction. */
const TOGETHER = 100_000

let parent: string
let metadata: LmdbMetadataStore

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lading-scale-'))
  const directory = join(parent, 'meta')
  const sample = await makeSample(directory)
  const { environment, tables } = await openEnvironment(directory)
  for (const { bucket, objects, uploads } of [SMALL, LARGE]) {
    await fill(environment, objects, (key) => {
      tables.objects.putSync(textKey(bucket, key), sample.object)
    })
    await fill(environment, uploads, (key, n) => {
      const uploadId = n.toString(16).toUpperCase().padStart(32, '0')
      tables.uploads.putSync(textKey(bucket, key, uploadId), sample.upload)
    })
  }
  await environment.close()
  metadata = await LmdbMetadataStore.open({ directory })
}, 300_000)

afterAll(async () => {
  await metadata.close()
  await rm(parent, { recursive: true })
})

/**
 * Both buckets, and the rows of one object and one upload as the store writes them. Rows name no keys,
 * and the million others are copies: a million times through the port takes minutes.
 */
async function makeSample(directory: string): Promise<{ object: Uint8Array; upload: Uint8Array }> {
  const store = await LmdbMetadataStore.open({ directory })
  for (const { bucket } of [SMALL, LARGE]) await store.createBucket(bucketNamed(bucket))
  const bucket = SMALL.bucket
  const key = keyOf(0)
  await store.putObject(objectOf(key, [], { bucket }))
  const at = { bucket, key, initiatedAt: someTime, attributes: plain }
  const upload = await store.createUpload(at)
  await store.close()

  const { environment, tables } = await openEnvironment(directory)
  const objectRow = tables.objects.get(textKey(bucket, key))
  const uploadRow = upload && tables.uploads.get(textKey(bucket, key, upload.uploadId))
  if (!upload || !objectRow || !uploadRow) throw new Error('There is nothing to copy.')
  const sample = { object: new Uint8Array(objectRow), upload: new Uint8Array(uploadRow) }
  await environment.childTransaction(() => {
    tables.uploads.removeSync(textKey(bucket, key, upload.uploadId))
  })
  await environment.close()
  return sample
}

async function fill(
  environment: Environment,
  count: number,
  put: (key: string, n: number) => void,
): Promise<void> {
  for (let from = 0; from < count; from += TOGETHER) {
    await environment.childTransaction(() => {
      for (let n = from; n < Math.min(count, from + TOGETHER); n += 1) put(keyOf(n), n)
    })
  }
}

function keyOf(n: number): string {
  return `folder-${n % FOLDERS}/${String(n).padStart(7, '0')}`
}

/** How many entries a page has, and how many rows were read for it. */
async function pageOf(
  list: () => Promise<{ readonly rows: readonly unknown[] }>,
): Promise<{ entries: number; rows: number }> {
  counted.rows = 0
  const { rows } = await list()
  return { entries: rows.length, rows: counted.rows }
}

const whole = {
  prefix: '',
  delimiter: '',
  after: undefined,
  afterUploadId: undefined,
  limit: 1_000,
}
const queries = [
  ['a page with a delimiter', { ...whole, delimiter: '/' }, FOLDERS],
  ['its last page', { ...whole, delimiter: '/', after: 'folder-8/' }, 1],
  ['a page of ten prefixes, one more than fit', { ...whole, delimiter: '/', limit: 9 }, 9],
  ['a page without a delimiter', { ...whole, limit: 100 }, 100],
  ['a page from the middle', { ...whole, limit: 10, after: 'folder-5/0000005' }, 10],
  ['a page of a prefix', { ...whole, limit: 50, prefix: 'folder-7/' }, 50],
] as const

test.each(queries)('objects: %s costs the same', async (_, query, entries) => {
  const small = await pageOf(() => metadata.listObjects(SMALL.bucket, query))
  const large = await pageOf(() => metadata.listObjects(LARGE.bucket, query))
  expect([small.entries, large.entries]).toEqual([entries, entries])
  expect(large.rows).toBeGreaterThan(0)
  expect(large.rows).toBeLessThanOrEqual(small.rows)
})

test.each(queries)('uploads: %s costs the same', async (_, query, entries) => {
  const small = await pageOf(() => metadata.listUploads(SMALL.bucket, query))
  const large = await pageOf(() => metadata.listUploads(LARGE.bucket, query))
  expect([small.entries, large.entries]).toEqual([entries, entries])
  expect(large.rows).toBeGreaterThan(0)
  expect(large.rows).toBeLessThanOrEqual(small.rows)
})

test.each(queries)(
  'versions: %s costs the same',
  async (_, { after, afterUploadId: __, ...query }, entries) => {
    const behind = { after, afterVersionId: undefined }
    const small = await pageOf(() => metadata.listVersions(SMALL.bucket, { ...query, ...behind }))
    const large = await pageOf(() => metadata.listVersions(LARGE.bucket, { ...query, ...behind }))
    expect([small.entries, large.entries]).toEqual([entries, entries])
    expect(large.rows).toBeLessThanOrEqual(small.rows)
  },
)
