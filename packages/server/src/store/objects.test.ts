import { createHash } from 'node:crypto'
import { crc64 } from '@lading/protocol'
import { expect, test } from 'vitest'
import {
  blobIds,
  noAttributes,
  openStore,
  overriding,
  putText,
  readText,
  refusalOf,
  streamOf,
} from './store-samples.contract.ts'

const put = {
  bucket: 'photos',
  key: 'cat.jpg',
  attributes: noAttributes,
  forbidOverwrite: false,
  expected: {},
}

test('an object is its bytes, their sums and what was said of them', async () => {
  const { store, clock } = await openStore()
  const attributes = {
    contentType: 'image/jpeg',
    headers: { 'cache-control': 'no-cache' },
    userMetadata: { author: 'alice' },
    storageClass: 'IA',
  }
  await store.putObject({ ...put, attributes, bytes: streamOf('bytes') })
  const object = await store.getObject('photos', 'cat.jpg')
  expect(object).toMatchObject({
    type: 'Normal',
    size: 5,
    crc64: crc64(Buffer.from('bytes')),
    etag: createHash('md5').update('bytes').digest('hex').toUpperCase(),
    modifiedAt: clock.now(),
    attributes,
  })
  expect(await readText(store, 'cat.jpg')).toBe('bytes')
})

test('an object that names no storage class has that of its bucket', async () => {
  const { store } = await openStore()
  await store.putBucket({ name: 'archive', owner: 'alice', storageClass: 'Archive' })
  const object = await store.putObject({ ...put, bucket: 'archive', bytes: streamOf('bytes') })
  expect(object.attributes.storageClass).toBe('Archive')
})

test.each(['Enabled', 'Suspended'] as const)(
  'forbidding to overwrite counts for nothing where versions are %s',
  async (versioning) => {
    const { store } = await openStore()
    await store.setVersioning('photos', versioning)
    const once = { ...put, forbidOverwrite: true }
    await store.putObject({ ...once, bytes: streamOf('first') })
    await store.putObject({ ...once, bytes: streamOf('second') })
    const { attributes, bucket, key } = once
    const initiation = { attributes, bucket, key, forbidOverwrite: true }
    const upload = await store.initiateUpload(initiation)
    await store.completeUpload({ upload, parts: [], forbidOverwrite: true })
    expect(await store.getObject(bucket, key)).toMatchObject({ type: 'Multipart', size: 0 })
  },
)

test('an object without bytes has no blob', async () => {
  const opened = await openStore()
  await putText(opened.store, 'folder/', '')
  expect(await opened.store.getObject('photos', 'folder/')).toMatchObject({
    size: 0,
    crc64: 0n,
    etag: 'D41D8CD98F00B204E9800998ECF8427E',
  })
  expect(await blobIds(opened)).toEqual([])
})

test('the later of two objects of a key stands, and the bytes of the earlier are collected', async () => {
  const opened = await openStore()
  const { store, clock } = opened
  await putText(store, 'cat.jpg', 'old')
  await putText(store, 'cat.jpg', 'new')
  expect(await readText(store, 'cat.jpg')).toBe('new')
  await store.collectGarbage({ before: clock.advance(1), orphanBefore: new Date(0) })
  expect(await blobIds(opened)).toHaveLength(1)
})

test('an object with wrong sums is not stored', async () => {
  const opened = await openStore()
  await putText(opened.store, 'cat.jpg', 'old')
  const wrong = opened.store.putObject({
    ...put,
    expected: { md5: new Uint8Array(16) },
    bytes: streamOf('new'),
  })
  expect(await refusalOf(wrong)).toMatchObject({ code: 'InvalidDigest' })
  expect(await readText(opened.store, 'cat.jpg')).toBe('old')
  expect(await blobIds(opened)).toHaveLength(1)
})

test('an object that must not be replaced is refused before its bytes are read', async () => {
  const { store } = await openStore()
  await store.putObject({ ...put, forbidOverwrite: true, bytes: streamOf('old') })
  let read = false
  const bytes = (async function* () {
    read = true
    yield* streamOf('new')
  })()
  const again = store.putObject({ ...put, forbidOverwrite: true, bytes })
  expect(await refusalOf(again)).toMatchObject({ code: 'FileAlreadyExists', status: 409 })
  expect(read).toBe(false)
})

test('of two who must not replace each other one is refused, and leaves no blob', async () => {
  const opened = await openStore()
  const { store } = opened
  const first = store.putObject({ ...put, forbidOverwrite: true, bytes: streamOf('first') })
  const second = store.putObject({ ...put, forbidOverwrite: true, bytes: streamOf('second') })
  const outcomes = await Promise.allSettled([first, second])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(await blobIds(opened)).toHaveLength(1)
})

test('a bucket that goes while the bytes arrive refuses them, and leaves no blob', async () => {
  const opened = await openStore()
  const bytes = (async function* () {
    yield* streamOf('bytes')
    await opened.store.deleteBucket('photos')
  })()
  expect(await refusalOf(opened.store.putObject({ ...put, bytes }))).toMatchObject({
    code: 'NoSuchBucket',
  })
  expect(await blobIds(opened)).toEqual([])
})

test('an object whose blob the collector has claimed is refused, to be sent again', async () => {
  const { store } = await openStore({
    wrapMetadata: (metadata) => overriding(metadata, { putObject: async () => 'condemned' }),
  })
  const refusal = await refusalOf(store.putObject({ ...put, bytes: streamOf('bytes') }))
  expect(refusal).toMatchObject({ code: 'ServiceUnavailable', status: 503 })
})

test('a missing key is told from a missing bucket', async () => {
  const { store } = await openStore()
  for (const read of [store.getObject, store.openObject]) {
    expect(await refusalOf(read('photos', 'dog.jpg'))).toMatchObject({
      code: 'NoSuchKey',
      status: 404,
      ec: '0026-00000001',
      details: { Key: 'dog.jpg' },
    })
    expect(await refusalOf(read('films', 'dog.jpg'))).toMatchObject({
      code: 'NoSuchBucket',
      status: 404,
      ec: '0015-00000101',
      details: { BucketName: 'films' },
    })
  }
})

test('deleting an object that is not there succeeds, if its bucket is', async () => {
  const { store } = await openStore()
  await putText(store, 'cat.jpg', 'bytes')
  await store.deleteObject('photos', 'cat.jpg')
  await store.deleteObject('photos', 'cat.jpg')
  expect(await refusalOf(store.getObject('photos', 'cat.jpg'))).toMatchObject({ code: 'NoSuchKey' })
  expect(await refusalOf(store.deleteObject('films', 'cat.jpg'))).toMatchObject({
    code: 'NoSuchBucket',
  })
})

test('objects of a missing bucket cannot be listed', async () => {
  const { store } = await openStore()
  const query = { prefix: '', delimiter: '', after: undefined, limit: 10 }
  expect(await store.listObjects('photos', query)).toEqual({ rows: [], truncated: false })
  expect(await refusalOf(store.listObjects('films', query))).toMatchObject({ code: 'NoSuchBucket' })
})
