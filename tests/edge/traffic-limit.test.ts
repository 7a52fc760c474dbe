/** `x-oss-traffic-limit`: bytes pass no faster than a request asks. */

import { randomBytes } from 'node:crypto'
import { startTestServer, type TestServer } from '@lading/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { elementOf, etagOf, OssWire, type WireRequest } from '../support/oss-wire.ts'

const BUCKET = 'traffic-bucket'
const KEY = 'key'
/** The lowest limit, and a body that takes it a fifth of a second. */
const LEAST = '819200'
const BODY = randomBytes(20_480)
/** Milliseconds: less what a pace may make up for. */
const AT_LEAST = 140

let server: TestServer
let wire: OssWire

beforeAll(async () => {
  server = await startTestServer({ buckets: [BUCKET] })
  wire = new OssWire(server)
})

afterAll(async () => {
  wire.close()
  await server.close()
})

const limit = { 'x-oss-traffic-limit': LEAST }
const put: WireRequest = { bucket: BUCKET, key: KEY, body: BODY }
const get: WireRequest = { bucket: BUCKET, key: KEY }

describe('x-oss-traffic-limit', () => {
  it.each([
    ['as a header', { headers: limit }],
    ['in the query', { query: limit }],
  ])('slows an upload down, and says by how much: %s', async (_, more) => {
    const { status, headers } = await wire.send('PUT', { ...put, ...more })
    expect([status, headers.etag]).toEqual([200, `"${etagOf(BODY)}"`])
    expect(Number(headers['x-oss-qos-delay-time'])).toBeGreaterThanOrEqual(AT_LEAST)
    expect(Number(headers['x-oss-server-time'])).toBeGreaterThanOrEqual(AT_LEAST)
  })

  it.each([
    ['as a header', { headers: limit }],
    ['in the query', { query: limit }],
  ])('slows a download down, whose bytes stay as they are: %s', async (_, more) => {
    await wire.send('PUT', put)
    const since = performance.now()
    const { bytes } = await wire.send('GET', { ...get, ...more })
    expect(bytes.equals(BODY)).toBe(true)
    expect(performance.now() - since).toBeGreaterThanOrEqual(AT_LEAST)
  })

  it('slows a part down', async () => {
    const uploadId = await wire.initiate(BUCKET, KEY, limit)
    const answer = await wire.uploadPart(BUCKET, KEY, uploadId, 1, BODY, { headers: limit })
    expect(answer.status).toBe(200)
    expect(Number(answer.headers['x-oss-qos-delay-time'])).toBeGreaterThanOrEqual(AT_LEAST)
  })

  it('slows an append down', async () => {
    const query = { append: '', position: '0' }
    const appended = { bucket: BUCKET, key: 'appended', query, body: BODY, headers: limit }
    const answer = await wire.send('POST', appended)
    expect(answer.status).toBe(200)
    expect(Number(answer.headers['x-oss-qos-delay-time'])).toBeGreaterThanOrEqual(AT_LEAST)
  })

  it('slows down what a copy reads', async () => {
    await wire.send('PUT', put)
    const headers = { ...limit, 'x-oss-copy-source': `/${BUCKET}/${KEY}` }
    const copied = await wire.send('PUT', { bucket: BUCKET, key: 'copy', headers })
    expect(elementOf(copied.text, 'ETag')).toContain(etagOf(BODY))
    expect(Number(copied.headers['x-oss-server-time'])).toBeGreaterThanOrEqual(AT_LEAST)
    const uploadId = await wire.initiate(BUCKET, KEY)
    const query = { uploadId, partNumber: '1' }
    const part = await wire.send('PUT', { bucket: BUCKET, key: KEY, query, headers })
    expect(part.status).toBe(200)
    expect(Number(part.headers['x-oss-server-time'])).toBeGreaterThanOrEqual(AT_LEAST)
  })

  it('counts as the lowest on a part where it is lower, as ali-oss sends it', async () => {
    const low = { 'x-oss-traffic-limit': '645763' }
    const uploadId = await wire.initiate(BUCKET, KEY, low)
    const part = await wire.uploadPart(BUCKET, KEY, uploadId, 1, BODY, { headers: low })
    expect(part.status).toBe(200)
    const done = await wire.complete(BUCKET, KEY, uploadId, [[1, etagOf(BODY)]], low)
    expect(done.status).toBe(200)
  })

  it.each(['819199', '838860801', '0', '-1', 'fast', '', '819200.5', '1e6'])(
    'refuses %j with InvalidArgument, and stores nothing',
    async (value) => {
      const headers = { 'x-oss-traffic-limit': value }
      const refused = await wire.send('PUT', { ...put, key: 'refused', headers })
      expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument'])
      expect(elementOf(refused.text, 'ArgumentName')).toBe('x-oss-traffic-limit')
      expect((await wire.send('GET', { ...get, query: headers })).code).toBe('InvalidArgument')
      expect((await wire.send('HEAD', { bucket: BUCKET, key: 'refused' })).status).toBe(404)
    },
  )

  it.each(['819200', '838860800'])('takes %s, which is an end of the range', async (value) => {
    const headers = { 'x-oss-traffic-limit': value }
    const answer = await wire.send('PUT', { ...put, body: 'x', headers })
    expect(answer.status).toBe(200)
  })

  it('is refused in both places at once', async () => {
    const answer = await wire.send('PUT', { ...put, headers: limit, query: limit })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
    expect(answer.text).toContain('either in query string or header, not both')
  })

  it('means nothing to what has no bytes to slow down', async () => {
    const odd = { 'x-oss-traffic-limit': 'whatever' }
    expect((await wire.send('HEAD', { ...get, headers: odd })).status).toBe(200)
    expect((await wire.send('GET', { bucket: BUCKET, headers: odd })).status).toBe(200)
  })
})
