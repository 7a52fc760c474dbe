/** Bad input, one row each: the exact status, code and details, and nothing lost by it. */

import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { formatQuery, presignV1, presignV4 } from '@lading/protocol'
import type { RunningServer } from '@lading/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  completeBody,
  elementOf,
  etagOf,
  OssWire,
  type WireAnswer,
  type WireRequest,
} from '../support/oss-wire.ts'
import { startServer } from '../support/server.ts'

const BUCKET = 'input-bucket'
const OTHER = 'other-bucket'
/** Anyone may write here, so that raw requests need no signature. */
const OPEN = 'open-bucket'
const PART = 102_400
const credentials = { accessKeyId: 'input-key', accessKeySecret: 'input-secret' }

let server: RunningServer
let wire: OssWire
let uploadId: string
/** Three parts: 100 KiB, too small to stand in the middle, and a last one. */
const parts = [randomBytes(PART), randomBytes(PART - 1), randomBytes(9)].map((bytes) => ({
  bytes,
  etag: etagOf(bytes),
}))
const etag = (partNumber: number): string => parts[partNumber - 1]?.etag ?? ''

beforeAll(async () => {
  server = await startServer({ data: 'memory', credentials: [credentials] })
  wire = new OssWire({ port: server.port, credentials })
  await wire.putBucket(BUCKET)
  await wire.putBucket(OTHER)
  await wire.send('PUT', { bucket: OPEN, headers: { 'x-oss-acl': 'public-read-write' } })
  uploadId = await wire.initiate(BUCKET, 'key')
  for (const [at, { bytes }] of parts.entries()) {
    await wire.uploadPart(BUCKET, 'key', uploadId, at + 1, bytes)
  }
})

afterAll(async () => {
  wire.close()
  await server.close()
})

/** The error as a client sees it, checked for the form that every error has. */
function refusal(answer: WireAnswer): Record<string, string> {
  expect(answer.headers['content-type']).toBe('application/xml')
  expect(answer.text).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\s*<Error>/)
  const elements = Object.fromEntries(
    [...answer.text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', text = '']) => [
      name,
      text,
    ]),
  )
  expect(elements.RequestId).toBe(answer.headers['x-oss-request-id'])
  expect(Object.keys(elements).slice(0, 4)).toEqual(['Code', 'Message', 'RequestId', 'HostId'])
  if (elements.EC) expect(elements.EC).toBe(answer.headers['x-oss-ec'])
  return { status: String(answer.status), ...elements }
}

async function expectUploadUnchanged(): Promise<void> {
  expect(await wire.listParts(BUCKET, 'key', uploadId)).toEqual(
    new Map(parts.map((part, at) => [at + 1, part.etag])),
  )
}

describe('a part number', () => {
  test.each([
    ['zero', '0'],
    ['above ten thousand', '10001'],
    ['no number', 'x'],
    ['negative', '-1'],
    ['a fraction', '1.5'],
    ['empty', ''],
  ])('that is %s is InvalidArgument', async (_, partNumber) => {
    const answer = await wire.send('PUT', {
      bucket: BUCKET,
      key: 'key',
      query: { partNumber, uploadId },
      body: 'x',
    })
    expect(refusal(answer)).toMatchObject({
      status: '400',
      Code: 'InvalidArgument',
      Message: 'Part number must be an integer between 1 and 10000, inclusive.',
      EC: '0017-00000220',
      ArgumentName: 'PartNumber',
    })
    expect(elementOf(answer.text, 'ArgumentValue')).toBe(partNumber)
    await expectUploadUnchanged()
  })

  test('that is missing is InvalidArgument about the resource type', async () => {
    const answer = await wire.send('PUT', {
      bucket: BUCKET,
      key: 'key',
      query: { uploadId },
      body: 'x',
    })
    expect(refusal(answer)).toMatchObject({
      status: '400',
      Code: 'InvalidArgument',
      EC: '0017-00000219',
      ArgumentName: 'ResourceType',
      ArgumentValue: 'partNumber',
    })
    await expectUploadUnchanged()
  })
})

