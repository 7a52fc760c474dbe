/** What is set on buckets, and told of them: one round trip of each operation. */

import { OssClient } from '@lading/client/node'
import { expect, test } from 'vitest'
import { operations } from '../../packages/server/src/api/operations.ts'
import { BUCKET, startService } from './service.ts'

const bucket = BUCKET

test('every operation of the service is a method of the client', () => {
  // A form is sent by a browser: `signPostPolicy` says what it must carry.
  const missing = operations
    .map(({ name }) => name)
    .filter((name) => name !== 'PostObject')
    .map((name) => name.slice(0, 1).toLowerCase() + name.slice(1))
    .filter((name) => !(name in OssClient.prototype))
  expect(missing).toEqual([])
})

test('a bucket is there or is not, and the service says where', async () => {
  const { client } = await startService()

  expect(await client.headBucket({ bucket })).toMatchObject({ region: 'oss-cn-hangzhou' })
  await expect(client.headBucket({ bucket: 'no-such-bucket' })).rejects.toMatchObject({
    name: 'OssError',
    code: 'NoSuchBucket',
    status: 404,
  })
  const { regions } = await client.describeRegions()
  expect(regions.map(({ region }) => region)).toEqual(['oss-cn-hangzhou'])
  expect((await client.describeRegions({ region: 'oss-elsewhere' })).regions).toEqual([])
})

test('what a bucket holds is counted', async () => {
  const { client } = await startService()
  await client.putObject({ bucket, key: 'a', body: 'four' })
  await client.initiateMultipartUpload({ bucket, key: 'b' })

  expect(await client.getBucketStat({ bucket })).toMatchObject({
    storage: 4,
    objectCount: 1,
    multipartUploadCount: 1,
  })
})

test('the ACL of a bucket is set and read', async () => {
  const { client } = await startService()

  expect(await client.getBucketAcl({ bucket })).toMatchObject({ acl: 'private' })
  await client.putBucketAcl({ bucket, acl: 'public-read' })

  const { acl, owner } = await client.getBucketAcl({ bucket })
  expect(acl).toBe('public-read')
  expect(owner.id).not.toBe('')
})

test('versioning is switched on and suspended', async () => {
  const { client } = await startService()

  expect(await client.getBucketVersioning({ bucket })).toMatchObject({ versioning: undefined })
  await client.putBucketVersioning({ bucket, versioning: 'Enabled' })
  expect(await client.getBucketVersioning({ bucket })).toMatchObject({
    status: 200,
    versioning: 'Enabled',
  })
})

test('the tags of a bucket are replaced, read, and deleted by name or all', async () => {
  const { client } = await startService()
  const tagging = { team: 'films & co', 'cost centre': '测试' }

  await client.putBucketTags({ bucket, tagging })
  expect((await client.getBucketTags({ bucket })).tagging).toEqual(tagging)
  await client.deleteBucketTags({ bucket, keys: ['team'] })
  expect(Object.keys((await client.getBucketTags({ bucket })).tagging)).toEqual(['cost centre'])
  expect(await client.deleteBucketTags({ bucket })).toMatchObject({ status: 204 })
  expect((await client.getBucketTags({ bucket })).tagging).toEqual({})
})

test('a policy comes back byte for byte, and says whether it is public', async () => {
  const { client } = await startService()
  const policy = `{ "Version": "1", "Statement": [
    { "Effect": "Allow", "Action": ["oss:GetObject"], "Principal": ["*"], "Resource": ["acs:oss:*:*:${bucket}/*"] } ] }`

  await expect(client.getBucketPolicy({ bucket })).rejects.toMatchObject({
    code: 'NoSuchBucketPolicy',
  })
  await client.putBucketPolicy({ bucket, policy })
  expect((await client.getBucketPolicy({ bucket })).policy).toBe(policy)
  expect((await client.getBucketPolicyStatus({ bucket })).isPublic).toBe(true)
  await client.deleteBucketPolicy({ bucket })
  expect((await client.getBucketPolicyStatus({ bucket })).isPublic).toBe(false)
  await client.putBucketPolicy({ bucket, policy: JSON.parse(policy) })
  expect((await client.getBucketPolicy({ bucket })).policy).toBe(JSON.stringify(JSON.parse(policy)))
})

test('encryption by default is set, read and deleted', async () => {
  const { client } = await startService()

  await client.putBucketEncryption({ bucket, algorithm: 'AES256' })
  expect(await client.getBucketEncryption({ bucket })).toMatchObject({ algorithm: 'AES256' })
  await client.deleteBucketEncryption({ bucket })
  await expect(client.getBucketEncryption({ bucket })).rejects.toMatchObject({
    code: 'NoSuchServerSideEncryptionRule',
  })
})

