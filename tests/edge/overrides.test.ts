/** `response-*` parameters: what GetObject answers in place of the object's own headers. */

import { startTestServer, type TestServer } from '@lading/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OssWire } from '../support/oss-wire.ts'

const BUCKET = 'override-bucket'
const object = { bucket: BUCKET, key: 'key' }
const overrides = {
  'content-type': 'text/x-other; charset=gbk',
  'content-language': 'zh-CN',
  expires: 'Fri, 28 Feb 2031 05:38:42 GMT',
  'cache-control': 'no-store',
  'content-disposition': 'attachment; filename="影 片.txt"',
  'content-encoding': 'br',
} as const
const query = Object.fromEntries(
  Object.entries(overrides).map(([name, value]) => [`response-${name}`, value]),
)
/** As Node reads header bytes. */
const expected = Object.fromEntries(
  Object.entries(overrides).map(([name, value]) => [
    name,
    Buffer.from(value, 'utf8').toString('latin1'),
  ]),
)

let server: TestServer
let wire: OssWire

beforeAll(async () => {
  server = await startTestServer({ buckets: [BUCKET] })
  wire = new OssWire(server)
  const headers = { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=1' }
  await wire.send('PUT', { ...object, body: '0123456789', headers })
})

afterAll(async () => {
  wire.close()
  await server.close()
})

describe('response-* parameters', () => {
  it.each(['v1', 'v4'] as const)('replace all six headers, signed by %s', async (signature) => {
    const { status, headers, text } = await wire.send('GET', { ...object, query, signature })
    expect([status, text]).toEqual([200, '0123456789'])
    expect(headers).toMatchObject(expected)
    expect(headers).toHaveProperty('content-md5')
  })

  it('replace them on a range too', async () => {
    const { status, headers, text } = await wire.send('GET', {
      ...object,
      query,
      headers: { Range: 'bytes=1-2' },
    })
    expect([status, text, headers['content-range']]).toEqual([206, '12', 'bytes 1-2/10'])
    expect(headers).toMatchObject(expected)
  })

  it('say nothing where there is no body to speak of', async () => {
    const { headers } = await wire.send('HEAD', object)
    const same = await wire.send('GET', {
      ...object,
      query,
      headers: { 'If-None-Match': String(headers.etag) },
    })
    expect(same.status).toBe(304)
    for (const name of Object.keys(expected)) expect(same.headers).not.toHaveProperty(name)
    const missing = await wire.send('GET', { bucket: BUCKET, key: 'none', query })
    expect([missing.status, missing.headers['content-type']]).toEqual([404, 'application/xml'])
  })

  it('leave the object as it is', async () => {
    await wire.send('GET', { ...object, query })
    const { headers } = await wire.send('HEAD', object)
    expect([headers['content-type'], headers['cache-control']]).toEqual(['text/plain', 'max-age=1'])
  })

  it('are refused where they would make lines of their own', async () => {
    const evil = { 'response-content-type': 'text/html\r\nX-Evil: 1' }
    const answer = await wire.send('GET', { ...object, query: evil })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
    expect(answer.headers).not.toHaveProperty('x-evil')
  })
})
