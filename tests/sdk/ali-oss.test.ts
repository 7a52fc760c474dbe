/** The official JavaScript SDK, unmodified from npm, against our server. */

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningServer } from '@lading/server'
import OSS from 'ali-oss'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { etagOf, objectETagOf } from '../support/oss-wire.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const credentials = { accessKeyId: 'sdk-key', accessKeySecret: 'sdk-secret' }
const PART = 102_400

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ data: 'memory', credentials: [credentials] })
})

afterAll(async () => {
  await server.close()
})

const v4 = { authorizationV4: true }
/** How the SDK can be pointed at an address of its own; each puts something else on the wire. */
const setups: [name: string, bucket: string, options: (port: number) => Record<string, unknown>][] =
  [
    ['V1 on an IP', 'v1-ip', (port) => ({ endpoint: `http://127.0.0.1:${port}` })],
    ['V4 on an IP', 'v4-ip', (port) => ({ endpoint: `http://127.0.0.1:${port}`, ...v4 })],
    [
      'V1 on localhost in path style',
      'v1-localhost',
      (port) => ({ endpoint: `http://localhost:${port}`, sldEnable: true }),
    ],
    [
      'V4 on localhost in path style',
      'v4-localhost',
      (port) => ({ endpoint: `http://localhost:${port}`, sldEnable: true, ...v4 }),
    ],
    [
      'V1 on an IP in path style, the bucket named twice',
      'v1-twice',
      (port) => ({ endpoint: `http://127.0.0.1:${port}`, sldEnable: true }),
    ],
    [
      'V4 on an IP in path style, the bucket named twice',
      'v4-twice',
      (port) => ({ endpoint: `http://127.0.0.1:${port}`, sldEnable: true, ...v4 }),
    ],
    [
      'V1 on an IP with a region',
      'v1-region',
      (port) => ({ endpoint: `http://127.0.0.1:${port}`, region: 'cn-hangzhou' }),
    ],
  ]

