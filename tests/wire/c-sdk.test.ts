/** The official C SDK's wire, replayed over raw sockets: it must work without knowing that we exist. */

import { createHash, randomBytes } from 'node:crypto'
import { formatCrc64, crc64 as sumCrc64 } from '@lading/protocol'
import type { RunningServer } from '@lading/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { element, type RawAnswer, RawConnection } from '../support/raw-http.ts'
import { startServer } from '../support/server.ts'
import { type CSdkContext, type CSdkRequest, cSdkBody, cSdkHead } from './c-sdk-request.ts'

const credentials = { accessKeyId: 'c-sdk-key', accessKeySecret: 'c sdk secret' }
let server: RunningServer

beforeAll(async () => {
  server = await startServer({ credentials: [credentials] })
})

afterAll(async () => {
  await server.close()
})

/** As the SDK does it: the body follows the `100 Continue`. */
async function run(
  connection: RawConnection,
  request: CSdkRequest,
  endpoint: CSdkContext['endpoint'] = '127.0.0.1',
): Promise<RawAnswer> {
  await connection.send(cSdkHead(request, { port: server.port, credentials, endpoint }))
  if (request.method !== 'PUT' && request.method !== 'POST') {
    return await connection.answer({ head: request.method === 'HEAD' })
  }
  const interim = await connection.answer()
  if (interim.status !== 100) return interim
  // Interim headers land in the SDK's table of response headers, so there must be none.
  expect(interim.head).toBe('HTTP/1.1 100 Continue\r\n\r\n')
  await connection.send(cSdkBody(request.body))
  return await connection.answer()
}

