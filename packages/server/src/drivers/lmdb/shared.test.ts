import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import {
  blobsIn,
  blobsOf,
  bucketNamed,
  Clock,
  collectAll,
  commitParts,
  manifestOf,
  objectOf,
  openUpload,
  partNumbered,
  publishing,
  readManifest,
} from '../../ports/metadata-samples.contract.ts'
import type { MetadataStore } from '../../ports/metadata-store.ts'
import { openEnvironment } from './environment.ts'
import { LmdbMetadataStore } from './lmdb-metadata-store.ts'

afterEach(() => {
  vi.useRealTimers()
})

/** Several stores over one environment, as several processes have them. */
async function share(
  count: number,
): Promise<{ clock: Clock; stores: LmdbMetadataStore[]; directory: string }> {
  const parent = await mkdtemp(join(tmpdir(), 'lading-meta-'))
  const directory = join(parent, 'meta')
  const clock = new Clock()
  const stores: LmdbMetadataStore[] = []
  for (let n = 0; n < count; n++) {
    stores.push(await LmdbMetadataStore.open({ directory, now: clock.now }))
  }
  onTestFinished(async () => {
    for (const store of stores) await store.close()
    await rm(parent, { recursive: true })
  })
  await stores[0]?.createBucket(bucketNamed('photos'))
  return { clock, stores, directory }
}

async function due(store: MetadataStore, before: Date): Promise<string[]> {
  return (await store.dueGarbage({ before, limit: 10 })).flatMap(({ blobs }) => blobs)
}

test('what one process was told is there, another finds', async () => {
  const { stores } = await share(2)
  const [one, two] = stores as [LmdbMetadataStore, LmdbMetadataStore]
  for (let n = 0; n < 50; n++) {
    const upload = await openUpload(one, `key-${n}`)
    expect(await two.commitPart(upload, partNumbered(1))).toBe('committed')
    expect(await one.completeUpload(upload, publishing())).toBeDefined()
    expect(await two.findObject('photos', `key-${n}`)).toBeDefined()
  }
})

test('upload ids of two processes ascend together', async () => {
  const { stores } = await share(2)
  const ids: string[] = []
  for (let n = 0; n < 20; n++) {
    for (const store of stores) ids.push((await openUpload(store, 'a')).uploadId)
  }
  expect([...ids].sort()).toEqual(ids)
})

test('of two processes that complete or abort one upload exactly one wins', async () => {
  const { stores } = await share(2)
  const [one, two] = stores as [LmdbMetadataStore, LmdbMetadataStore]
  for (let round = 0; round < 20; round++) {
    const upload = await openUpload(one, `key-${round}`)
    const parts = await commitParts(one, upload, 3)
    const [object, aborted] = await Promise.all([
      one.completeUpload(upload, publishing()),
      two.abortUpload(upload),
    ])
    expect(Boolean(object)).toBe(!aborted)
    if (!object) continue
    const { entries } = await readManifest(two, `key-${round}`)
    expect(blobsOf(entries)).toEqual(blobsOf(parts))
  }
})

test('a read in one process keeps its blobs from the collector of another', async () => {
  const { clock, stores } = await share(2)
  const [one, two] = stores as [LmdbMetadataStore, LmdbMetadataStore]
  const manifest = manifestOf(20)
  await one.putObject(objectOf('a', manifest))
  const reader = await one.openObject('photos', 'a')
  await two.deleteObject('photos', 'a')
  expect(await due(two, clock.advance(1_000))).toEqual([])
  const entries = []
  for await (const page of reader?.manifest(0) ?? []) entries.push(...page.entries)
  expect(entries).toEqual(manifest)
  reader?.release()
  // Its own process knows at once; the other waits for the lease to end.
  expect((await due(one, clock.now())).sort()).toEqual(blobsOf(manifest))
  expect(await due(two, clock.now())).toEqual([])
  clock.advance(61_000)
  expect((await due(two, clock.now())).sort()).toEqual(blobsOf(manifest))
})

