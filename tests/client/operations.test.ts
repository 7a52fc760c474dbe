/** Every operation of the client against the server. */

import { expect, test } from 'vitest'
import { BUCKET, bytesOf, KiB, randomContent, startService } from './service.ts'

test('an upload made by hand is listed, completed and read back', async () => {
  const { client } = await startService()
  const target = { bucket: BUCKET, key: 'by hand/ü+%.bin' }
  const [first, second] = [randomContent(100 * KiB), randomContent(10)] as const

  const { uploadId, status, requestId } = await client.initiateMultipartUpload({
    ...target,
    contentType: 'text/x-test',
    metadata: { Who: 'häns' },
  })
  const two = await client.uploadPart({ ...target, uploadId, partNumber: 2, body: second })
  const one = await client.uploadPart({ ...target, uploadId, partNumber: 1, body: first })
  const listed = await client.listParts({ ...target, uploadId })
  const uploads = await client.listMultipartUploads({ bucket: BUCKET })
  const done = await client.completeMultipartUpload({
    ...target,
    uploadId,
    parts: [
      { partNumber: 2, etag: two.etag },
      { partNumber: 1, etag: one.etag },
    ],
  })
  const got = await client.getObject(target)

  expect(status).toBe(200)
  expect(requestId).toMatch(/^[0-9A-F]{24}$/)
  expect(
    listed.parts.map(({ partNumber, etag, size, hashCrc64ecma }) => ({
      partNumber,
      etag,
      size,
      hashCrc64ecma,
    })),
  ).toEqual([
    { partNumber: 1, etag: one.etag, size: first.length, hashCrc64ecma: one.hashCrc64ecma },
    { partNumber: 2, etag: two.etag, size: second.length, hashCrc64ecma: two.hashCrc64ecma },
  ])
  expect(uploads.uploads).toMatchObject([{ key: target.key, uploadId }])
  expect(done.etag).toMatch(/^[0-9A-F]{32}-2$/)
  expect(Buffer.compare(await bytesOf(got.body), Buffer.concat([first, second]))).toBe(0)
  expect(got).toMatchObject({
    etag: done.etag,
    hashCrc64ecma: done.hashCrc64ecma,
    size: first.length + second.length,
    contentType: 'text/x-test',
    metadata: { who: 'häns' },
    objectType: 'Multipart',
    range: undefined,
  })
})

test('all parts are completed without a list when asked to', async () => {
  const { client } = await startService()
  const target = { bucket: BUCKET, key: 'all' }
  const { uploadId } = await client.initiateMultipartUpload(target)
  await client.uploadPart({ ...target, uploadId, partNumber: 7, body: 'seven' })

  const { etag } = await client.completeMultipartUpload({ ...target, uploadId, completeAll: true })

  expect(etag).toMatch(/-1$/)
  const { body } = await client.getObject(target)
  expect((await bytesOf(body)).toString()).toBe('seven')
})

test('an aborted upload is gone for every later call, and the error says so in full', async () => {
  const { client } = await startService()
  const target = { bucket: BUCKET, key: 'gone' }
  const { uploadId } = await client.initiateMultipartUpload(target)

  expect(await client.abortMultipartUpload({ ...target, uploadId })).toMatchObject({ status: 204 })

  const refused = client.uploadPart({ ...target, uploadId, partNumber: 1, body: 'late' })
  await expect(refused).rejects.toMatchObject({
    name: 'OssError',
    code: 'NoSuchUpload',
    status: 404,
    requestId: expect.stringMatching(/^[0-9A-F]{24}$/),
    details: { UploadId: uploadId },
  })
})

test('one part is listed as one part, and pages go on to the last', async () => {
  const { client } = await startService()
  const target = { bucket: BUCKET, key: 'paged' }
  const { uploadId } = await client.initiateMultipartUpload(target)
  for (const partNumber of [1, 5, 9]) {
    await client.uploadPart({ ...target, uploadId, partNumber, body: `part ${partNumber}` })
  }

  const numbers: number[][] = []
  for await (const page of client.listPartsPages({ ...target, uploadId, maxParts: 2 })) {
    numbers.push(page.parts.map(({ partNumber }) => partNumber))
  }

  expect(numbers).toEqual([[1, 5], [9]])
})

