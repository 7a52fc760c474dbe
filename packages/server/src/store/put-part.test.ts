import { createHash } from 'node:crypto'
import { crc64 } from '@lading/protocol'
import { expect, test } from 'vitest'
import { type BlobId, BlobLostError, type BlobStore, NoSpaceError } from '../ports/blob-store.ts'
import {
  blobIds,
  filled,
  initiate,
  LEAST,
  openStore,
  overriding,
  putPart,
  readText,
  refusalOf,
  streamOf,
  unknownUpload,
} from './store-samples.contract.ts'

test('a part is listed with the sums and the size of its bytes', async () => {
  const { store, clock } = await openStore()
  const upload = await initiate(store)
  const bytes = filled(1000, 1)
  const part = await putPart(store, upload, 7, bytes)
  const { page } = await store.listParts(upload, { after: 0, limit: 10 })
  expect(page).toEqual({ rows: [part], truncated: false })
  expect(part).toMatchObject({ partNumber: 7, size: 1000, crc64: crc64(bytes) })
  expect(Buffer.from(part.md5)).toEqual(createHash('md5').update(bytes).digest())
  expect(part.uploadedAt).toEqual(clock.now())
})

test('a part sent twice counts once, with the later bytes', async () => {
  const { store } = await openStore()
  const upload = await initiate(store)
  await putPart(store, upload, 1, 'first')
  await putPart(store, upload, 1, 'second')
  await store.completeUpload({ upload, parts: 'all', forbidOverwrite: false })
  expect(await readText(store, 'cat.jpg')).toBe('second')
})

test('the attempt that is committed last wins, also when it was begun first', async () => {
  const { store } = await openStore()
  const upload = await initiate(store)
  const gate = newGate()
  const slow = store.putPart({
    upload,
    partNumber: 1,
    expected: {},
    bytes: (async function* () {
      yield* streamOf('slow')
      await gate.opened
    })(),
  })
  await putPart(store, upload, 1, 'fast')
  gate.open()
  await slow
  await store.completeUpload({ upload, parts: 'all', forbidOverwrite: false })
  expect(await readText(store, 'cat.jpg')).toBe('slow')
})

test('bytes of an upload that nobody opened are not read', async () => {
  const { store } = await openStore()
  let read = false
  const bytes = (async function* () {
    read = true
    yield* streamOf('bytes')
  })()
  const refusal = await refusalOf(
    store.putPart({ upload: unknownUpload, partNumber: 1, bytes, expected: {} }),
  )
  expect(refusal).toMatchObject({ code: 'NoSuchUpload', status: 404, ec: '0042-00000104' })
  expect(refusal.details).toEqual({ UploadId: unknownUpload.uploadId })
  expect(read).toBe(false)
})

test('a part with a wrong MD5 is refused, and the earlier part of that number still stands', async () => {
  const opened = await openStore()
  const { store } = opened
  const upload = await initiate(store)
  const earlier = await putPart(store, upload, 1, 'earlier')
  const wrong = store.putPart({
    upload,
    partNumber: 1,
    bytes: streamOf('later'),
    expected: { md5: new Uint8Array(16) },
  })
  expect(await refusalOf(wrong)).toMatchObject({ code: 'InvalidDigest', status: 400 })
  const { page } = await store.listParts(upload, { after: 0, limit: 10 })
  expect(page.rows).toEqual([earlier])
  expect(await blobIds(opened)).toEqual([earlier.blobId])
})

test('a wrong sum ends the bytes before the engine syncs them', async () => {
  const events: string[] = []
  const syncing = (blobs: BlobStore): BlobStore =>
    overriding(blobs, {
      write: (bytes, options) =>
        blobs.write(
          (async function* () {
            if (typeof bytes === 'function') return
            yield* bytes
            events.push('sync')
          })(),
          options,
        ),
    })
  const { store } = await openStore({ wrapBlobs: syncing })
  const upload = await initiate(store)
  const expected = { crc64: 42n }
  const wrong = store.putPart({ upload, partNumber: 1, bytes: streamOf('part'), expected })
  expect(await refusalOf(wrong)).toMatchObject({ code: 'InvalidCRC64' })
  expect(events).toEqual([])
  await putPart(store, upload, 1, 'part')
  expect(events).toEqual(['sync'])
})