describe('an upload id', () => {
  const rows: [name: string, make: () => Promise<{ id: string; bucket?: string; key?: string }>][] =
    [
      ['that was never issued', async () => ({ id: '0'.repeat(32) })],
      ['of another key', async () => ({ id: uploadId, key: 'another key' })],
      ['of a bucket that is not asked', async () => ({ id: uploadId, bucket: OTHER })],
      ['that is malformed', async () => ({ id: '../../etc/passwd' })],
      ['in lower case', async () => ({ id: uploadId.toLowerCase() })],
      ['that is empty', async () => ({ id: '' })],
    ]
  const operations: [name: string, ec: string, request: (id: string) => [string, WireRequest]][] = [
    [
      'UploadPart',
      '0042-00000104',
      (id) => ['PUT', { query: { partNumber: '1', uploadId: id }, body: 'x' }],
    ],
    ['ListParts', '0042-00000002', (id) => ['GET', { query: { uploadId: id } }]],
    [
      'CompleteMultipartUpload',
      '0042-00000203',
      (id) => ['POST', { query: { uploadId: id }, body: completeBody([[1, 'AA']]) }],
    ],
    ['AbortMultipartUpload', '0042-00000002', (id) => ['DELETE', { query: { uploadId: id } }]],
  ]
  test.each(
    rows.flatMap(([row, make]) => operations.map((operation) => [row, make, operation] as const)),
  )('%s is NoSuchUpload', async (_, make, [, ec, request]) => {
    const { id, bucket = BUCKET, key = 'key' } = await make()
    const [method, rest] = request(id)
    const answer = refusal(await wire.send(method, { bucket, key, ...rest }))
    expect(answer).toMatchObject({
      status: '404',
      Code: 'NoSuchUpload',
      Message:
        'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
      EC: id === '' ? '0017-00000244' : ec,
    })
    await expectUploadUnchanged()
  })
})

