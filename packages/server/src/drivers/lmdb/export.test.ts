import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { bucketNamed, commitParts, openUpload } from '../../ports/metadata-samples.contract.ts'
import { type LmdbExport, openExport } from './export.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'

async function emptyStore(): Promise<{ directory: string; store: LmdbMetadataStore }> {
  const parent = await mkdtemp(join(tmpdir(), 'lading-export-'))
  const directory = join(parent, 'meta')
  const store = await LmdbMetadataStore.open({ directory })
  onTestFinished(async () => {
    await store.close()
    await rm(parent, { recursive: true })
  })
  await store.createBucket(bucketNamed('photos'))
  return { directory, store }
}

async function exported(directory: string): Promise<LmdbExport> {
  const rows = await openExport(directory)
  onTestFinished(() => rows.close())
  return rows
}

async function all<Row>(rows: AsyncIterable<Row>): Promise<Row[]> {
  const found: Row[] = []
  for await (const row of rows) found.push(row)
  return found
}

test('an export is of the moment at which it was opened, and knows that there was another since', async () => {
  const { directory, store } = await emptyStore()
  await store.putBucketSetting('photos', 'cors', 'anything')
  const rows = await exported(directory)
  expect(rows.isUnchanged()).toBe(true)
  await store.createBucket(bucketNamed('films'))
  expect(rows.isUnchanged()).toBe(false)
  expect(await all(rows.buckets())).toEqual([
    expect.objectContaining({
      bucket: bucketNamed('photos'),
      settings: [{ name: 'cors', value: 'anything' }],
    }),
  ])
})

test('an export has open uploads with their ids and parts, and knows the last id', async () => {
  const { directory, store } = await emptyStore()
  const upload = await openUpload(store, 'a')
  await commitParts(store, upload, 3)
  const rows = await exported(directory)
  const [found] = await all(rows.uploads())
  expect(found?.upload.uploadId).toBe(upload.uploadId)
  expect(found?.parts.map(({ partNumber }) => partNumber)).toEqual([1, 2, 3])
  expect(await rows.lastIdMs()).toBe(Number.parseInt(upload.uploadId.slice(0, 16), 16))
})

test('to export what is not there makes nothing', async () => {
  await expect(openExport(join(tmpdir(), 'lading-nowhere'))).rejects.toThrow('ENOENT')
})