/** As mxml writes it: the quotes of an ETag as entities, and a newline at the end. */
function completeBody(etags: readonly string[]): Buffer {
  const parts = etags.map(
    (etag, at) =>
      `<Part><PartNumber>${at + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag></Part>`,
  )
  return Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?><CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>\n`,
  )
}

describe.each(['127.0.0.1', 'localhost'] as const)('with the endpoint %s', (endpoint) => {
  test('a whole multipart upload runs over one connection', async () => {
    const bucket = endpoint === 'localhost' ? 'host-style' : 'path-style'
    const key = 'dir/a file (1)+ü.bin'
    const parts = [randomBytes(150_000), randomBytes(131_048), randomBytes(3)]
    const connection = await RawConnection.open(server.port)
    const call = (request: Omit<CSdkRequest, 'bucket'>): Promise<RawAnswer> =>
      run(connection, { bucket, ...request }, endpoint)
    try {
      expect((await call({ method: 'PUT', ossHeaders: { 'x-oss-acl': 'private' } })).status).toBe(
        200,
      )

      const initiated = await call({
        method: 'POST',
        key,
        query: [['uploads', '']],
        contentType: 'video/MP2T',
      })
      expect(initiated.status).toBe(200)
      const uploadId = element(initiated.text, 'UploadId') ?? ''
      expect(uploadId).not.toBe('')

      for (const [at, body] of parts.entries()) {
        const answer = await call({
          method: 'PUT',
          key,
          query: [
            ['uploadId', uploadId],
            ['partNumber', String(at + 1)],
          ],
          body,
        })
        expect(answer.status).toBe(200)
        const md5 = createHash('md5').update(body).digest('hex').toUpperCase()
        expect(answer.headers.get('etag')).toBe(`"${md5}"`)
        expect(answer.headers.get('x-oss-hash-crc64ecma')).toBe(formatCrc64(sumCrc64(body)))
      }

      const listed = await call({
        method: 'GET',
        key,
        query: [
          ['uploadId', uploadId],
          ['max-parts', '1000'],
          ['part-number-marker', ''],
        ],
      })
      expect(listed.status).toBe(200)
      const etags = [...listed.text.matchAll(/<ETag>(.*?)<\/ETag>/g)].map(([, etag = '']) =>
        etag.replaceAll('&quot;', '"'),
      )
      expect(etags).toHaveLength(3)
      expect(etags[0]).toMatch(/^"[0-9A-F]{32}"$/)

      const completed = await call({
        method: 'POST',
        key,
        query: [['uploadId', uploadId]],
        contentType: 'application/x-www-form-urlencoded',
        body: completeBody(etags),
      })
      expect(completed.status).toBe(200)

      const got = await call({ method: 'GET', key })
      expect(got.status).toBe(200)
      expect(got.body.equals(Buffer.concat(parts))).toBe(true)
      expect(got.headers.get('content-type')).toBe('video/MP2T')
      expect(got.headers.get('x-oss-hash-crc64ecma')).toBe(
        formatCrc64(sumCrc64(Buffer.concat(parts))),
      )
    } finally {
      connection.destroy()
    }
  })
})

test('the bucket and the key are split after one decoding, and a literal %2F stays', async () => {
  const connection = await RawConnection.open(server.port)
  try {
    await run(connection, { method: 'PUT', bucket: 'slashes' })
    const key = 'a%2Fb//../c'
    const put = await run(connection, {
      method: 'PUT',
      bucket: 'slashes',
      key,
      body: Buffer.from('bytes'),
    })
    expect(put.status).toBe(200)
    const listed = await run(connection, {
      method: 'GET',
      bucket: 'slashes',
      query: [
        ['delimiter', ''],
        ['marker', ''],
        ['max-keys', '1000'],
      ],
    })
    expect(element(listed.text, 'Key')).toBe(key)
  } finally {
    connection.destroy()
  }
})

test('an empty list of parts makes an empty object, and listing an upload without parts has no marker', async () => {
  const connection = await RawConnection.open(server.port)
  const bucket = 'empty-list'
  const key = 'nothing'
  try {
    await run(connection, { method: 'PUT', bucket })
    const initiated = await run(connection, {
      method: 'POST',
      bucket,
      key,
      query: [['uploads', '']],
    })
    const uploadId = element(initiated.text, 'UploadId') ?? ''
    const listed = await run(connection, {
      method: 'GET',
      bucket,
      key,
      query: [['uploadId', uploadId]],
    })
    // The SDK's suite takes anything in the element for a part number.
    expect(element(listed.text, 'NextPartNumberMarker') ?? '').toBe('')
    const completed = await run(connection, {
      method: 'POST',
      bucket,
      key,
      query: [['uploadId', uploadId]],
      contentType: 'application/x-www-form-urlencoded',
      body: Buffer.from('<?xml version="1.0" encoding="utf-8"?><CompleteMultipartUpload />\n'),
    })
    expect(completed.status).toBe(200)
  } finally {
    connection.destroy()
  }
})

test('abort is 204, and an upload that is gone is NoSuchUpload before the body is asked for', async () => {
  const connection = await RawConnection.open(server.port)
  const bucket = 'aborting'
  const key = 'gone'
  try {
    await run(connection, { method: 'PUT', bucket })
    const initiated = await run(connection, {
      method: 'POST',
      bucket,
      key,
      query: [['uploads', '']],
    })
    const uploadId = element(initiated.text, 'UploadId') ?? ''
    const aborted = await run(connection, {
      method: 'DELETE',
      bucket,
      key,
      query: [['uploadId', uploadId]],
    })
    expect([aborted.status, aborted.reason]).toEqual([204, 'No Content'])
    const part = await run(connection, {
      method: 'PUT',
      bucket,
      key,
      query: [
        ['uploadId', uploadId],
        ['partNumber', '1'],
      ],
      body: randomBytes(200_000),
    })
    expect([part.status, element(part.text, 'Code')]).toEqual([404, 'NoSuchUpload'])
  } finally {
    connection.destroy()
  }
})

test('a part for a bucket that is missing is NoSuchBucket, with a request id', async () => {
  const connection = await RawConnection.open(server.port)
  try {
    const answer = await run(connection, {
      method: 'PUT',
      bucket: 'missing-bucket',
      key: 'k',
      query: [
        ['uploadId', 'X'],
        ['partNumber', '1'],
      ],
      body: Buffer.from('x'),
    })
    expect([answer.status, element(answer.text, 'Code')]).toEqual([404, 'NoSuchBucket'])
    expect(answer.headers.get('x-oss-request-id')).toMatch(/^[0-9A-F]{24}$/)
  } finally {
    connection.destroy()
  }
})

test('a bogus security token on a key that has none is 403', async () => {
  const connection = await RawConnection.open(server.port)
  try {
    const answer = await run(connection, {
      method: 'GET',
      bucket: 'path-style',
      ossHeaders: { 'x-oss-security-token': 'bogus' },
    })
    expect([answer.status, element(answer.text, 'Code')]).toEqual([403, 'InvalidSecurityToken'])
  } finally {
    connection.destroy()
  }
})
