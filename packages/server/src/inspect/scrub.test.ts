import { loadHasher } from '@lading/protocol'
import { expect, test } from 'vitest'
import { MemoryBlobStore } from '../drivers/memory/memory-blob-store.ts'
import { MemoryMetadataStore } from '../drivers/memory/memory-metadata-store.ts'
import { openMasterKey } from '../master-key.ts'
import type { BlobId } from '../ports/blob-store.ts'
import { createStore, type Store } from '../store/store.ts'
import { type Finding, type ScrubPosition, scrub } from './scrub.ts'

const makeHasher = await loadHasher()
const masterKeys = openMasterKey({ given: undefined, directory: undefined })

const attributes = {
  contentType: 'text/plain',
  headers: {},
  userMetadata: {},
  storageClass: undefined,
}

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text)
}

/** Two buckets with three objects each, and an upload with two parts. */
async function open() {
  const blobs = new MemoryBlobStore()
  const metadata = new MemoryMetadataStore()
  const store = createStore({ blobs, metadata, makeHasher, masterKeys, now: () => new Date() })
  for (const bucket of ['films', 'songs']) {
    await store.putBucket({ name: bucket, owner: 'alice' })
    for (const key of ['a', 'b', 'c']) await put(store, bucket, key)
  }
  const ref = await store.initiateUpload({
    bucket: 'films',
    key: 'open',
    attributes,
    forbidOverwrite: false,
  })
  for (const partNumber of [1, 2]) {
    const bytes = bytesOf(`part ${partNumber}`)
    await store.putPart({ upload: ref, partNumber, bytes, expected: {} })
  }
  const damaged = new Set<BlobId>()
  const read: typeof blobs.read = (id, range) =>
    damaged.has(id) ? bytesOf('x'.repeat(range.length)) : blobs.read(id, range)
  return { store, metadata, plain: () => ({ read }), damaged }
}

async function put(store: Store, bucket: string, key: string): Promise<void> {
  const bytes = bytesOf(`${bucket}/${key}`)
  await store.putObject({ bucket, key, attributes, forbidOverwrite: false, bytes, expected: {} })
}

async function pass(
  stores: Awaited<ReturnType<typeof open>>,
  from?: ScrubPosition,
): Promise<{ findings: Finding[]; positions: ScrubPosition[]; bytes: number }> {
  const findings: Finding[] = []
  const positions: ScrubPosition[] = []
  let bytes = 0
  await scrub(
    { ...stores, makeHasher },
    {
      from,
      bytesPerSecond: 1e12,
      signal: new AbortController().signal,
      onBytes: (count) => {
        bytes += count
      },
      onFinding: (finding) => findings.push(finding),
      onPosition: (position) => positions.push(position),
    },
  )
  return { findings, positions, bytes }
}

test('a pass reads every object and part once, and finds nothing where all is well', async () => {
  const { findings, positions, bytes } = await pass(await open())
  expect(findings).toEqual([])
  expect(positions.map(({ bucket, of, key }) => `${bucket} ${of} ${key}`)).toEqual([
    'films objects a',
    'films objects b',
    'films objects c',
    'films uploads open',
    'songs objects a',
    'songs objects b',
    'songs objects c',
  ])
  expect(bytes).toBe(6 * 'films/a'.length + 2 * 'part 1'.length)
})

test('from each of its positions a pass reads exactly the rest', async () => {
  const stores = await open()
  const { positions } = await pass(stores)
  for (const [at, position] of positions.entries()) {
    expect((await pass(stores, position)).positions).toEqual(positions.slice(at + 1))
  }
})

test('a position whose object is gone since is no obstacle', async () => {
  const stores = await open()
  const { positions } = await pass(stores)
  await stores.store.deleteObject('films', 'b')
  expect((await pass(stores, positions[1])).positions).toEqual(positions.slice(2))
})

test('damaged bytes are told, of an object and of a part, and the pass goes on', async () => {
  const stores = await open()
  const object = await stores.metadata.openObject('films', 'b')
  for await (const { entries } of object?.manifest(0) ?? []) {
    for (const { blobId } of entries) stores.damaged.add(blobId)
  }
  object?.release()
  const query = { prefix: '', delimiter: '', after: undefined, afterUploadId: undefined, limit: 1 }
  const uploads = await stores.metadata.listUploads('films', query)
  for (const entry of uploads.rows) {
    if (entry.kind !== 'row') continue
    const parts = await stores.metadata.listParts(entry.row, { after: 1, limit: 1 })
    for (const { blobId } of parts?.rows ?? []) stores.damaged.add(blobId)
  }
  const { findings, positions } = await pass(stores)
  expect(findings.map(({ kind, what }) => [kind, what])).toEqual([
    ['damaged', 'object films/b'],
    ['damaged', expect.stringMatching(/^part 2 of upload [0-9A-F]{32} of films\/open$/)],
  ])
  expect(positions).toHaveLength(7)
})

test('a pass that is told to stop stops, also while it waits for its rate', async () => {
  const stores = await open()
  const stop = new AbortController()
  const stopped = scrub(
    { ...stores, makeHasher },
    {
      from: undefined,
      // A byte takes an hour.
      bytesPerSecond: 1 / 3600,
      signal: stop.signal,
      onBytes: () => stop.abort(new Error('stop')),
      onFinding: () => {},
      onPosition: () => {},
    },
  )
  await expect(stopped).rejects.toThrow()
})