test('a lease is renewed while reads are open, and no longer', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  const { clock, stores } = await share(2)
  const [one, two] = stores as [LmdbMetadataStore, LmdbMetadataStore]
  await one.putObject(objectOf('a', manifestOf(20)))
  const reader = await one.openObject('photos', 'a')
  await two.deleteObject('photos', 'a')
  for (let minutes = 0; minutes < 5; minutes++) {
    clock.advance(50_000)
    vi.advanceTimersByTime(15_000)
    // A transaction after the renewal: when it is durable, so is the lease.
    await one.createBucket(bucketNamed('any'))
    expect(await due(two, clock.now())).toEqual([])
  }
  reader?.release()
  expect(vi.getTimerCount()).toBe(0)
  clock.advance(61_000)
  expect(await due(two, clock.now())).not.toEqual([])
})

test('a read that begins under an old lease is covered by it and by the next', async () => {
  const { clock, stores } = await share(2)
  const [one, two] = stores as [LmdbMetadataStore, LmdbMetadataStore]
  for (const key of ['a', 'b']) await one.putObject(objectOf(key, manifestOf(1)))
  const first = await one.openObject('photos', 'a')
  await two.deleteObject('photos', 'a')
  clock.advance(20_000)
  const second = await one.openObject('photos', 'b')
  await two.deleteObject('photos', 'b')
  clock.advance(20_000)
  // The lease holds for less than half a minute now, so the third read has it renewed.
  await one.putObject(objectOf('c', manifestOf(1)))
  const third = await one.openObject('photos', 'c')
  clock.advance(50_000)
  expect(await due(two, clock.now())).toEqual([])
  for (const read of [first, second, third]) read?.release()
})

test('a process that died keeps garbage for a minute, not for ever', async () => {
  const { clock, stores, directory } = await share(1)
  const dead = await LmdbMetadataStore.open({ directory, now: clock.now })
  const [alive] = stores as [LmdbMetadataStore]
  await alive.putObject(objectOf('a', manifestOf(1)))
  await dead.openObject('photos', 'a')
  await alive.deleteObject('photos', 'a')
  await dead.close()
  clock.advance(30_000)
  expect(await due(alive, clock.now())).toEqual([])
  clock.advance(31_000)
  expect(await due(alive, clock.now())).toHaveLength(1)
})

test('two collectors together collect each blob, whoever settles', async () => {
  const { clock, stores } = await share(2)
  const [one, two] = stores as [LmdbMetadataStore, LmdbMetadataStore]
  const upload = await openUpload(one, 'a')
  const parts = await commitParts(one, upload, 2_500)
  await one.abortUpload(upload)
  const before = clock.advance(1)
  const collected = await Promise.all([collectAll(one, before), collectAll(two, before)])
  expect([...new Set(blobsIn(collected.flat()))].sort()).toEqual(blobsOf(parts))
  expect(await due(one, before)).toEqual([])
  const condemned = await one.condemnBlobs(blobsOf(parts))
  expect(condemned).toHaveLength(2_500)
})

test('when all is ended and collected no row stays behind', async () => {
  const { clock, stores, directory } = await share(1)
  const [store] = stores as [LmdbMetadataStore]
  for (const [round, count] of [0, 3, 1_200].entries()) {
    const completed = await openUpload(store, `completed-${round}`)
    await commitParts(store, completed, count)
    await store.completeUpload(
      completed,
      publishing(({ partNumber }) => partNumber % 3 > 0),
    )
    const aborted = await openUpload(store, 'aborted')
    await commitParts(store, aborted, count)
    await store.commitPart(aborted, partNumbered(1))
    await store.abortUpload(aborted)
    await store.putObject(objectOf('object', manifestOf(count)))
    await store.openObject('photos', 'object').then((reader) => reader?.release())
    await store.deleteObject('photos', 'object')
    await store.deleteObject('photos', `completed-${round}`)
  }
  await store.deleteBucket('photos')
  await collectAll(store, clock.advance(1))
  const condemned = manifestOf(3).map(({ blobId }) => blobId)
  await store.condemnBlobs(condemned)
  await store.absolveBlobs(condemned)
  await store.close()
  const { environment, tables } = await openEnvironment(directory)
  const left = Object.entries(tables).map(([name, table]) => [name, table.count()])
  await environment.close()
  expect(left.filter(([, count]) => count > 0)).toEqual([
    // The format, the count of garbage, the last upload id; and this process read.
    ['meta', 3],
    ['leases', 1],
  ])
})
