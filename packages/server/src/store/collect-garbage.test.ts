import { md5ETag } from '@lading/protocol'
import { expect, test } from 'vitest'
import type { BlobId, BlobStore } from '../ports/blob-store.ts'
import { type CollectionReport, createStore } from './store.ts'
import {
  blobIds,
  gather,
  initiate,
  makeHasher,
  masterKeys,
  type OpenStore,
  openStore,
  overriding,
  putPart,
  putText,
  readText,
  refusalOf,
  streamOf,
} from './store-samples.contract.ts'

/** Everything up to now, and nothing for its age alone. */
function collectDue({ store, clock }: OpenStore): Promise<CollectionReport> {
  return store.collectGarbage({ before: clock.advance(1), orphanBefore: new Date(0) })
}

/** Everything up to now. */
function collectAll({ store, clock }: OpenStore): Promise<CollectionReport> {
  return store.collectGarbage({ before: clock.advance(1), orphanBefore: clock.now() })
}

/** Longer than any commit takes. */
const COMMITTED = 11 * 60 * 1000

const nothing = { garbageBlobs: 0, orphanBlobs: 0, failures: 0, failure: undefined }

test('parts of an aborted upload, parts replaced and parts not listed are collected', async () => {
  const opened = await openStore()
  const { store } = opened
  const aborted = await initiate(store, 'aborted')
  await putPart(store, aborted, 1, 'aborted')
  await putPart(store, aborted, 2, 'aborted as well')
  await store.abortUpload(aborted)

  const upload = await initiate(store)
  await putPart(store, upload, 1, 'replaced')
  const part = await putPart(store, upload, 1, 'kept')
  await putPart(store, upload, 2, 'not listed')
  await store.completeUpload({
    upload,
    parts: [{ partNumber: 1, etag: md5ETag(part.md5) }],
    forbidOverwrite: false,
  })

  expect(await collectDue(opened)).toEqual({ ...nothing, garbageBlobs: 4 })
  expect(await blobIds(opened)).toEqual([part.blobId])
  expect(await readText(store, 'cat.jpg')).toBe('kept')
  expect(await collectDue(opened)).toEqual(nothing)
})

test('garbage younger than the grace period is left alone', async () => {
  const opened = await openStore()
  const { store, clock } = opened
  await putText(store, 'cat.jpg', 'old')
  await putText(store, 'cat.jpg', 'new')
  const before = clock.now()
  expect(await store.collectGarbage({ before, orphanBefore: new Date(0) })).toEqual(nothing)
  expect(await blobIds(opened)).toHaveLength(2)
})

test('an object that is being read is not collected, whatever happens to its key', async () => {
  const opened = await openStore()
  const { store } = opened
  await putText(store, 'cat.jpg', 'old')
  const reader = await store.openObject('photos', 'cat.jpg')
  await putText(store, 'cat.jpg', 'new')
  await store.deleteObject('photos', 'cat.jpg')

  await collectAll(opened)
  const bytes = await gather(reader.read({ offset: 0, length: 3 }))
  expect(new TextDecoder().decode(bytes)).toBe('old')

  reader.release()
  await collectAll(opened)
  expect(await blobIds(opened)).toEqual([])
})

test('a blob that nothing names is collected once it is old enough', async () => {
  const opened = await openStore()
  const { blobs, store, clock } = opened
  await putText(store, 'cat.jpg', 'named')
  const upload = await initiate(store)
  await putPart(store, upload, 1, 'named too')
  const orphan = await blobs.write(streamOf('nobody knows me'))
  const writtenAt = clock.now()

  const options = { before: clock.advance(1000), orphanBefore: writtenAt }
  expect(await store.collectGarbage(options)).toEqual(nothing)
  expect(await store.collectGarbage({ ...options, orphanBefore: clock.now() })).toEqual({
    ...nothing,
    orphanBlobs: 1,
  })
  expect(await blobIds(opened)).not.toContain(orphan.id)
  expect(await blobIds(opened)).toHaveLength(2)
})

test('a collection that is not to look for orphans lists no blobs', async () => {
  let lists = 0
  const { store, clock, blobs } = await openStore({
    wrapBlobs: (blobs) =>
      overriding(blobs, {
        list(query) {
          lists += 1
          return blobs.list(query)
        },
      }),
  })
  await blobs.write(streamOf('nobody knows me'))
  const before = clock.advance(1)
  expect(await store.collectGarbage({ before, orphanBefore: undefined })).toEqual(nothing)
  expect(lists).toBe(0)
  expect((await store.collectGarbage({ before, orphanBefore: before })).orphanBlobs).toBe(1)
  expect(lists).toBe(1)
})