test('uploads and objects are listed over all pages, with their prefixes', async () => {
  const { client } = await startService()
  for (const key of ['a/1', 'a/2', 'b\u0001&', 'c']) {
    await client.putObject({ bucket: BUCKET, key, body: key })
    await client.initiateMultipartUpload({ bucket: BUCKET, key })
  }

  const objects: string[] = []
  for await (const page of client.listObjectsPages({
    bucket: BUCKET,
    maxKeys: 1,
    delimiter: '/',
  })) {
    objects.push(...page.commonPrefixes, ...page.contents.map(({ key }) => key))
  }
  const uploads: string[] = []
  const pages = client.listMultipartUploadsPages({ bucket: BUCKET, maxUploads: 3 })
  for await (const page of pages) uploads.push(...page.uploads.map(({ key }) => key))
  const first = await client.listObjects({ bucket: BUCKET, prefix: 'a/', maxKeys: 1 })

  expect(objects).toEqual(['a/', 'b\u0001&', 'c'])
  expect(uploads).toEqual(['a/1', 'a/2', 'b\u0001&', 'c'])
  expect(first).toMatchObject({ isTruncated: true, nextMarker: 'a/1', status: 200 })
})

test('an object is put, read in ranges and under conditions, looked at and deleted', async () => {
  const { client } = await startService()
  const target = { bucket: BUCKET, key: 'object' }

  const put = await client.putObject({ ...target, body: new Blob(['0123456789']) })
  const middle = await client.getObject({
    ...target,
    range: { start: 2, end: 4 },
    ifMatch: put.etag,
  })
  const end = await client.getObject({ ...target, range: { start: -3 } })

  expect(middle).toMatchObject({ status: 206, range: { start: 2, end: 4 }, size: 10 })
  expect((await bytesOf(middle.body)).toString()).toBe('234')
  expect((await bytesOf(end.body)).toString()).toBe('789')
  await expect(client.getObject({ ...target, ifMatch: 'OTHER' })).rejects.toMatchObject({
    code: 'PreconditionFailed',
  })
  await expect(client.headObject({ ...target, ifNoneMatch: put.etag })).rejects.toMatchObject({
    code: 'NotModified',
    status: 304,
  })
  expect(await client.getObjectMeta(target)).toMatchObject({ size: 10, etag: put.etag })
  expect(await client.deleteObject(target)).toMatchObject({ status: 204 })
  await expect(client.headObject(target)).rejects.toMatchObject({
    code: 'NoSuchKey',
    status: 404,
    ec: '0026-00000001',
  })
})

test('a stream of unknown length can be put and is proved after the fact', async () => {
  const { client } = await startService()
  async function* words(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('one ')
    yield Buffer.from('two')
  }

  const put = await client.putObject({ bucket: BUCKET, key: 'stream', body: words() })

  const head = await client.headObject({ bucket: BUCKET, key: 'stream' })
  expect(head).toMatchObject({ size: 7, etag: put.etag, hashCrc64ecma: put.hashCrc64ecma })
})

test.each(['v1', 'v4'] as const)(
  'buckets are made, described and deleted, signed by %s',
  async (signatureVersion) => {
    const { connect } = await startService()
    const client = connect({ signatureVersion })
    const bucket = 'another-bucket'

    await client.putBucket({ bucket, storageClass: 'IA' })

    const { buckets } = await client.listBuckets()
    expect(buckets.map(({ name }) => name)).toEqual([bucket, BUCKET].sort())
    expect(await client.getBucketInfo({ bucket })).toMatchObject({
      name: bucket,
      storageClass: 'IA',
    })
    expect(await client.getBucketLocation({ bucket })).toMatchObject({
      location: 'oss-cn-hangzhou',
    })
    expect(await client.deleteBucket({ bucket })).toMatchObject({ status: 204 })
    await expect(client.getBucketInfo({ bucket })).rejects.toMatchObject({ code: 'NoSuchBucket' })
  },
)

test.each(['v1', 'v4'] as const)(
  'whoever has a URL signed by %s can use it without keys',
  async (signatureVersion) => {
    const { client: owner, connect } = await startService()
    const client = connect({ signatureVersion })
    const target = { bucket: BUCKET, key: 'by url/ä b' }
    const { uploadId } = await owner.initiateMultipartUpload(target)

    const part = await client.presign({ ...target, method: 'PUT', uploadId, partNumber: 1 })
    const answer = await fetch(part.url, { method: 'PUT', body: Buffer.from('from afar') })
    await client.completeMultipartUpload({ ...target, uploadId, completeAll: true })
    const get = await client.presign({ ...target, method: 'GET', expiresInSeconds: 60 })
    const got = await fetch(get.url)

    expect(answer.status).toBe(200)
    expect(await got.text()).toBe('from afar')
  },
)

test('keys that URL parsers would collapse reach the object they name', async () => {
  const { client } = await startService()
  for (const key of ['a/../b', './x', 'p//q', 'what?#&=', '.']) {
    await client.putObject({ bucket: BUCKET, key, body: key })
    const { body } = await client.getObject({ bucket: BUCKET, key })
    expect((await bytesOf(body)).toString()).toBe(key)
  }
})
