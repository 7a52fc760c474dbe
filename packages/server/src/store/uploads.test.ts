import { expect, test } from 'vitest'
import {
  initiate,
  noAttributes,
  openStore,
  putPart,
  putText,
  refusalOf,
} from './store-samples.contract.ts'

const request = { bucket: 'photos', key: 'cat.jpg', attributes: noAttributes }
const whole = { prefix: '', delimiter: '', after: undefined, afterUploadId: undefined, limit: 100 }

test('every upload has an id of its own, also two of one key', async () => {
  const { store } = await openStore()
  const uploads = await Promise.all(Array.from({ length: 50 }, () => initiate(store)))
  const ids = uploads.map(({ uploadId }) => uploadId)
  expect(new Set(ids).size).toBe(50)
  for (const id of ids) expect(id).toMatch(/^[0-9A-F]{32}$/)
})

test('what was said of the object when its upload was opened holds when it is completed', async () => {
  const { store } = await openStore()
  const attributes = {
    contentType: 'image/jpeg',
    headers: { expires: '2022-10-12T00:00:00.000Z' },
    userMetadata: { author: 'alice' },
    storageClass: 'IA',
  }
  const upload = await store.initiateUpload({ ...request, attributes, forbidOverwrite: false })
  await putPart(store, upload, 1, 'part')
  await store.completeUpload({ upload, parts: 'all', forbidOverwrite: false })
  expect((await store.getObject('photos', 'cat.jpg')).attributes).toEqual(attributes)
})

test('an upload that names no storage class has that of its bucket', async () => {
  const { store } = await openStore()
  await store.putBucket({ name: 'archive', owner: 'alice', storageClass: 'Archive' })
  const upload = await store.initiateUpload({
    ...request,
    bucket: 'archive',
    forbidOverwrite: false,
  })
  expect(upload.attributes.storageClass).toBe('Archive')
})

test('an upload that must not replace an object is refused when there is one already', async () => {
  const { store } = await openStore()
  await store.initiateUpload({ ...request, forbidOverwrite: true })
  await putText(store, 'cat.jpg', 'bytes')
  expect(
    await refusalOf(store.initiateUpload({ ...request, forbidOverwrite: true })),
  ).toMatchObject({ code: 'FileAlreadyExists', status: 409 })
  await store.initiateUpload({ ...request, forbidOverwrite: false })
})

test('an upload in a missing bucket is refused, also when the bucket goes at that moment', async () => {
  const { store, metadata } = await openStore()
  const refused = { code: 'NoSuchBucket', ec: '0015-00000101', details: { BucketName: 'photos' } }
  const opening = store.initiateUpload({ ...request, forbidOverwrite: false })
  await metadata.deleteBucket('photos')
  expect(await refusalOf(opening)).toMatchObject(refused)
  expect(
    await refusalOf(store.initiateUpload({ ...request, forbidOverwrite: false })),
  ).toMatchObject(refused)
})

test('an aborted upload is gone for every later operation, and its parts are freed', async () => {
  const { store } = await openStore()
  const upload = await initiate(store)
  await putPart(store, upload, 1, 'part')
  await store.abortUpload(upload)

  const outcomes = [
    await refusalOf(store.abortUpload(upload)),
    await refusalOf(store.listParts(upload, { after: 0, limit: 10 })),
    await refusalOf(putPart(store, upload, 1, 'part')),
    await refusalOf(store.completeUpload({ upload, parts: 'all', forbidOverwrite: false })),
  ]
  expect(outcomes.map(({ code, status, ec }) => [code, status, ec])).toEqual([
    ['NoSuchUpload', 404, '0042-00000002'],
    ['NoSuchUpload', 404, '0042-00000002'],
    ['NoSuchUpload', 404, '0042-00000104'],
    ['NoSuchUpload', 404, '0042-00000203'],
  ])
  expect(await store.listUploads('photos', whole)).toEqual({ rows: [], truncated: false })
})

test('an upload id means nothing with another key or bucket', async () => {
  const { store } = await openStore()
  await store.putBucket({ name: 'films', owner: 'alice' })
  const upload = await initiate(store)
  for (const foreign of [
    { ...upload, key: 'dog.jpg' },
    { ...upload, bucket: 'films' },
  ]) {
    expect(await refusalOf(putPart(store, foreign, 1, 'part'))).toMatchObject({
      code: 'NoSuchUpload',
    })
    expect(await refusalOf(store.abortUpload(foreign))).toMatchObject({ code: 'NoSuchUpload' })
    expect(
      await refusalOf(
        store.completeUpload({ upload: foreign, parts: 'all', forbidOverwrite: false }),
      ),
    ).toMatchObject({ code: 'NoSuchUpload' })
  }
  await store.abortUpload(upload)
})

test('uploads of a missing bucket cannot be listed', async () => {
  const { store } = await openStore()
  expect(await refusalOf(store.listUploads('films', whole))).toMatchObject({ code: 'NoSuchBucket' })
})