test.each(['abort', 'complete'] as const)(
  'a part that arrives after the %s is refused and leaves nothing behind',
  async (ending) => {
    const opened = await openStore()
    const { store, clock } = opened
    const upload = await initiate(store)
    const gate = newGate()
    const late = store.putPart({
      upload,
      partNumber: 2,
      expected: {},
      bytes: (async function* () {
        yield* streamOf('late')
        await gate.opened
      })(),
    })
    await putPart(store, upload, 1, 'early')
    if (ending === 'abort') await store.abortUpload(upload)
    else await store.completeUpload({ upload, parts: 'all', forbidOverwrite: false })
    gate.open()
    expect(await refusalOf(late)).toMatchObject({ code: 'NoSuchUpload', ec: '0042-00000104' })
    await store.collectGarbage({ before: clock.advance(1), orphanBefore: new Date(0) })
    expect(await blobIds(opened)).toHaveLength(ending === 'abort' ? 0 : 1)
  },
)

test('a part whose blob the collector has claimed is refused, to be sent again', async () => {
  const { store } = await openStore({
    wrapMetadata: (metadata) => overriding(metadata, { commitPart: async () => 'condemned' }),
  })
  const refusal = await refusalOf(putPart(store, await initiate(store), 1, 'part'))
  expect(refusal).toMatchObject({ code: 'ServiceUnavailable', status: 503 })
})

test('a part whose blob was deleted while it was written is refused, to be sent again', async () => {
  const lost = async (): Promise<never> => {
    throw new BlobLostError('0'.repeat(32) as BlobId)
  }
  const { store } = await openStore({ wrapBlobs: (blobs) => overriding(blobs, { write: lost }) })
  const refusal = await refusalOf(putPart(store, await initiate(store), 1, 'part'))
  expect(refusal).toMatchObject({ code: 'ServiceUnavailable', status: 503 })
})

test('a full disk refuses the part with 503 and says why', async () => {
  const full = async (): Promise<never> => {
    throw new NoSpaceError()
  }
  const ofBlobs = await openStore({ wrapBlobs: (blobs) => overriding(blobs, { write: full }) })
  const upload = await initiate(ofBlobs.store)
  const refusal = await refusalOf(putPart(ofBlobs.store, upload, 1, 'part'))
  expect(refusal).toMatchObject({
    code: 'ServiceUnavailable',
    status: 503,
    message: 'The service has no space left to store this.',
  })

  const ofRows = await openStore({
    wrapMetadata: (metadata) => overriding(metadata, { commitPart: full }),
  })
  const other = await initiate(ofRows.store)
  expect(await refusalOf(putPart(ofRows.store, other, 1, 'part'))).toMatchObject({ status: 503 })
  expect(await blobIds(ofRows)).toEqual([])
})

test('a commit that fails for a reason nobody knows leaves the blob to the collector', async () => {
  const opened = await openStore({
    wrapMetadata: (metadata) =>
      overriding(metadata, {
        commitPart: async () => {
          throw new Error('the disk is on fire')
        },
      }),
  })
  const upload = await initiate(opened.store)
  await expect(putPart(opened.store, upload, 1, 'part')).rejects.toThrow('the disk is on fire')
  expect(await blobIds(opened)).toHaveLength(1)
})

test('a part whose sender leaves is not stored', async () => {
  const opened = await openStore()
  const { store } = opened
  const upload = await initiate(store)
  const peer = new AbortController()
  const bytes = (async function* () {
    yield* streamOf('half of it')
    peer.abort(new Error('the peer left'))
    await new Promise(() => {})
  })()
  const sending = store.putPart(
    { upload, partNumber: 1, bytes, expected: {} },
    { signal: peer.signal },
  )
  await expect(sending).rejects.toThrow('the peer left')
  expect(await blobIds(opened)).toEqual([])
})

test('parts of any size are taken, and only completing asks whether they are too small', async () => {
  const { store } = await openStore()
  const upload = await initiate(store)
  for (const [index, size] of [0, 1, LEAST - 1, LEAST].entries()) {
    expect(await putPart(store, upload, index + 1, filled(size, index))).toMatchObject({ size })
  }
})

function newGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}