test('a blob is condemned, durably, before it is deleted', async () => {
  const events: string[] = []
  const opened = await openStore({
    wrapBlobs: (blobs) => overriding(blobs, { delete: (id) => record('delete', blobs.delete(id)) }),
    wrapMetadata: (metadata) =>
      overriding(metadata, {
        condemnBlobs: (ids) => record('condemned', metadata.condemnBlobs(ids)),
        absolveBlobs: (ids) => record('absolved', metadata.absolveBlobs(ids)),
      }),
  })
  async function record<Result>(event: string, work: Promise<Result>): Promise<Result> {
    const result = await work
    events.push(event)
    return result
  }
  await opened.blobs.write(streamOf('orphan'))
  await collectAll(opened)
  expect(events).toEqual(['condemned', 'delete'])
  opened.clock.advance(COMMITTED)
  await collectAll(opened)
  expect(events).toEqual(['condemned', 'delete', 'absolved'])
})

test('a part that takes longer to arrive than any age is refused rather than lost', async () => {
  const opened = await openStore({ wrapBlobs: early })
  const { store, metadata } = opened
  const upload = await initiate(store)
  const gate = newGate()
  const slow = store.putPart({
    upload,
    partNumber: 1,
    expected: {},
    bytes: (async function* () {
      gate.entered()
      yield* streamOf('slow part')
      await gate.opened
    })(),
  })
  await gate.reached

  // Twice, because the second run must not take the deleted blob for one that is done with.
  expect(await collectAll(opened)).toEqual({ ...nothing, orphanBlobs: 1 })
  opened.clock.advance(COMMITTED)
  expect(await collectAll(opened)).toEqual(nothing)
  expect(await metadata.listCondemned(10)).toHaveLength(1)
  gate.open()
  expect(await refusalOf(slow)).toMatchObject({ code: 'ServiceUnavailable', status: 503 })
  const { page } = await store.listParts(upload, { after: 0, limit: 10 })
  expect(page.rows).toEqual([])

  await collectAll(opened)
  expect(await metadata.listCondemned(10)).toEqual([])
})

test('writes that began after a blob was deleted do not keep it condemned', async () => {
  const opened = await openStore()
  const { store, metadata, blobs } = opened
  const upload = await initiate(store)
  const gates = [newGate(), newGate()]
  const held = gates.map((gate, index) =>
    store.putPart({
      upload,
      partNumber: index + 1,
      expected: {},
      bytes: (async function* () {
        gate.entered()
        await gate.opened
        yield* streamOf('part')
      })(),
    }),
  )
  await gates[0]?.reached
  await blobs.write(streamOf('orphan'))
  await gates[1]?.reached
  await collectAll(opened)
  opened.clock.advance(COMMITTED)
  await collectAll(opened)
  expect(await metadata.listCondemned(10)).toHaveLength(1)

  for (const gate of gates) gate.open()
  await Promise.all(held)
  const later = newGate()
  const sending = store.putPart({
    upload,
    partNumber: 3,
    expected: {},
    bytes: (async function* () {
      later.entered()
      await later.opened
      yield* streamOf('part')
    })(),
  })
  await later.reached
  await collectDue(opened)
  expect(await metadata.listCondemned(10)).toEqual([])
  later.open()
  await sending
})

test('a deleted blob stays condemned for as long as the commit of another process may take', async () => {
  const opened = await openStore()
  const { blobs, metadata, clock } = opened
  const orphan = await blobs.write(streamOf('of a slow writer elsewhere'))
  await collectAll(opened)
  expect(await metadata.listCondemned(10)).toEqual([orphan.id])
  clock.advance(COMMITTED)
  await collectAll(opened)
  expect(await metadata.listCondemned(10)).toEqual([])
})

test('what a process condemned and did not live to delete is deleted by the next', async () => {
  const opened = await openStore()
  const { blobs, metadata, clock } = opened
  const orphan = await blobs.write(streamOf('orphan'))
  const other = await blobs.write(streamOf('deleted, and not absolved'))
  await metadata.condemnBlobs([orphan.id, other.id])
  await blobs.delete(other.id)

  const next = createStore({ blobs, metadata, makeHasher, masterKeys, now: clock.now })
  const options = { before: clock.now(), orphanBefore: new Date(0) }
  expect(await next.collectGarbage(options)).toEqual({ ...nothing, orphanBlobs: 2 })
  expect(await blobIds(opened)).toEqual([])
  clock.advance(COMMITTED)
  await next.collectGarbage(options)
  expect(await metadata.listCondemned(10)).toEqual([])
})

