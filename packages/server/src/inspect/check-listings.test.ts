import { expect, test } from 'vitest'
import type { MetadataStore } from '../ports/metadata-store.ts'
import {
  initiate,
  openStore,
  overriding,
  putPart,
  putText,
} from '../store/store-samples.contract.ts'
import { checkListings, type ListedBucket } from './check-listings.ts'

const PAGE = 2

async function filled(): Promise<MetadataStore> {
  const { store, metadata } = await openStore()
  for (const key of ['a', 'b', 'c', 'd', 'e']) await putText(store, key, key)
  for (const key of ['m', 'm', 'n']) await putPart(store, await initiate(store, key), 1, key)
  return metadata
}

/** As it is now. */
async function photos(metadata: MetadataStore): Promise<ListedBucket> {
  const usage = await metadata.usage('photos')
  if (!usage) throw new Error('There is no bucket.')
  return { name: 'photos', usage, held: usage }
}

test('a bucket whose pages are what it holds has no difference', async () => {
  const metadata = await filled()
  expect(await checkListings(metadata, await photos(metadata), PAGE)).toBeUndefined()
})

test.each<[string, (metadata: MetadataStore) => Partial<MetadataStore>, RegExp]>([
  [
    'a key between two pages',
    (metadata) => ({
      async listVersions(bucket, query) {
        const page = await metadata.listVersions(bucket, query)
        return query.after === 'b' ? { ...page, rows: page.rows.slice(1) } : page
      },
    }),
    /lists 4 versions .*holds 5/,
  ],
  [
    'an object from its plain listing',
    (metadata) => ({
      async listObjects(bucket, query) {
        const page = await metadata.listObjects(bucket, query)
        return query.after === 'b' ? { ...page, rows: page.rows.slice(1) } : page
      },
    }),
    /lists 4 objects, and 5 keys/,
  ],
  [
    'an upload of the same key',
    (metadata) => ({
      async listUploads(bucket, query) {
        const page = await metadata.listUploads(bucket, query)
        return { ...page, rows: page.rows.filter((_, at) => query.after !== undefined || at > 0) }
      },
    }),
    /lists 2 uploads with 2 parts, and holds 3 with 3/,
  ],
  [
    'a part',
    () => ({ listParts: async () => ({ rows: [], truncated: false }) }),
    /lists 3 uploads with 0 parts/,
  ],
])('a listing that leaves out %s is told of', async (_, planted, told) => {
  const metadata = await filled()
  const faulty = overriding(metadata, planted(metadata))
  expect(await checkListings(faulty, await photos(metadata), PAGE)).toMatch(told)
})

test('a listing in the wrong order is told of', async () => {
  const metadata = await filled()
  const backwards = overriding(metadata, {
    async listVersions(bucket, query) {
      const page = await metadata.listVersions(bucket, query)
      return { ...page, rows: page.rows.toReversed() }
    },
  })
  expect(await checkListings(backwards, await photos(metadata), PAGE)).toMatch(/wrong place/)
})

test('nothing is told of a bucket that changes while it is listed', async () => {
  const { store, metadata } = await openStore()
  await putText(store, 'a', 'a')
  let more = 0
  const busy = overriding(metadata, {
    async listVersions(bucket, query) {
      more += 1
      await putText(store, `new-${more}`, 'x')
      return await metadata.listVersions(bucket, query)
    },
  })
  expect(await checkListings(busy, await photos(metadata), 1_000)).toBeUndefined()
})
