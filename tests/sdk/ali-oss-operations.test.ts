/**
 * What ali-oss, the official JavaScript SDK, has besides uploads: unmodified from npm, against our
 * server, signed by either scheme.
 */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import OSS from 'ali-oss'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestService } from '../operations/service.ts'
import { etagOf } from '../support/oss-wire.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const PART = 102_400

/** Answers every callback with what it was told. */
const application = createServer(async (request, response) => {
  const told = (await buffer(request)).toString('utf8')
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ told }))
})
application.listen(0, '127.0.0.1')
await once(application, 'listening')
afterAll(() => void application.close())
const callbackHost = `127.0.0.1:${(application.address() as AddressInfo).port}`

const service = await startTestService({ callbackHosts: [callbackHost] })
const { credentials } = service
const endpoint = service.url.replace('127.0.0.1', 'localhost')

/** What the SDK promises of every call that has nothing else to tell. */
const done = (status: number): object =>
  expect.objectContaining({ res: expect.objectContaining({ status }) })

describe.each([
  ['V1', { bucket: 'sdk-v1' }],
  ['V4', { bucket: 'sdk-v4', authorizationV4: true, region: 'oss-cn-hangzhou' }],
])('ali-oss signing by %s', (_, options) => {
  const { bucket } = options
  const client = new OSS({ ...credentials, endpoint, sldEnable: true, ...options })
  const text = async (key: string): Promise<string> => (await client.get(key)).content.toString()

  beforeAll(async () => {
    await client.putBucket(bucket)
  })

  test('makes a bucket of a class and with an ACL, sets its ACL and counts what it holds', async () => {
    const name = `${bucket}-ia`
    await client.putBucket(name, { storageClass: 'IA', acl: 'public-read' })
    expect((await client.getBucketInfo(name)).bucket).toMatchObject({ StorageClass: 'IA' })
    expect((await client.getBucketACL(name)).acl).toBe('public-read')
    expect(await client.putBucketACL(name, 'private')).toEqual(done(200))
    expect((await client.getBucketACL(name)).acl).toBe('private')
    expect((await client.getBucketStat(name)).stat).toMatchObject({ ObjectCount: '0' })
    await expect(client.putBucket(name, { storageClass: 'Archive' })).rejects.toMatchObject({
      status: 409,
      code: 'BucketAlreadyExists',
    })
  })

  test('sets, reads and deletes the rules of CORS', async () => {
    const rule = {
      allowedOrigin: '*',
      allowedMethod: ['GET', 'HEAD'],
      allowedHeader: '*',
      exposeHeader: 'Content-Length',
      maxAgeSeconds: '30',
    }
    expect(await client.putBucketCORS(bucket, [rule])).toEqual(done(200))
    expect((await client.getBucketCORS(bucket)).rules).toEqual([rule])
    expect(await client.deleteBucketCORS(bucket)).toEqual(done(204))
    await expect(client.getBucketCORS(bucket)).rejects.toMatchObject({
      status: 404,
      code: 'NoSuchCORSConfiguration',
    })
  })

  test('sets, reads and deletes referers', async () => {
    const referers = ['http://a.example', 'http://*.b.example']
    expect(await client.putBucketReferer(bucket, false, referers)).toEqual(done(200))
    expect(await client.getBucketReferer(bucket)).toMatchObject({ allowEmpty: false, referers })
    expect(await client.deleteBucketReferer(bucket)).toEqual(done(200))
    expect(await client.getBucketReferer(bucket)).toMatchObject({
      allowEmpty: true,
      referers: null,
    })
  })

  test('sets, reads and deletes where access logs go', async () => {
    expect(await client.putBucketLogging(bucket, 'logs/')).toEqual(done(200))
    expect(await client.getBucketLogging(bucket)).toMatchObject({ enable: true, prefix: 'logs/' })
    expect(await client.deleteBucketLogging(bucket)).toEqual(done(204))
    expect(await client.getBucketLogging(bucket)).toMatchObject({ enable: false, prefix: null })
  })

  test('sets, reads and deletes a website', async () => {
    expect(
      await client.putBucketWebsite(bucket, { index: 'start.html', error: 'oops.html' }),
    ).toEqual(done(200))
    expect(await client.getBucketWebsite(bucket)).toMatchObject({
      index: 'start.html',
      error: 'oops.html',
      routingRules: [],
    })
    expect(await client.deleteBucketWebsite(bucket)).toEqual(done(204))
    await expect(client.getBucketWebsite(bucket)).rejects.toMatchObject({
      code: 'NoSuchWebsiteConfiguration',
    })
  })

  test('sets, reads and deletes the rules of a lifecycle', async () => {
    await client.putBucketLifecycle(bucket, [
      { id: 'old', prefix: 'old/', status: 'Enabled', expiration: { days: 3 } },
      { id: 'open', prefix: 'up/', status: 'Enabled', abortMultipartUpload: { days: 7 } },
      {
        id: 'tagged',
        prefix: 'tagged/',
        status: 'Disabled',
        transition: { days: 10, storageClass: 'Archive' },
        expiration: { days: 100 },
        tag: { key: 'kind', value: 'log' },
      },
    ])
    expect((await client.getBucketLifecycle(bucket)).rules).toMatchObject([
      { id: 'old', prefix: 'old/', status: 'Enabled', expiration: { days: '3' } },
      { id: 'open', abortMultipartUpload: { days: '7' } },
      {
        id: 'tagged',
        status: 'Disabled',
        transition: { days: '10', storageClass: 'Archive' },
        tag: [{ key: 'kind', value: 'log' }],
      },
    ])
    expect(await client.deleteBucketLifecycle(bucket)).toEqual(done(204))
    await expect(client.getBucketLifecycle(bucket)).rejects.toMatchObject({
      code: 'NoSuchLifecycle',
    })
  })

  test('sets, reads and deletes a policy', async () => {
    const policy = {
      Version: '1',
      Statement: [
        {
          Action: ['oss:GetObject'],
          Effect: 'Allow',
          Principal: ['*'],
          Resource: [`acs:oss:*:*:${bucket}/public/*`],
        },
      ],
    }
    expect(await client.putBucketPolicy(bucket, policy)).toEqual(done(200))
    expect((await client.getBucketPolicy(bucket)).policy).toEqual(policy)
    await client.put('public/page', Buffer.from('for all'))
    expect(await (await fetch(`${endpoint}/${bucket}/public/page`)).text()).toBe('for all')
    expect(await client.deleteBucketPolicy(bucket)).toEqual(done(204))
    expect((await fetch(`${endpoint}/${bucket}/public/page`)).status).toBe(403)
    expect((await client.getBucketPolicy(bucket)).policy).toBeNull()
  })

  test('sets, reads and deletes tags and encryption, and says who pays', async () => {
    expect(await client.putBucketTags(bucket, { a: '1', b: 'zwei 二' })).toEqual(done(200))
    expect((await client.getBucketTags(bucket)).tag).toEqual({ a: '1', b: 'zwei 二' })
    expect(await client.deleteBucketTags(bucket)).toEqual(done(204))
    expect((await client.getBucketTags(bucket)).tag).toEqual({})

    await client.putBucketEncryption(bucket, { SSEAlgorithm: 'AES256' })
    expect((await client.getBucketEncryption(bucket)).encryption).toMatchObject({
      SSEAlgorithm: 'AES256',
    })
    expect(await client.deleteBucketEncryption(bucket)).toEqual(done(204))

    expect((await client.getBucketRequestPayment(bucket)).payer).toBe('BucketOwner')
    await client.putBucketRequestPayment(bucket, 'Requester')
    expect((await client.getBucketRequestPayment(bucket)).payer).toBe('Requester')
    await client.putBucketRequestPayment(bucket, 'BucketOwner')
  })

  test('streams an object up and down, and writes one into a file', async () => {
    const bytes = randomBytes(300_000)
    await client.putStream('stream', Readable.from([bytes.subarray(0, 1), bytes.subarray(1)]))
    const { stream } = await client.getStream('stream')
    expect((await buffer(stream)).equals(bytes)).toBe(true)
    await client.putStream('stream', Readable.from([bytes]), { contentLength: bytes.length })
    expect((await client.getObjectMeta('stream')).res.headers['content-length']).toBe('300000')
    const file = join(await temporaryDirectory(), 'down')
    await client.get('stream', file)
    expect(await client.put('again', file)).toEqual(done(200))
    expect((await client.get('again')).content.equals(bytes)).toBe(true)
  })

  test('appends, and is told where to go on', async () => {
    const first = await client.append('grown', Buffer.from('one '))
    expect(first.nextAppendPosition).toBe('4')
    await client.append('grown', Buffer.from('two'), { position: first.nextAppendPosition })
    expect(await text('grown')).toBe('one two')
    await expect(
      client.append('grown', Buffer.from('late'), { position: '4' }),
    ).rejects.toMatchObject({ status: 409, code: 'PositionNotEqualToLength' })
  })

  test('copies within and between buckets, with other metadata on request', async () => {
    await client.put('from a b+/中', Buffer.from('copied'), { meta: { author: 'alice' } })
    const copied = await client.copy('to', 'from a b+/中')
    expect(copied.data?.etag).toBe(`"${etagOf(Buffer.from('copied'))}"`)
    expect((await client.head('to')).meta).toEqual({ author: 'alice' })
    await client.putMeta('to', { author: 'bob' })
    expect((await client.head('to')).meta).toEqual({ author: 'bob' })
    await client.putBucket(`${bucket}-other`)
    const other = new OSS({
      ...credentials,
      endpoint,
      sldEnable: true,
      ...options,
      bucket: `${bucket}-other`,
    })
    await other.copy('across', 'from a b+/中', bucket)
    expect((await other.get('across')).content.toString()).toBe('copied')
    await expect(client.copy('none', 'not there')).rejects.toMatchObject({ code: 'NoSuchKey' })
  })

  test('uploads out of an object, whole or part by part', async () => {
    const bytes = randomBytes(3 * PART + 5)
    await client.put('big source', bytes)
    const source = { sourceBucketName: bucket, sourceKey: 'big source' }
    const result = await client.multipartUploadCopy('big copy', { ...source }, { partSize: PART })
    expect(result.res.status).toBe(200)
    expect((await client.get('big copy')).content.equals(bytes)).toBe(true)

    const { uploadId } = await client.initMultipartUpload('by hand')
    const { etag } = await client.uploadPartCopy('by hand', uploadId, 1, '5-104', { ...source })
    expect(etag).toBe(`"${etagOf(bytes.subarray(5, 105))}"`)
    await client.completeMultipartUpload('by hand', uploadId, [{ number: 1, etag }])
    expect((await client.get('by hand')).content.equals(bytes.subarray(5, 105))).toBe(true)
  })

  test('deletes many by one request', async () => {
    const keys = ['many/a b', 'many/<&>', 'many/中']
    for (const key of keys) await client.put(key, Buffer.from('x'))
    const { deleted } = await client.deleteMulti(keys)
    expect(deleted.map(({ Key }) => Key)).toEqual(keys)
    expect((await client.deleteMulti(keys, { quiet: true })).deleted).toEqual([])
    expect((await client.list({ prefix: 'many/' })).objects).toEqual([])
  })

  test('sets and reads the ACL and the tags of an object', async () => {
    await client.put('marked', Buffer.from('marked'))
    expect((await client.getACL('marked')).acl).toBe('default')
    await client.putACL('marked', 'public-read')
    expect((await client.getACL('marked')).acl).toBe('public-read')
    expect((await fetch(`${endpoint}/${bucket}/marked`)).status).toBe(200)
    await client.putObjectTagging('marked', { a: '1', b: '2' })
    expect((await client.getObjectTagging('marked')).tag).toEqual({ a: '1', b: '2' })
    expect(await client.deleteObjectTagging('marked')).toEqual(done(204))
    expect((await client.getObjectTagging('marked')).tag).toEqual({})
  })

  test('makes links and reads through them', async () => {
    await client.put('links/target 中', Buffer.from('found'))
    await client.putSymlink('links/name', 'links/target 中', { meta: { kind: 'link' } })
    expect((await client.getSymlink('links/name')).targetName).toBe('links/target 中')
    expect(await text('links/name')).toBe('found')
  })

  test('asks for what is archived, and is told how far it is', async () => {
    await client.put('cold', Buffer.from('cold'), {
      headers: { 'x-oss-storage-class': 'Archive' },
    })
    await expect(client.get('cold')).rejects.toMatchObject({ code: 'InvalidObjectState' })
    expect(await client.restore('cold', { type: 'Archive', Days: 1 })).toEqual(done(202))
    const [listed] = (await client.list({ prefix: 'cold' })).objects ?? []
    expect(listed?.restoreInfo).toEqual({ ongoingRequest: true })
    await expect(client.restore('cold')).rejects.toMatchObject({
      status: 409,
      code: 'RestoreAlreadyInProgress',
    })
  })

  test('reads, lists, copies and deletes by version', async () => {
    const name = `${bucket}-versions`
    const kept = new OSS({ ...credentials, endpoint, sldEnable: true, ...options, bucket: name })
    await kept.putBucket(name)
    expect((await kept.getBucketVersioning(name)).versionStatus).toBeUndefined()
    await kept.putBucketVersioning(name, 'Enabled')
    expect((await kept.getBucketVersioning(name)).versionStatus).toBe('Enabled')

    const ids: string[] = []
    for (const content of ['one', 'two']) {
      const { res } = await kept.put('a', Buffer.from(content))
      ids.push(res.headers['x-oss-version-id'] ?? '')
    }
    const [first = '', second = ''] = ids
    await kept.delete('a')
    const versionId = first
    expect((await kept.get('a', undefined, { versionId })).content.toString()).toBe('one')
    expect((await kept.head('a', { versionId })).status).toBe(200)
    await kept.putObjectTagging('a', { old: '1' }, { versionId })
    expect((await kept.getObjectTagging('a', { versionId })).tag).toEqual({ old: '1' })
    await kept.putACL('a', 'private', { versionId })
    expect((await kept.getACL('a', { versionId })).acl).toBe('private')

    const listed = await kept.getBucketVersions()
    expect(listed.objects?.map((version) => version.versionId)).toEqual([second, first])
    const [marker] = listed.deleteMarker ?? []
    expect(marker?.name).toBe('a')
    const page = await kept.getBucketVersions({ maxKeys: 1 })
    expect([page.isTruncated, page.deleteMarker?.length]).toEqual([true, 1])

    await kept.copy('b', 'a', { versionId })
    expect((await kept.get('b')).content.toString()).toBe('one')
    await kept.deleteMulti([{ key: 'a', versionId: marker?.versionId ?? '' }])
    expect((await kept.get('a')).content.toString()).toBe('two')
    await kept.delete('a', { versionId: second })
    expect((await kept.get('a')).content.toString()).toBe('one')
  })

  test('asks for a callback and hands on its answer', async () => {
    const callback = {
      url: `http://${callbackHost}/told`,
      body: `key=$${'{'}object}&by=$${'{'}x:by}`,
      contentType: 'application/x-www-form-urlencoded',
      customValue: { by: 'alice' },
    }
    const put = await client.put('called', Buffer.from('x'), { callback })
    expect(put.data).toEqual({ told: 'key=called&by=alice' })
    const parts = await client.multipartUpload('called/parts', randomBytes(2 * PART), {
      partSize: PART,
      callback,
    })
    expect(parts.data).toEqual({ told: 'key=called%2Fparts&by=alice' })
  })

  test('signs URLs to read, to write, and with other headers in the answer', async () => {
    const put = client.signatureUrl('by url', { method: 'PUT', 'Content-Type': 'text/plain' })
    const stored = await fetch(put, {
      method: 'PUT',
      headers: { 'content-type': 'text/plain' },
      body: 'by url',
    })
    expect(stored.status).toBe(200)
    const url = await client.asyncSignatureUrl('by url', {
      response: { 'content-disposition': 'attachment' },
    })
    const got = await fetch(url)
    expect([got.status, got.headers.get('content-disposition'), await got.text()]).toEqual([
      200,
      'attachment',
      'by url',
    ])
  })

  test('signs forms', async () => {
    const policy = {
      expiration: new Date(Date.now() + 600_000).toISOString(),
      conditions: [{ bucket }, ['starts-with', '$key', 'forms/']],
    }
    const send = async (key: string): Promise<number> => {
      const form = new FormData()
      form.append('key', key)
      for (const [name, value] of Object.entries(client.calculatePostSignature(policy))) {
        form.append(name, value)
      }
      form.append('file', new Blob(['by form']), 'a.txt')
      return (await fetch(`${endpoint}/${bucket}`, { method: 'POST', body: form })).status
    }
    expect(await send('forms/a')).toBe(204)
    expect(await text('forms/a')).toBe('by form')
    expect(await send('elsewhere')).toBe(403)
  })

  test('is told in its own words what the service does not do', async () => {
    await client.put('picture', Buffer.from('x'))
    const refused = { status: 400, code: 'NotImplemented', name: 'NotImplementedError' }
    // Of this one the SDK makes no error.
    const saved = await client.processObjectSave('picture', 'small', 'image/resize,w_10')
    expect(saved.status).toBe(400)
    await expect(client.postAsyncFetch('x', 'http://nowhere.invalid/')).rejects.toMatchObject(
      refused,
    )
    await expect(
      client.get('picture', undefined, { process: 'image/resize,w_10' }),
    ).rejects.toMatchObject(refused)
    await expect(client.getBucketWorm(bucket)).rejects.toMatchObject(refused)
    await expect(client.listBucketInventory(bucket)).rejects.toMatchObject(refused)
    await expect(client.putChannel('live', { Type: 'HLS' })).rejects.toMatchObject(refused)
    expect((await client.get('picture')).content.toString()).toBe('x')
  })
})
