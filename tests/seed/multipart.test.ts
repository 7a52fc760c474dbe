/** What the SDK's document promises of a multipart upload, each promise over a real socket. */

import { randomBytes } from 'node:crypto'
import type { RunningServer } from '@lading/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { elementOf, etagOf, OssWire, objectETagOf } from '../support/oss-wire.ts'
import { startServer } from '../support/server.ts'
import { blobFiles, temporaryDirectory } from '../support/temporary.ts'

const BUCKET = 'seed-bucket'
const PART = 102_400
const credentials = { accessKeyId: 'seed-key', accessKeySecret: 'seed-secret' }

let server: RunningServer
let wire: OssWire

beforeAll(async () => {
  server = await startServer({ data: 'memory', credentials: [credentials] })
  wire = new OssWire({ port: server.port, credentials })
  await wire.putBucket(BUCKET)
})

afterAll(async () => {
  wire.close()
  await server.close()
})

test('initiate returns an upload id that no other upload has', async () => {
  const ids = await Promise.all(
    Array.from({ length: 300 }, (_, at) => wire.initiate(BUCKET, `unique/${at % 3}`)),
  )
  expect(new Set(ids).size).toBe(300)
  for (const id of ids) expect(id).toMatch(/^[0-9A-F]{32}$/)
})

test('upload ids of one key ascend in the order they were issued', async () => {
  const issued: string[] = []
  for (let at = 0; at < 20; at += 1) issued.push(await wire.initiate(BUCKET, 'ascending'))
  expect([...issued].sort()).toEqual(issued)
})