test('a collection that dies between deleting and forgetting is repeated harmlessly', async () => {
  let dies = true
  const opened = await openStore({
    wrapMetadata: (metadata) =>
      overriding(metadata, {
        async settleGarbage(item) {
          if (dies) throw new Error('killed')
          return metadata.settleGarbage(item)
        },
      }),
  })
  await putText(opened.store, 'cat.jpg', 'old')
  await putText(opened.store, 'cat.jpg', 'new')
  await expect(collectDue(opened)).rejects.toThrow('killed')
  dies = false
  expect(await collectDue(opened)).toEqual({ ...nothing, garbageBlobs: 1 })
  expect(await readText(opened.store, 'cat.jpg')).toBe('new')
})

test('a blob that cannot be deleted keeps no other from it, and is tried again', async () => {
  const stuck = new Set<BlobId>()
  const opened = await openStore({
    wrapBlobs: (blobs) =>
      overriding(blobs, {
        async delete(id) {
          if (stuck.has(id)) throw new Error('EIO')
          return blobs.delete(id)
        },
      }),
  })
  const { store, blobs } = opened
  for (const key of ['a', 'b', 'c']) {
    await putText(store, key, key)
    const [id] = (await blobIds(opened)).slice(-1)
    if (key === 'b' && id) stuck.add(id)
    await store.deleteObject('photos', key)
  }
  stuck.add((await blobs.write(streamOf('orphan'))).id)
  await blobs.write(streamOf('another'))

  const report = await collectAll(opened)
  expect(report).toMatchObject({ garbageBlobs: 2, orphanBlobs: 1, failures: 2 })
  expect(report.failure).toEqual(new Error('EIO'))
  expect(new Set(await blobIds(opened))).toEqual(stuck)

  stuck.clear()
  expect(await collectAll(opened)).toEqual({ ...nothing, garbageBlobs: 1, orphanBlobs: 1 })
  expect(await blobIds(opened)).toEqual([])
})

test('more garbage than is asked for at once is all collected', async () => {
  const opened = await openStore()
  const { store, blobs } = opened
  for (let count = 0; count < 600; count += 1) await putText(store, 'cat.jpg', `state ${count}`)
  for (let count = 0; count < 600; count += 1) await blobs.write(streamOf(`orphan ${count}`))
  expect(await collectAll(opened)).toEqual({ ...nothing, garbageBlobs: 599, orphanBlobs: 600 })
  expect(await blobIds(opened)).toHaveLength(1)
})

test('a collection stops where it is told to, and the next goes on', async () => {
  const stop = new AbortController()
  const opened = await openStore({
    wrapBlobs: (blobs) =>
      overriding(blobs, {
        async delete(id) {
          await blobs.delete(id)
          stop.abort(new Error('draining'))
        },
      }),
  })
  const { store, clock } = opened
  for (const text of ['a', 'b', 'c']) await putText(store, 'cat.jpg', text)
  const options = { before: clock.advance(1), orphanBefore: new Date(0) }
  const stopped = store.collectGarbage({ ...options, signal: stop.signal })
  await expect(stopped).rejects.toThrow('draining')
  expect(await blobIds(opened)).toHaveLength(2)
  await store.collectGarbage(options)
  expect(await blobIds(opened)).toHaveLength(1)
})

test('collections run one at a time', async () => {
  let running = 0
  let most = 0
  const opened = await openStore({
    wrapMetadata: (metadata) =>
      overriding(metadata, {
        async dueGarbage(query) {
          running += 1
          most = Math.max(most, running)
          const items = await metadata.dueGarbage(query)
          await Promise.resolve()
          running -= 1
          return items
        },
      }),
  })
  await putText(opened.store, 'cat.jpg', 'old')
  await putText(opened.store, 'cat.jpg', 'new')
  const reports = await Promise.all([collectDue(opened), collectDue(opened), collectDue(opened)])
  expect(most).toBe(1)
  expect(reports.map(({ garbageBlobs }) => garbageBlobs)).toEqual([1, 0, 0])
})

/** Blobs that can be listed from their first byte on, as files can. */
function early(blobs: BlobStore): BlobStore {
  return overriding(blobs, {
    async write(bytes, options) {
      const placeholder = await blobs.write(streamOf('bytes so far'))
      const written = await blobs.write(bytes, options)
      await blobs.delete(written.id)
      return { id: placeholder.id, size: written.size }
    },
  })
}

interface Gate {
  readonly opened: Promise<void>
  readonly open: () => void
  readonly reached: Promise<void>
  readonly entered: () => void
}

function newGate(): Gate {
  let open = (): void => {}
  let entered = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const reached = new Promise<void>((resolve) => {
    entered = resolve
  })
  return { opened, open: () => open(), reached, entered: () => entered() }
}
