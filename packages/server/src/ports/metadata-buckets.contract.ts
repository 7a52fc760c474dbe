/** The contract of metadata stores: buckets. */

import { expect, test } from 'vitest'
import {
  bucketNamed,
  manifestOf,
  type OpenMetadata,
  objectOf,
  openUpload,
  openWithBucket,
  plain,
  someTime,
} from './metadata-samples.contract.ts'

export function describeBuckets(open: OpenMetadata): void {
  test('a bucket is found as it was made, and one that was not made is not', async () => {
    const { metadata } = await openWithBucket(open)
    expect(await metadata.findBucket('photos')).toEqual(bucketNamed('photos'))
    expect(await metadata.findBucket('photo')).toBeUndefined()
    expect(await metadata.findBucket('photoss')).toBeUndefined()
  })

  test('the first to make a bucket has it', async () => {
    const { metadata } = await openWithBucket(open)
    const outcomes = await Promise.all(
      ['alice', 'bob', 'carol'].map((owner) => metadata.createBucket(bucketNamed('films', owner))),
    )
    expect(outcomes.filter(({ created }) => created)).toHaveLength(1)
    const standing = await metadata.findBucket('films')
    for (const { bucket } of outcomes) expect(bucket).toEqual(standing)
  })

  test('a bucket is changed, unless the change throws or there is none', async () => {
    const { metadata } = await openWithBucket(open)
    const changed = { ...bucketNamed('photos'), acl: 'public-read' }
    const change = await metadata.updateBucket('photos', (bucket) => ({
      ...bucket,
      acl: 'public-read',
    }))
    expect(change).toEqual(changed)
    const refusal = new Error('not yours')
    const refused = metadata.updateBucket('photos', () => {
      throw refusal
    })
    await expect(refused).rejects.toBe(refusal)
    expect(await metadata.findBucket('photos')).toEqual(changed)
    expect(await metadata.updateBucket('films', (bucket) => bucket)).toBeUndefined()
    expect(await metadata.findBucket('films')).toBeUndefined()
  })

  test('buckets are listed by owner, in order, in pages', async () => {
    const { metadata } = await openWithBucket(open)
    for (const name of ['b-2', 'a-1', 'b-10', 'b-1', 'c-1']) {
      await metadata.createBucket(bucketNamed(name, 'bob'))
    }
    await metadata.createBucket(bucketNamed('b-3', 'bobby'))
    const list = async (prefix: string, after: string | undefined, limit: number) => {
      const page = await metadata.listBuckets({ owner: 'bob', prefix, after, limit })
      return [page.rows.map(({ name }) => name).join(' '), page.truncated]
    }
    expect(await list('', undefined, 10)).toEqual(['a-1 b-1 b-10 b-2 c-1', false])
    expect(await list('', undefined, 5)).toEqual(['a-1 b-1 b-10 b-2 c-1', false])
    expect(await list('', undefined, 2)).toEqual(['a-1 b-1', true])
    expect(await list('', 'b-1', 2)).toEqual(['b-10 b-2', true])
    expect(await list('b-', undefined, 10)).toEqual(['b-1 b-10 b-2', false])
    expect(await list('b-', 'b-10', 10)).toEqual(['b-2', false])
    expect(await list('b-', 'a', 1)).toEqual(['b-1', true])
    expect(await list('b-', 'z', 1)).toEqual(['', false])
    const other = { owner: 'alice', prefix: '', after: undefined, limit: 10 }
    expect((await metadata.listBuckets(other)).rows).toEqual([bucketNamed('photos')])
  })

  test('a bucket that changed hands is listed for its new owner alone', async () => {
    const { metadata } = await openWithBucket(open)
    await metadata.updateBucket('photos', (bucket) => ({ ...bucket, owner: 'bob' }))
    const of = async (owner: string) => {
      const page = await metadata.listBuckets({ owner, prefix: '', after: undefined, limit: 10 })
      return page.rows.map(({ name }) => name)
    }
    expect(await of('bob')).toEqual(['photos'])
    expect(await of('alice')).toEqual([])
  })

  test('only an empty bucket is deleted, and it comes back empty', async () => {
    const { metadata } = await openWithBucket(open)
    expect(await metadata.deleteBucket('films')).toBe('missing')
    const upload = await openUpload(metadata, 'a')
    await metadata.putObject(objectOf('a', manifestOf(1)))
    expect(await metadata.deleteBucket('photos')).toBe('has-objects')
    await metadata.deleteObject('photos', 'a')
    expect(await metadata.deleteBucket('photos')).toBe('has-uploads')
    await metadata.abortUpload(upload)
    expect(await metadata.deleteBucket('photos')).toBe('deleted')
    expect(await metadata.findBucket('photos')).toBeUndefined()
    const query = { owner: 'alice', prefix: '', after: undefined, limit: 10 }
    expect((await metadata.listBuckets(query)).rows).toEqual([])
    expect((await metadata.createBucket(bucketNamed('photos'))).created).toBe(true)
    expect(await metadata.findObject('photos', 'a')).toBeUndefined()
    expect(await metadata.deleteBucket('photos')).toBe('deleted')
  })

  test('a bucket whose name begins another one is not kept by it', async () => {
    const { metadata } = await openWithBucket(open)
    await metadata.createBucket(bucketNamed('photos-2'))
    await metadata.putObject(objectOf('a', manifestOf(1), { bucket: 'photos-2' }))
    await openUpload(metadata, 'a', 'photos-2')
    expect(await metadata.deleteBucket('photos')).toBe('deleted')
    expect(await metadata.findObject('photos-2', 'a')).toBeDefined()
  })

  test('nothing is put or begun where there is no bucket', async () => {
    const { metadata } = await openWithBucket(open)
    const upload = { bucket: 'films', key: 'a', initiatedAt: someTime, attributes: plain }
    expect(await metadata.createUpload(upload)).toBeUndefined()
    const object = objectOf('a', manifestOf(1), { bucket: 'films' })
    expect(await metadata.putObject(object)).toBe('no-bucket')
    await metadata.createBucket(bucketNamed('films'))
    expect(await metadata.findObject('films', 'a')).toBeUndefined()
    expect(await metadata.deleteBucket('films')).toBe('deleted')
  })
}
