import { expect, test } from 'vitest'
import { initiate, openStore, overriding, putText, refusalOf } from './store-samples.contract.ts'

test('a new bucket is private, Standard and LRS unless it is asked otherwise', async () => {
  const { store, clock } = await openStore()
  expect(await store.getBucket('photos')).toEqual({
    name: 'photos',
    owner: 'alice',
    createdAt: clock.now(),
    acl: 'private',
    storageClass: 'Standard',
    dataRedundancyType: 'LRS',
  })
  const asked = { acl: 'public-read', storageClass: 'IA', dataRedundancyType: 'ZRS' }
  expect(await store.putBucket({ name: 'films', owner: 'alice', ...asked })).toMatchObject(asked)
})

test('making a bucket again changes its ACL where one is given and keeps it where not', async () => {
  const { store } = await openStore()
  const acls: string[] = []
  for (const acl of ['public-read', undefined, 'private', 'private']) {
    acls.push((await store.putBucket({ name: 'photos', owner: 'alice', acl })).acl)
  }
  expect(acls).toEqual(['public-read', 'public-read', 'private', 'private'])
  expect((await store.getBucket('photos')).acl).toBe('private')
})

test('making a bucket again with another storage class or redundancy is refused', async () => {
  const { store } = await openStore()
  const again = { name: 'photos', owner: 'alice', acl: 'public-read' }
  const ofClass = await refusalOf(store.putBucket({ ...again, storageClass: 'IA' }))
  expect(ofClass).toMatchObject({ code: 'BucketAlreadyExists', status: 409, ec: '0015-00000104' })
  expect(ofClass.message).toMatch(/^Cannot modify existing bucket's storage class/)
  expect(await refusalOf(store.putBucket({ ...again, dataRedundancyType: 'ZRS' }))).toMatchObject({
    code: 'BucketAlreadyExists',
  })
  expect((await store.getBucket('photos')).acl).toBe('private')
  await store.putBucket({ ...again, storageClass: 'Standard', dataRedundancyType: 'LRS' })
})

test("somebody else's bucket is not changed", async () => {
  const { store } = await openStore()
  const refusal = await refusalOf(
    store.putBucket({ name: 'photos', owner: 'bob', acl: 'public-read-write' }),
  )
  expect(refusal).toMatchObject({
    code: 'BucketAlreadyExists',
    status: 409,
    ec: '0015-00000104',
    details: { BucketName: 'photos' },
  })
  expect(refusal.message).toMatch(/^The requested bucket name is not available/)
  expect(await store.getBucket('photos')).toMatchObject({ owner: 'alice', acl: 'private' })
})

test('a bucket that goes while its ACL is changed is made anew', async () => {
  let deleted = false
  const { store } = await openStore({
    wrapMetadata: (metadata) =>
      overriding(metadata, {
        async updateBucket(name, change) {
          if (!deleted) await metadata.deleteBucket(name)
          deleted = true
          return metadata.updateBucket(name, change)
        },
      }),
  })
  const bucket = await store.putBucket({ name: 'photos', owner: 'alice', acl: 'public-read' })
  expect(deleted).toBe(true)
  expect(await store.getBucket('photos')).toEqual(bucket)
})

test('an owner has 100 buckets and no more, and may still change one of them', async () => {
  const { store } = await openStore()
  for (let count = 2; count <= 100; count += 1) {
    await store.putBucket({ name: `bucket-${count}`, owner: 'alice' })
  }
  expect(await refusalOf(store.putBucket({ name: 'one-more', owner: 'alice' }))).toMatchObject({
    code: 'TooManyBuckets',
    status: 400,
  })
  expect(await store.findBucket('one-more')).toBeUndefined()
  await store.putBucket({ name: 'photos', owner: 'alice', acl: 'public-read' })
  await store.putBucket({ name: 'one-more', owner: 'bob' })
})

test('a bucket with objects, or with uploads, is not deleted, and each is told apart', async () => {
  const { store } = await openStore()
  await putText(store, 'cat.jpg', 'bytes')
  const upload = await initiate(store)
  expect(await refusalOf(store.deleteBucket('photos'))).toMatchObject({
    code: 'BucketNotEmpty',
    status: 409,
    message: 'The bucket has objects. Please delete them first.',
    ec: '0015-00000301',
    details: { BucketName: 'photos' },
  })
  await store.deleteObject('photos', 'cat.jpg')
  expect(await refusalOf(store.deleteBucket('photos'))).toMatchObject({
    code: 'BucketNotEmpty',
    status: 409,
    message: 'The bucket has Multipart Uploads. Please delete them first.',
    details: { BucketName: 'photos' },
  })
  await store.abortUpload(upload)
  await store.deleteBucket('photos')
  expect(await refusalOf(store.deleteBucket('photos'))).toMatchObject({ code: 'NoSuchBucket' })
})
