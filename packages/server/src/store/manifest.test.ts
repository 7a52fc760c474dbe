import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type BlobId, BlobNotFoundError, EngineUnavailableError } from '../ports/blob-store.ts'
import type { ManifestPage } from '../ports/metadata-store.ts'
import { blobRanges } from './manifest.ts'
import {
  blobIds,
  filled,
  gather,
  initiate,
  LEAST,
  openStore,
  overriding,
  putPart,
  putText,
  streamOf,
} from './store-samples.contract.ts'

test('any range of an object of any parts is the same range of their bytes', async () => {
  const { metadata, blobs, store } = await openStore()
  await putText(store, 'template', '')
  const template = await store.getObject('photos', 'template')
  // Parts as small as these are refused, so their object is published by hand.
  const partSizes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 })
  const fraction = fc.double({ min: 0, max: 1, noNaN: true })
  await fc.assert(
    fc.asyncProperty(partSizes, fraction, fraction, async (sizes, from, to) => {
      const pieces = sizes.map((size, index) => filled(size, index))
      const refs = await Promise.all(pieces.map((bytes) => blobs.write(streamOf(bytes))))
      const all = new Uint8Array(Buffer.concat(pieces))
      await metadata.putObject({
        ...template,
        key: 'ranged',
        size: all.length,
        manifest: refs
          .filter(({ size }) => size > 0)
          .map(({ id, size }) => ({ blobId: id, blobOffset: 0, length: size })),
      })
      const start = Math.floor(Math.min(from, to) * all.length)
      const end = Math.floor(Math.max(from, to) * all.length)

      const reader = await store.openObject('photos', 'ranged')
      const bytes = await gather(reader.read({ offset: start, length: end - start }))
      reader.release()
      expect(bytes).toEqual(all.slice(start, end))
    }),
    { numRuns: 500 },
  )
})

test('a range of a page of the manifest touches only the blobs that hold it', () => {
  const page: ManifestPage = {
    start: 100,
    entries: [
      { blobId: 'a' as BlobId, blobOffset: 0, length: 10 },
      { blobId: 'b' as BlobId, blobOffset: 5, length: 10 },
      { blobId: 'c' as BlobId, blobOffset: 0, length: 10 },
    ],
  }
  expect([...blobRanges(page, { offset: 112, length: 3 })]).toEqual([
    { blobId: 'b', offset: 7, length: 3 },
  ])
  expect([...blobRanges(page, { offset: 109, length: 12 })]).toEqual([
    { blobId: 'a', offset: 9, length: 1 },
    { blobId: 'b', offset: 5, length: 10 },
    { blobId: 'c', offset: 0, length: 1 },
  ])
  expect([...blobRanges(page, { offset: 110, length: 10 })]).toEqual([
    { blobId: 'b', offset: 5, length: 10 },
  ])
  expect([...blobRanges(page, { offset: 0, length: 100 })]).toEqual([])
  expect([...blobRanges(page, { offset: 130, length: 9 })]).toEqual([])
})

test('a first blob that is gone fails the read before its first byte', async () => {
  const opened = await openStore()
  await putText(opened.store, 'cat.jpg', 'bytes')
  for (const id of await blobIds(opened)) await opened.blobs.delete(id)
  const reader = await opened.store.openObject('photos', 'cat.jpg')
  const chunks = reader.read({ offset: 0, length: 5 })[Symbol.asyncIterator]()
  await expect(chunks.next()).rejects.toThrow(BlobNotFoundError)
})

test('a read is refused for now while what keeps the bytes cannot be reached', async () => {
  const { store } = await openStore({
    wrapBlobs: (blobs) =>
      overriding(blobs, {
        // biome-ignore lint/correctness/useYield: it ends before there is anything to yield
        async *read() {
          throw new EngineUnavailableError('The engine does not answer.')
        },
      }),
  })
  await putText(store, 'cat.jpg', 'bytes')
  const reader = await store.openObject('photos', 'cat.jpg')
  const refused = { code: 'ServiceUnavailable', status: 503 }
  await expect(gather(reader.read({ offset: 0, length: 5 }))).rejects.toMatchObject(refused)
})

test('a later blob that is gone ends the bytes with an error, and nothing is put in its place', async () => {
  const opened = await openStore()
  const { store } = opened
  const upload = await initiate(store)
  const first = await putPart(store, upload, 1, filled(LEAST, 1))
  const second = await putPart(store, upload, 2, 'tail')
  await store.completeUpload({ upload, parts: 'all', forbidOverwrite: false })
  await opened.blobs.delete(second.blobId)
  const reader = await store.openObject('photos', 'cat.jpg')
  const seen: Uint8Array[] = []
  const reading = (async () => {
    for await (const chunk of reader.read({ offset: 0, length: LEAST + 4 })) {
      seen.push(new Uint8Array(chunk))
    }
  })()
  await expect(reading).rejects.toThrow(BlobNotFoundError)
  expect(Buffer.concat(seen)).toHaveLength(first.size)
})

test('a manifest that is shorter than its object ends the bytes with an error', async () => {
  const { store } = await openStore({
    wrapMetadata: (metadata) =>
      overriding(metadata, {
        async openObject(bucket, key) {
          const open = await metadata.openObject(bucket, key)
          return open && { ...open, manifest: async function* () {} }
        },
      }),
  })
  await putText(store, 'cat.jpg', 'bytes')
  const reader = await store.openObject('photos', 'cat.jpg')
  await expect(gather(reader.read({ offset: 0, length: 5 }))).rejects.toThrow('5 bytes before')
})

test('an object without bytes is read without asking for any', async () => {
  const { store } = await openStore()
  await putText(store, 'folder/', '')
  const reader = await store.openObject('photos', 'folder/')
  expect(await gather(reader.read({ offset: 0, length: 0 }))).toEqual(new Uint8Array())
})