test('rules of CORS are set, read and deleted', async () => {
  const { client } = await startService()
  const rule = {
    allowedOrigins: ['https://example.com'],
    allowedMethods: ['GET', 'PUT'],
    allowedHeaders: ['*'],
    exposeHeaders: ['ETag'],
  }

  await client.putBucketCors({ bucket, rules: [rule] })
  const { rules, responseVary } = await client.getBucketCors({ bucket })
  expect(rules).toEqual([{ ...rule, maxAgeSeconds: undefined }])
  expect(responseVary).toBe(false)
  await client.deleteBucketCors({ bucket })
  await expect(client.getBucketCors({ bucket })).rejects.toMatchObject({
    code: 'NoSuchCORSConfiguration',
  })
})

test('referers are set over the defaults of the service', async () => {
  const { client } = await startService()

  await client.putBucketReferer({
    bucket,
    allowEmptyReferer: false,
    referers: ['https://*.example.com'],
  })
  expect(await client.getBucketReferer({ bucket })).toMatchObject({
    allowEmptyReferer: false,
    allowTruncateQueryString: true,
    truncatePath: false,
    referers: ['https://*.example.com'],
    blacklist: [],
  })
})

test('a bound of what a bucket may hold is set and read', async () => {
  const { client } = await startService()

  await client.putBucketQos({ bucket, storageCapacity: 7 })
  expect(await client.getBucketQos({ bucket })).toMatchObject({ storageCapacity: 7 })
})

test('who pays is set and read', async () => {
  const { client } = await startService()

  await client.putBucketRequestPayment({ bucket, payer: 'Requester' })
  expect(await client.getBucketRequestPayment({ bucket })).toMatchObject({ payer: 'Requester' })
})

test('where access logs go is set, read and deleted', async () => {
  const { client } = await startService()

  await client.putBucketLogging({
    bucket,
    enabled: { targetBucket: bucket, targetPrefix: 'logs/' },
  })
  expect((await client.getBucketLogging({ bucket })).enabled).toMatchObject({
    targetBucket: bucket,
    targetPrefix: 'logs/',
  })
  await client.deleteBucketLogging({ bucket })
  expect((await client.getBucketLogging({ bucket })).enabled).toBeUndefined()
})

test('a website is set, read and deleted', async () => {
  const { client } = await startService()

  await client.putBucketWebsite({ bucket, indexDocument: { suffix: 'index.html' } })
  const { indexDocument, routingRules } = await client.getBucketWebsite({ bucket })
  expect(indexDocument?.suffix).toBe('index.html')
  expect(routingRules).toEqual([])
  await client.deleteBucketWebsite({ bucket })
  await expect(client.getBucketWebsite({ bucket })).rejects.toMatchObject({
    code: 'NoSuchWebsiteConfiguration',
  })
})

test('rules of the lifecycle are set, read and deleted', async () => {
  const { client } = await startService()

  await client.putBucketLifecycle({
    bucket,
    rules: [
      {
        id: 'uploads',
        prefix: 'tmp/',
        enabled: true,
        tags: [],
        expiration: { days: 30 },
        abortMultipartUpload: { days: 7 },
        transitions: [],
        noncurrentVersionTransitions: [],
      },
    ],
  })
  const { rules } = await client.getBucketLifecycle({ bucket })
  expect(rules).toMatchObject([
    {
      id: 'uploads',
      prefix: 'tmp/',
      enabled: true,
      expiration: { days: 30 },
      abortMultipartUpload: { days: 7 },
    },
  ])
  await client.deleteBucketLifecycle({ bucket })
  await expect(client.getBucketLifecycle({ bucket })).rejects.toMatchObject({
    code: 'NoSuchLifecycle',
  })
})

test('the public is blocked nowhere, and asking for it is refused as the service says', async () => {
  const { client } = await startService()

  expect(await client.getBucketPublicAccessBlock({ bucket })).toMatchObject({
    blockPublicAccess: false,
  })
  await client.putBucketPublicAccessBlock({ bucket, blockPublicAccess: false })
  await client.deleteBucketPublicAccessBlock({ bucket })
  expect(await client.getPublicAccessBlock()).toMatchObject({ blockPublicAccess: false })
  await client.putPublicAccessBlock({ blockPublicAccess: false })
  await client.deletePublicAccessBlock()
  await expect(client.putPublicAccessBlock({ blockPublicAccess: true })).rejects.toMatchObject({
    code: 'NotImplemented',
    status: 400,
  })
})

test('a bucket without live channels lists none', async () => {
  const { client } = await startService()

  expect(await client.listLiveChannel({ bucket, prefix: 'live/' })).toMatchObject({
    prefix: 'live/',
    isTruncated: false,
    liveChannels: [],
  })
})