describe('Complete', () => {
  const complete = (
    body: string | Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<WireAnswer> =>
    wire.send('POST', { bucket: BUCKET, key: 'key', query: { uploadId }, body, headers })
  const many = Array.from({ length: 10_001 }, (_, at): [number, string] => [at + 1, 'AA'])

  test.each<[name: string, body: () => string, expected: Record<string, string>]>([
    [
      'in descending order',
      () =>
        completeBody([
          [3, etag(3)],
          [1, etag(1)],
        ]),
      { status: '400', Code: 'InvalidPartOrder', EC: '0042-00000209' },
    ],
    [
      'with one part twice',
      () =>
        completeBody([
          [1, etag(1)],
          [1, etag(1)],
        ]),
      { status: '400', Code: 'InvalidPartOrder', EC: '0042-00000209' },
    ],
    [
      'with a part that was never sent',
      () =>
        completeBody([
          [1, etag(1)],
          [4, etag(1)],
        ]),
      { status: '400', Code: 'InvalidPart', PartNumber: '4' },
    ],
    [
      'with the ETag of other bytes',
      () => completeBody([[1, etag(2)]]),
      { status: '400', Code: 'InvalidPart', PartNumber: '1' },
    ],
    [
      'with a part below 100 KiB that is not the last listed',
      () =>
        completeBody([
          [1, etag(1)],
          [2, etag(2)],
          [3, etag(3)],
        ]),
      { status: '400', Code: 'EntityTooSmall', EC: '0042-00000213' },
    ],
    ['with no body at all', () => '', { status: '400', Code: 'MalformedXML', EC: '0042-00000205' }],
    [
      'with an element left open',
      () => '<CompleteMultipartUpload><Part>',
      { status: '400', Code: 'MalformedXML' },
    ],
    ['with another root', () => '<Delete></Delete>', { status: '400', Code: 'MalformedXML' }],
    ['with text that is no XML', () => 'partNumber=1', { status: '400', Code: 'MalformedXML' }],
    [
      'with a DOCTYPE',
      () => `<!DOCTYPE x [<!ENTITY a "b">]>${completeBody([[1, etag(1)]])}`,
      { status: '400', Code: 'MalformedXML' },
    ],
    [
      'with a part that has no ETag',
      () =>
        '<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>',
      { status: '400', Code: 'MalformedXML' },
    ],
    [
      'with part number 0',
      () => completeBody([[0, etag(1)]]),
      { status: '400', Code: 'InvalidArgument', EC: '0017-00000220' },
    ],
    ['with 10,001 parts', () => completeBody(many), { status: '400', Code: 'MalformedXML' }],
    ['with a body of 3 MiB', () => ' '.repeat(3 << 20), { status: '400', Code: 'EntityTooLarge' }],
  ])('%s is refused, and the upload stays as it was', async (_, body, expected) => {
    const answer = refusal(await complete(body()))
    expect(answer).toMatchObject(expected)
    await expectUploadUnchanged()
    expect((await wire.send('GET', { bucket: BUCKET, key: 'key' })).code).toBe('NoSuchKey')
  })

  test('with an ETag that was not uploaded names the part, the ETag and the upload', async () => {
    const answer = refusal(await complete(completeBody([[1, 'ABCDEF']])))
    expect(answer).toMatchObject({ PartNumber: '1', UploadId: uploadId })
    expect(answer.ETag?.replaceAll('&quot;', '').replaceAll('"', '')).toBe('ABCDEF')
  })

  test('with complete-all and a body is InvalidArgument, and complete-all alone takes every part', async () => {
    const both = refusal(
      await complete(completeBody([[1, etag(1)]]), { 'x-oss-complete-all': 'yes' }),
    )
    expect(both).toMatchObject({
      status: '400',
      Code: 'InvalidArgument',
      EC: '0042-00000216',
      ArgumentName: 'x-oss-complete-all',
      ArgumentValue: 'yes',
    })
    await expectUploadUnchanged()
    const id = await wire.initiate(BUCKET, 'all')
    await wire.uploadPart(BUCKET, 'all', id, 3, Buffer.from('c'))
    await wire.uploadPart(BUCKET, 'all', id, 1, parts[0]?.bytes ?? Buffer.alloc(0))
    const answer = await wire.send('POST', {
      bucket: BUCKET,
      key: 'all',
      query: { uploadId: id },
      headers: { 'x-oss-complete-all': 'yes' },
    })
    expect(answer.status).toBe(200)
    const got = await wire.send('GET', { bucket: BUCKET, key: 'all' })
    expect(
      got.bytes.equals(Buffer.concat([parts[0]?.bytes ?? Buffer.alloc(0), Buffer.from('c')])),
    ).toBe(true)
  })

  test('with an empty list element makes an empty object', async () => {
    for (const body of [
      '<CompleteMultipartUpload />\n',
      '<CompleteMultipartUpload></CompleteMultipartUpload>',
    ]) {
      const id = await wire.initiate(BUCKET, 'empty')
      const answer = await wire.send('POST', {
        bucket: BUCKET,
        key: 'empty',
        query: { uploadId: id },
        body,
      })
      expect([answer.status, answer.headers['x-oss-hash-crc64ecma']]).toEqual([200, '0'])
      const got = await wire.send('GET', { bucket: BUCKET, key: 'empty' })
      expect([got.status, got.bytes.length]).toEqual([200, 0])
    }
  })

  test('with forbid-overwrite and an object in its place is FileAlreadyExists, at initiate and at the end', async () => {
    const id = await wire.initiate(BUCKET, 'taken')
    await wire.uploadPart(BUCKET, 'taken', id, 1, Buffer.from('new'))
    await wire.send('PUT', { bucket: BUCKET, key: 'taken', body: 'old' })
    const answer = await wire.send('POST', {
      bucket: BUCKET,
      key: 'taken',
      query: { uploadId: id },
      headers: { 'x-oss-forbid-overwrite': 'true' },
      body: completeBody([[1, etagOf(Buffer.from('new'))]]),
    })
    expect(refusal(answer)).toMatchObject({ status: '409', Code: 'FileAlreadyExists' })
    expect((await wire.listParts(BUCKET, 'taken', id))?.size).toBe(1)
    const initiate = await wire.send('POST', {
      bucket: BUCKET,
      key: 'taken',
      query: { uploads: '' },
      headers: { 'x-oss-forbid-overwrite': 'true' },
    })
    expect(refusal(initiate)).toMatchObject({ status: '409', Code: 'FileAlreadyExists' })
    expect((await wire.send('GET', { bucket: BUCKET, key: 'taken' })).text).toBe('old')
  })
})

describe('a body', () => {
  test.each([
    ['of other bytes than its Content-MD5', Buffer.alloc(16, 1).toString('base64')],
    ['with a Content-MD5 that is no base64', 'Invalid-Content-MD5'],
    ['with a Content-MD5 of the wrong length', Buffer.alloc(5).toString('base64')],
  ])('%s is InvalidDigest, as a part and as an object', async (_, contentMd5) => {
    const headers = { 'Content-MD5': contentMd5 }
    const part = await wire.uploadPart(BUCKET, 'key', uploadId, 1, Buffer.from('other'), {
      headers,
    })
    expect(refusal(part)).toMatchObject({ status: '400', Code: 'InvalidDigest' })
    await expectUploadUnchanged()
    const put = await wire.send('PUT', { bucket: BUCKET, key: 'never', headers, body: 'other' })
    expect(refusal(put)).toMatchObject({ status: '400', Code: 'InvalidDigest' })
    expect((await wire.send('HEAD', { bucket: BUCKET, key: 'never' })).code).toBe('NoSuchKey')
  })

  test('whose connection ends before the declared length leaves the earlier part, and no object', async () => {
    for (const [key, query] of [
      ['key', { partNumber: '1', uploadId }],
      ['never', {}],
    ] as const) {
      const cut = new AbortController()
      async function* half(): AsyncIterable<Uint8Array> {
        yield randomBytes(5000)
        await new Promise((resolve) => setImmediate(resolve))
        cut.abort()
      }
      await expect(
        wire.send('PUT', {
          bucket: BUCKET,
          key,
          query,
          body: half(),
          contentLength: 10_000,
          signal: cut.signal,
        }),
      ).rejects.toThrow()
    }
    await expectUploadUnchanged()
    expect((await wire.send('HEAD', { bucket: BUCKET, key: 'never' })).code).toBe('NoSuchKey')
  })

  test('that is longer than declared is cut at the declared length, and the rest is no second request', async () => {
    // The bytes beyond the length are the next request by HTTP's rules; they are not one, so it ends there.
    const answer = await rawPut('longer', 'hello', 'hello and more')
    const [first, ...rest] = answer.match(/HTTP\/1\.1 \d+/g) ?? []
    expect(first).toBe('HTTP/1.1 200')
    // The connection ends with the refusal, or with the answer that the refusal had to wait for.
    expect(rest.filter((status) => status !== 'HTTP/1.1 400')).toEqual([])
    expect((await wire.send('GET', { bucket: OPEN, key: 'longer' })).text).toBe('hello')
  })

  async function rawPut(key: string, declared: string, sent: string): Promise<string> {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(
      `PUT /${OPEN}/${key} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${declared.length}\r\n\r\n${sent}`,
    )
    let text = ''
    for await (const chunk of socket.setEncoding('latin1')) text += chunk
    return text
  }
})

describe('a name', () => {
  test.each([
    ['begins with a slash', '/abc'],
    ['begins with a backslash', '\\abc'],
    ['has 1,024 bytes', 'k'.repeat(1024)],
    ['has 1,024 bytes in 256 characters of four', '😀'.repeat(256)],
    ['holds U+0000', 'a\0b'],
  ])('of an object that %s is InvalidObjectName', async (_, key) => {
    const put = await wire.send('PUT', { bucket: BUCKET, key, body: 'x' })
    expect(refusal(put)).toMatchObject({ status: '400', Code: 'InvalidObjectName' })
    const initiate = await wire.send('POST', { bucket: BUCKET, key, query: { uploads: '' } })
    expect(refusal(initiate)).toMatchObject({ status: '400', Code: 'InvalidObjectName' })
  })

  test.each([
    ['has two characters', 'ab'],
    ['has 64 characters', 'b'.repeat(64)],
    ['holds upper case', 'Bucket'],
    ['holds an underscore', 'my_bucket'],
    ['begins with a hyphen', '-bucket'],
    ['ends with a hyphen', 'bucket-'],
  ])('of a bucket that %s is InvalidBucketName', async (_, bucket) => {
    expect(refusal(await wire.putBucket(bucket))).toMatchObject({
      status: '400',
      Code: 'InvalidBucketName',
    })
  })
})

describe('credentials', () => {
  const get = { bucket: BUCKET, key: 'key' }

  test('with a wrong secret are SignatureDoesNotMatch, with what was signed to compare', async () => {
    const wrong = new OssWire({
      port: server.port,
      credentials: { ...credentials, accessKeySecret: 'no' },
    })
    for (const signature of ['v1', 'v4'] as const) {
      const answer = refusal(await wrong.send('GET', { ...get, signature }))
      expect(answer).toMatchObject({
        status: '403',
        Code: 'SignatureDoesNotMatch',
        EC: '0002-00000040',
        OSSAccessKeyId: credentials.accessKeyId,
      })
      expect(answer.StringToSign).toBeTruthy()
      expect(answer.StringToSignBytes).toMatch(/^([0-9a-f]{2} ?)+$/)
    }
    wrong.close()
  })

  test('with an unknown key id are InvalidAccessKeyId, but a missing bucket is told first', async () => {
    const stranger = new OssWire({
      port: server.port,
      credentials: { accessKeyId: 'nobody', accessKeySecret: 'x' },
    })
    const answer = refusal(await stranger.send('GET', get))
    expect(answer).toMatchObject({
      status: '403',
      Code: 'InvalidAccessKeyId',
      EC: '0002-00000902',
      OSSAccessKeyId: 'nobody',
    })
    const missing = refusal(await stranger.send('GET', { bucket: 'no-such-bucket', key: 'key' }))
    expect(missing).toMatchObject({ status: '404', Code: 'NoSuchBucket', EC: '0015-00000101' })
    const put = refusal(await stranger.putBucket('no-such-bucket'))
    expect(put).toMatchObject({ status: '403', Code: 'InvalidAccessKeyId' })
    stranger.close()
  })

  test.each([-16, 16])(
    'of a clock that is %d minutes off are RequestTimeTooSkewed',
    async (minutes) => {
      for (const signature of ['v1', 'v4'] as const) {
        const now = new Date(Date.now() + minutes * 60_000)
        const answer = refusal(await wire.send('GET', { ...get, signature, now }))
        expect(answer).toMatchObject({
          status: '403',
          Code: 'RequestTimeTooSkewed',
          EC: '0002-00000504',
          MaxAllowedSkewMilliseconds: '900000',
        })
        expect(new Date(answer.ServerTime ?? '').getTime()).toBeGreaterThan(Date.now() - 60_000)
      }
    },
  )

  test('in a URL that has expired are AccessDenied, whatever else is wrong with it', async () => {
    const signable = { method: 'GET', ...get, query: [], headers: new Map<string, string>() }
    const past = new Date(Date.now() - 3_600_000)
    const urls = [
      presignV1(signable, credentials, { expiresAt: past }),
      presignV1(signable, { ...credentials, accessKeySecret: 'no' }, { expiresAt: past }),
      presignV4(signable, credentials, { region: 'cn-hangzhou', now: past, expiresInSeconds: 60 }),
    ]
    for (const query of urls) {
      const answer = refusal(await wire.raw('GET', `/${BUCKET}/key?${formatQuery(query)}`))
      expect(answer).toMatchObject({
        status: '403',
        Code: 'AccessDenied',
        Message: 'Request has expired.',
      })
    }
  })

  test('that are missing are AccessDenied on a private bucket', async () => {
    const answer = refusal(await wire.send('GET', { ...get, signature: 'none' }))
    expect(answer).toMatchObject({ status: '403', Code: 'AccessDenied' })
  })

  test('no answer and no log line says what the right signature would be', async () => {
    const wrong = new OssWire({
      port: server.port,
      credentials: { ...credentials, accessKeySecret: 'no' },
    })
    const { text } = await wrong.send('GET', get)
    expect(text).not.toContain(credentials.accessKeySecret)
    wrong.close()
  })
})
