/** Text that GetObject compresses for those who can read it. */

import { createHash, randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { crc64, formatCrc64 } from '@lading/protocol'
import { parseFault, startTestServer, type TestServer } from '@lading/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OssWire, type WireAnswer } from '../support/oss-wire.ts'
import { RawConnection } from '../support/raw-http.ts'

const BUCKET = 'gzip-bucket'
const TEXT = Buffer.from('words and words '.repeat(5000))
const GZIP = { 'Accept-Encoding': 'gzip' }

let server: TestServer
let wire: OssWire

beforeAll(async () => {
  server = await startTestServer({
    buckets: [BUCKET],
    faults: [parseFault('GetObject,key=cut,cut=answer,after=10')],
  })
  wire = new OssWire(server)
})

afterAll(async () => {
  wire.close()
  await server.close()
})

async function put(
  key: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<WireAnswer> {
  const typed = { 'Content-Type': 'text/plain', ...headers }
  const answer = await wire.send('PUT', { bucket: BUCKET, key, body, headers: typed })
  expect(answer.status).toBe(200)
  return answer
}

const get = (key: string, headers: Readonly<Record<string, string>>): Promise<WireAnswer> =>
  wire.send('GET', { bucket: BUCKET, key, headers })

describe('GetObject with Accept-Encoding: gzip', () => {
  it('sends text compressed and chunked, without what would be untrue of it', async () => {
    await put('text', TEXT, { 'x-oss-meta-kept': 'yes', 'Cache-Control': 'no-cache' })
    const { status, headers, bytes } = await get('text', GZIP)
    expect([status, gunzipSync(bytes).equals(TEXT)]).toEqual([200, true])
    expect(headers).toMatchObject({
      'content-encoding': 'gzip',
      'transfer-encoding': 'chunked',
      'content-type': 'text/plain',
      'cache-control': 'no-cache',
      'x-oss-meta-kept': 'yes',
      'x-oss-hash-crc64ecma': formatCrc64(crc64(TEXT)),
    })
    for (const absent of ['content-length', 'etag', 'content-md5']) {
      expect(headers).not.toHaveProperty(absent)
    }
  })

  it.each([
    [1024, 'gzip'],
    [1023, undefined],
  ])('of %i bytes sends the encoding %s', async (size, encoding) => {
    await put('size', TEXT.subarray(0, size))
    const { headers, bytes } = await get('size', GZIP)
    expect(headers['content-encoding']).toBe(encoding)
    expect((encoding ? gunzipSync(bytes) : bytes).length).toBe(size)
  })

  it.each([
    ['application/json', 'gzip'],
    ['Text/HTML; charset=utf-8', 'gzip'],
    ['application/octet-stream', undefined],
    ['image/png', undefined],
    ['text', undefined],
  ])('of %s sends the encoding %s', async (type, encoding) => {
    await put('type', TEXT, { 'Content-Type': type })
    expect((await get('type', GZIP)).headers['content-encoding']).toBe(encoding)
  })

  it.each([
    ['gzip', 'gzip'],
    ['deflate, GZIP;q=0.5, br', 'gzip'],
    ['gzip;q=0', undefined],
    ['gzip; q=0.000', undefined],
    ['identity', undefined],
    ['x-gzipped', undefined],
    ['*', undefined],
    ['', undefined],
  ])('reads %j as asking for %s', async (accepted, encoding) => {
    await put('accepted', TEXT)
    const { headers, bytes } = await get('accepted', { 'Accept-Encoding': accepted })
    expect(headers['content-encoding']).toBe(encoding)
    if (encoding === undefined) {
      expect(headers['content-length']).toBe(String(TEXT.length))
      expect(headers.etag).toBe(`"${createHash('md5').update(TEXT).digest('hex').toUpperCase()}"`)
      expect(bytes.equals(TEXT)).toBe(true)
    }
  })

  it('tells caches that it may be sent in two ways, beside what the bucket tells them', async () => {
    await put('text', TEXT)
    expect((await get('text', GZIP)).headers.vary).toBe('Accept-Encoding')
    expect((await get('text', {})).headers.vary).toBe('Accept-Encoding')
    const rule = '<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>'
    const body = `<CORSConfiguration><CORSRule>${rule}</CORSRule><ResponseVary>true</ResponseVary></CORSConfiguration>`
    await wire.send('PUT', { bucket: BUCKET, query: { cors: '' }, body })
    expect((await get('text', GZIP)).headers.vary).toBe('Origin, Accept-Encoding')
    await wire.send('DELETE', { bucket: BUCKET, query: { cors: '' } })
    await put('binary', TEXT, { 'Content-Type': 'video/mp4' })
    expect((await get('binary', GZIP)).headers).not.toHaveProperty('vary')
  })

  it('leaves ranges as they are, also those that are ignored', async () => {
    await put('range', TEXT)
    const part = await get('range', { ...GZIP, Range: 'bytes=0-2047' })
    expect([part.status, part.headers['content-encoding']]).toEqual([206, undefined])
    expect(part.bytes.equals(TEXT.subarray(0, 2048))).toBe(true)
    const whole = await get('range', { ...GZIP, Range: `bytes=0-${TEXT.length}` })
    expect([whole.status, whole.headers['content-encoding']]).toEqual([200, undefined])
    expect(whole.bytes.equals(TEXT)).toBe(true)
  })

  it('leaves what is encoded already, or is said to be, as it is', async () => {
    await put('encoded', TEXT, { 'Content-Encoding': 'deflate' })
    const encoded = await get('encoded', GZIP)
    expect(encoded.headers['content-encoding']).toBe('deflate')
    expect(encoded.bytes.equals(TEXT)).toBe(true)
    await put('plain', TEXT)
    const query = { 'response-content-encoding': 'br' }
    const said = await wire.send('GET', { bucket: BUCKET, key: 'plain', query, headers: GZIP })
    expect(said.headers['content-encoding']).toBe('br')
    expect(said.bytes.equals(TEXT)).toBe(true)
  })

  it('tells HEAD of the object as it is stored', async () => {
    await put('head', TEXT)
    const { headers } = await wire.send('HEAD', { bucket: BUCKET, key: 'head', headers: GZIP })
    expect(headers['content-length']).toBe(String(TEXT.length))
    expect(headers).not.toHaveProperty('content-encoding')
    expect(headers).toHaveProperty('etag')
  })

  it('still answers 304 and 412 to conditions', async () => {
    const { headers } = await put('conditions', TEXT)
    const etag = String(headers.etag)
    expect((await get('conditions', { ...GZIP, 'If-None-Match': etag })).status).toBe(304)
    expect((await get('conditions', { ...GZIP, 'If-Match': '"other"' })).status).toBe(412)
  })

  it('keeps every byte of a long text that is read slowly, and serves the next request', async () => {
    const long = Buffer.from(randomBytes(2 << 20).toString('base64'))
    await put('long', long)
    await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read' } })
    const connection = await RawConnection.open(server.port)
    connection.socket.pause()
    const request = `GET /${BUCKET}/long HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n`
    await connection.send(`${request}\r\n`)
    // Others are served while nobody reads this one.
    expect((await get('long', {})).bytes.equals(long)).toBe(true)
    connection.socket.resume()
    await connection.send(`${request}Connection: close\r\n\r\n`)
    const answers = Buffer.from(await connection.rest(), 'latin1')
    const second = answers.indexOf('HTTP/1.1 200 OK', 1)
    for (const answer of [answers.subarray(0, second), answers.subarray(second)]) {
      const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4)
      expect(gunzipSync(unchunked(body)).equals(long)).toBe(true)
    }
    connection.destroy()
  })

  it('goes on when a client leaves in the middle', async () => {
    await put('cut', Buffer.from(randomBytes(1 << 20).toString('base64')))
    await expect(get('cut', GZIP)).rejects.toThrow()
    await put('after', TEXT)
    expect(gunzipSync((await get('after', GZIP)).bytes).equals(TEXT)).toBe(true)
  })
})

/** The data of a body that is sent in chunks. */
function unchunked(body: Buffer): Buffer {
  const data: Buffer[] = []
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.subarray(at, end).toString('latin1'), 16)
    if (!(length > 0)) return Buffer.concat(data)
    data.push(body.subarray(end + 2, end + 2 + length))
    at = end + 2 + length + 2
  }
}