test('parts may come in any order and in parallel, from ranges of one source, and combine by number', async () => {
  const source = randomBytes(12 * PART + 5)
  const uploadId = await wire.initiate(BUCKET, 'any-order')
  const numbers = [7, 13, 1, 4, 12, 2, 9, 3, 11, 5, 8, 6, 10]
  await Promise.all(
    numbers.map(async (number) => {
      const range = source.subarray((number - 1) * PART, number * PART)
      const answer = await wire.uploadPart(BUCKET, 'any-order', uploadId, number, range)
      expect([answer.status, answer.headers.etag]).toEqual([200, `"${etagOf(range)}"`])
    }),
  )
  const listed = await wire.listParts(BUCKET, 'any-order', uploadId)
  expect([...(listed?.keys() ?? [])]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
  const completed = await wire.complete(BUCKET, 'any-order', uploadId, [...(listed ?? [])])
  expect(completed.status).toBe(200)
  const got = await wire.send('GET', { bucket: BUCKET, key: 'any-order' })
  expect(got.bytes.equals(source)).toBe(true)
})

test('part numbers 1 and 10000 are legal, with gaps between them', async () => {
  const uploadId = await wire.initiate(BUCKET, 'gaps')
  const first = randomBytes(PART)
  const last = randomBytes(10)
  const etags = [
    (await wire.uploadPart(BUCKET, 'gaps', uploadId, 1, first)).headers.etag,
    (await wire.uploadPart(BUCKET, 'gaps', uploadId, 10_000, last)).headers.etag,
  ]
  expect(etags).toEqual([`"${etagOf(first)}"`, `"${etagOf(last)}"`])
  const completed = await wire.complete(BUCKET, 'gaps', uploadId, [
    [1, etagOf(first)],
    [10_000, etagOf(last)],
  ])
  expect(completed.headers.etag).toBe(`"${objectETagOf([etagOf(first), etagOf(last)])}"`)
  const got = await wire.send('GET', { bucket: BUCKET, key: 'gaps' })
  expect(got.bytes.equals(Buffer.concat([first, last]))).toBe(true)
})

test('the same number again replaces the earlier part, and the old ETag completes no more', async () => {
  const uploadId = await wire.initiate(BUCKET, 'replaced')
  const earlier = randomBytes(PART)
  const later = randomBytes(PART + 1)
  await wire.uploadPart(BUCKET, 'replaced', uploadId, 1, earlier)
  await wire.uploadPart(BUCKET, 'replaced', uploadId, 1, later)
  expect(await wire.listParts(BUCKET, 'replaced', uploadId)).toEqual(new Map([[1, etagOf(later)]]))
  const stale = await wire.complete(BUCKET, 'replaced', uploadId, [[1, etagOf(earlier)]])
  expect([stale.status, stale.code]).toEqual([400, 'InvalidPart'])
  expect((await wire.complete(BUCKET, 'replaced', uploadId, [[1, etagOf(later)]])).status).toBe(200)
  const got = await wire.send('GET', { bucket: BUCKET, key: 'replaced' })
  expect(got.bytes.equals(later)).toBe(true)
})

test('the ETag of a part is the MD5 of its bytes, in the header and in the list', async () => {
  const uploadId = await wire.initiate(BUCKET, 'etag')
  const bytes = randomBytes(3000)
  const answer = await wire.uploadPart(BUCKET, 'etag', uploadId, 5, bytes)
  expect(answer.headers.etag).toBe(`"${etagOf(bytes)}"`)
  expect(answer.headers['content-md5']).toBe(Buffer.from(etagOf(bytes), 'hex').toString('base64'))
  expect((await wire.listParts(BUCKET, 'etag', uploadId))?.get(5)).toBe(etagOf(bytes))
})

test('a Content-MD5 that differs from the bytes is InvalidDigest, and the earlier part stands', async () => {
  const uploadId = await wire.initiate(BUCKET, 'digest')
  const good = randomBytes(500)
  await wire.uploadPart(BUCKET, 'digest', uploadId, 1, good)
  const answer = await wire.uploadPart(BUCKET, 'digest', uploadId, 1, randomBytes(500), {
    headers: { 'Content-MD5': Buffer.from(etagOf(good), 'hex').toString('base64') },
  })
  expect([answer.status, answer.code]).toEqual([400, 'InvalidDigest'])
  expect(await wire.listParts(BUCKET, 'digest', uploadId)).toEqual(new Map([[1, etagOf(good)]]))
})

test('list parts pages by 1000, ascending, and says where to go on', async () => {
  const uploadId = await wire.initiate(BUCKET, 'pages')
  await Promise.all(
    Array.from({ length: 1005 }, (_, at) =>
      wire.uploadPart(BUCKET, 'pages', uploadId, at + 1, Buffer.from([at & 255])),
    ),
  )
  const page = await wire.send('GET', { bucket: BUCKET, key: 'pages', query: { uploadId } })
  expect([...page.text.matchAll(/<Part>/g)]).toHaveLength(1000)
  expect(elementOf(page.text, 'MaxParts')).toBe('1000')
  expect(elementOf(page.text, 'IsTruncated')).toBe('true')
  expect(elementOf(page.text, 'NextPartNumberMarker')).toBe('1000')
  const rest = await wire.send('GET', {
    bucket: BUCKET,
    key: 'pages',
    query: { uploadId, 'part-number-marker': '1000' },
  })
  expect([...rest.text.matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => number)).toEqual([
    '1001',
    '1002',
    '1003',
    '1004',
    '1005',
  ])
  expect(elementOf(rest.text, 'IsTruncated')).toBe('false')
})

test('complete leaves out the parts it does not list, and makes the id unusable', async () => {
  const uploadId = await wire.initiate(BUCKET, 'unlisted')
  const kept = randomBytes(100)
  await wire.uploadPart(BUCKET, 'unlisted', uploadId, 1, randomBytes(100))
  await wire.uploadPart(BUCKET, 'unlisted', uploadId, 2, kept)
  expect((await wire.complete(BUCKET, 'unlisted', uploadId, [[2, etagOf(kept)]])).status).toBe(200)
  const got = await wire.send('GET', { bucket: BUCKET, key: 'unlisted' })
  expect(got.bytes.equals(kept)).toBe(true)
  expect((await wire.complete(BUCKET, 'unlisted', uploadId, [[2, etagOf(kept)]])).code).toBe(
    'NoSuchUpload',
  )
})

test('until complete the object of that key is untouched, and then it is the new one whole', async () => {
  await wire.send('PUT', { bucket: BUCKET, key: 'visible', body: 'old' })
  const uploadId = await wire.initiate(BUCKET, 'visible')
  const bytes = randomBytes(PART)
  await wire.uploadPart(BUCKET, 'visible', uploadId, 1, bytes)
  expect((await wire.send('GET', { bucket: BUCKET, key: 'visible' })).text).toBe('old')
  await wire.complete(BUCKET, 'visible', uploadId, [[1, etagOf(bytes)]])
  const got = await wire.send('GET', { bucket: BUCKET, key: 'visible' })
  expect(got.bytes.equals(bytes)).toBe(true)
})

test('abort makes the id unusable for every later operation and frees the parts', async () => {
  const directory = await temporaryDirectory()
  const durable = await startServer({
    data: { directory },
    credentials: [credentials],
    collect: { graceMs: 0, orphanAgeMs: 0 },
  })
  const own = new OssWire({ port: durable.port, credentials })
  try {
    await own.putBucket(BUCKET)
    const uploadId = await own.initiate(BUCKET, 'aborted')
    const bytes = randomBytes(PART)
    await own.uploadPart(BUCKET, 'aborted', uploadId, 1, bytes)
    expect(await blobFiles(directory)).toHaveLength(1)
    expect((await own.abort(BUCKET, 'aborted', uploadId)).status).toBe(204)
    const answers = [
      await own.uploadPart(BUCKET, 'aborted', uploadId, 2, bytes),
      await own.send('GET', { bucket: BUCKET, key: 'aborted', query: { uploadId } }),
      await own.complete(BUCKET, 'aborted', uploadId, [[1, etagOf(bytes)]]),
      await own.abort(BUCKET, 'aborted', uploadId),
    ]
    expect(answers.map(({ status, code }) => [status, code])).toEqual(
      answers.map(() => [404, 'NoSuchUpload']),
    )
    expect((await own.send('GET', { bucket: BUCKET, key: 'aborted' })).code).toBe('NoSuchKey')
    await durable.collectGarbage()
    expect(await blobFiles(directory)).toEqual([])
  } finally {
    own.close()
    await durable.close()
  }
})

test('a host bound to a bucket as a CNAME is that bucket', async () => {
  const bound = await startServer({
    data: 'memory',
    credentials: [credentials],
    cnames: { 'files.example.com': BUCKET },
  })
  const own = new OssWire({ port: bound.port, credentials })
  try {
    await own.putBucket(BUCKET)
    await own.send('PUT', { bucket: BUCKET, key: 'by/cname', body: 'found' })
    const signed = await own.raw('GET', '/by/cname', { headers: { host: 'files.example.com' } })
    // Read as the bucket's object, and refused only because nobody signed it.
    expect([signed.status, signed.code]).toEqual([403, 'AccessDenied'])
    const missing = await own.raw('GET', '/no-such-bucket/key', { headers: { host: '127.0.0.1' } })
    expect(missing.code).toBe('NoSuchBucket')
  } finally {
    own.close()
    await bound.close()
  }
})

test('every answer carries a request id of 24 characters, and a refusal repeats it', async () => {
  const good = await wire.send('GET', { bucket: BUCKET })
  expect(good.headers['x-oss-request-id']).toMatch(/^[0-9A-F]{24}$/)
  const refused = await wire.send('GET', { bucket: BUCKET, key: 'not there' })
  expect(refused.status).toBe(404)
  expect(elementOf(refused.text, 'RequestId')).toBe(refused.headers['x-oss-request-id'])
  expect(elementOf(refused.text, 'Message')).toBe('The specified key does not exist.')
})