describe.each(setups)('ali-oss, %s', (_, bucket, options) => {
  const client = (): OSS => new OSS({ ...credentials, bucket, ...options(server.port) })

  beforeAll(async () => {
    expect((await client().putBucket(bucket)).res.status).toBe(200)
  })

  test('multipartUpload sends a file in parts, reports progress to 1, and it comes back', async () => {
    const bytes = randomBytes(5 * PART + 77)
    const file = join(await temporaryDirectory(), 'five and a bit.bin')
    await writeFile(file, bytes)
    const progress: number[] = []
    const result = await client().multipartUpload('dir/file +%.bin', file, {
      partSize: PART,
      parallel: 3,
      progress: (fraction: number) => {
        progress.push(fraction)
      },
      mime: 'application/x-test',
      meta: { author: 'alice' },
    })
    expect(result.res.status).toBe(200)
    const parts = Array.from({ length: 6 }, (_, at) => bytes.subarray(at * PART, (at + 1) * PART))
    expect(result.etag).toBe(`"${objectETagOf(parts.map(etagOf))}"`)
    expect(progress.at(-1)).toBe(1)
    const got = await client().get('dir/file +%.bin')
    expect(got.content.equals(bytes)).toBe(true)
    expect(got.res.headers['content-type']).toBe('application/x-test')
    expect(got.res.headers['x-oss-meta-author']).toBe('alice')
    expect(got.res.headers['x-oss-object-type']).toBe('Multipart')
  })

  test('an upload that was cancelled goes on from its checkpoint', async () => {
    const bytes = randomBytes(6 * PART)
    const file = join(await temporaryDirectory(), 'six.bin')
    await writeFile(file, bytes)
    const first = client()
    let checkpoint: unknown
    await expect(
      first.multipartUpload('resumed.bin', file, {
        partSize: PART,
        parallel: 1,
        progress: (fraction: number, saved: { doneParts: unknown[] } | undefined) => {
          if (saved && saved.doneParts.length >= 2 && checkpoint === undefined) {
            checkpoint = structuredClone(saved)
            first.cancel()
          }
          return fraction
        },
      }),
    ).rejects.toMatchObject({ name: 'cancel' })
    const { uploadId } = checkpoint as { uploadId: string }
    const before = await client().listParts('resumed.bin', uploadId)
    const held = (before.parts as { PartNumber: string }[]).length
    expect(held).toBeGreaterThanOrEqual(2)
    let sent = 0
    const result = await client().multipartUpload('resumed.bin', file, {
      partSize: PART,
      parallel: 2,
      checkpoint,
      progress: () => {
        sent += 1
      },
    })
    expect(result.res.status).toBe(200)
    expect(sent).toBeLessThanOrEqual(6)
    expect((await client().get('resumed.bin')).content.equals(bytes)).toBe(true)
  })

  test('listUploads, listParts and abortMultipartUpload see one upload from its birth to its end', async () => {
    const { uploadId } = await client().initMultipartUpload('open/one')
    const file = join(await temporaryDirectory(), 'parts.bin')
    const bytes = randomBytes(2 * PART)
    await writeFile(file, bytes)
    for (const [partNumber, start] of [
      [2, PART],
      [1, 0],
    ] as const) {
      const { etag } = await client().uploadPart(
        'open/one',
        uploadId,
        partNumber,
        file,
        start,
        start + PART,
      )
      expect(etag).toBe(`"${etagOf(bytes.subarray(start, start + PART))}"`)
    }
    const uploads = await client().listUploads({ 'max-uploads': 10, prefix: 'open/' })
    expect(uploads.uploads.map(({ name, uploadId: id }) => [name, id])).toEqual([
      ['open/one', uploadId],
    ])
    const listed = await client().listParts('open/one', uploadId)
    expect((listed.parts as { PartNumber: string }[]).map((part) => part.PartNumber)).toEqual([
      '1',
      '2',
    ])
    expect((await client().abortMultipartUpload('open/one', uploadId)).res.status).toBe(204)
    await expect(client().listParts('open/one', uploadId)).rejects.toMatchObject({
      status: 404,
      code: 'NoSuchUpload',
      name: 'NoSuchUploadError',
    })
    await expect(client().abortMultipartUpload('open/one', uploadId)).rejects.toMatchObject({
      code: 'NoSuchUpload',
    })
    expect((await client().listUploads({ 'max-uploads': 10, prefix: 'open/' })).uploads).toEqual([])
  })

  test('put, get, head, list and delete work on plain objects', async () => {
    const content = Buffer.from('héllo ✓')
    expect((await client().put('plain/a b+c.txt', content)).res.status).toBe(200)
    await client().put('plain/deep/b.txt', Buffer.from('b'))
    const head = await client().head('plain/a b+c.txt')
    expect(head.res.headers.etag).toBe(`"${etagOf(content)}"`)
    expect(head.res.headers['content-length']).toBe(String(content.length))
    const part = await client().get('plain/a b+c.txt', undefined, {
      headers: { Range: 'bytes=0-0' },
    })
    expect([part.res.status, part.content.toString()]).toEqual([206, 'h'])
    const listed = await client().list({ prefix: 'plain/', delimiter: '/', 'max-keys': 10 })
    expect(listed.objects?.map(({ name }) => name)).toEqual(['plain/a b+c.txt'])
    expect(listed.prefixes).toEqual(['plain/deep/'])
    const second = await client().listV2({ prefix: 'plain/', 'max-keys': '1' })
    expect(second.objects?.map(({ name }) => name)).toEqual(['plain/a b+c.txt'])
    expect(second.isTruncated).toBe(true)
    expect((await client().delete('plain/a b+c.txt')).res.status).toBe(204)
    expect((await client().delete('plain/a b+c.txt')).res.status).toBe(204)
  })

  test('a refusal reaches its user with status, code and request id', async () => {
    await expect(client().get('nothing here')).rejects.toMatchObject({
      name: 'NoSuchKeyError',
      code: 'NoSuchKey',
      status: 404,
      requestId: expect.stringMatching(/^[0-9A-F]{24}$/),
    })
    await expect(client().head('nothing here')).rejects.toMatchObject({
      code: 'NoSuchKey',
      status: 404,
    })
    const stranger = new OSS({
      ...credentials,
      accessKeySecret: 'wrong',
      bucket,
      ...options(server.port),
    })
    await expect(stranger.put('x', Buffer.from('x'))).rejects.toMatchObject({
      code: 'SignatureDoesNotMatch',
      status: 403,
    })
    const unknown = new OSS({
      ...credentials,
      accessKeyId: 'nobody',
      bucket,
      ...options(server.port),
    })
    await expect(unknown.get('x')).rejects.toMatchObject({
      code: 'InvalidAccessKeyId',
      status: 403,
    })
    const nowhere = new OSS({ ...credentials, bucket: 'no-such-bucket', ...options(server.port) })
    await expect(nowhere.get('x')).rejects.toMatchObject({ code: 'NoSuchBucket', status: 404 })
    const { uploadId } = await client().initMultipartUpload('refused')
    await expect(
      client().completeMultipartUpload('refused', uploadId, [{ number: 1, etag: '"00"' }]),
    ).rejects.toMatchObject({ code: 'InvalidPart', status: 400 })
    await client().abortMultipartUpload('refused', uploadId)
  })

  test('the bucket tells of itself and goes when it is empty', async () => {
    const name = `${bucket}-gone`
    await client().putBucket(name)
    const { location } = await client().getBucketLocation(name)
    expect(location).toBe('oss-cn-hangzhou')
    expect((await client().getBucketInfo(name)).bucket).toMatchObject({ Name: name })
    expect((await client().deleteBucket(name)).res.status).toBe(204)
    await expect(client().getBucketInfo(name)).rejects.toMatchObject({ code: 'NoSuchBucket' })
  })
})

test('an empty first label of the Host is the service itself: listBuckets on an IP', async () => {
  const client = new OSS({ ...credentials, endpoint: `http://127.0.0.1:${server.port}` })
  const { buckets } = await client.listBuckets({ 'max-keys': 100 })
  expect(buckets?.map(({ name }) => name)).toEqual(expect.arrayContaining(['v1-ip', 'v4-ip']))
})

test('a URL that the SDK signed opens for anyone who has it', async () => {
  const sld = new OSS({
    ...credentials,
    bucket: 'v1-localhost',
    endpoint: `http://localhost:${server.port}`,
    sldEnable: true,
  })
  await sld.put('signed.txt', Buffer.from('open me'))
  const v1 = await fetch(sld.signatureUrl('signed.txt', { expires: 60 }))
  expect([v1.status, await v1.text()]).toEqual([200, 'open me'])
  const url = await sld.signatureUrlV4('GET', 60, undefined, 'signed.txt')
  const v4Answer = await fetch(url)
  expect([v4Answer.status, await v4Answer.text()]).toEqual([200, 'open me'])
  const forged = await fetch(url.replace(/signature=[0-9a-f]{4}/, 'signature=0000'))
  expect(forged.status).toBe(403)
})
