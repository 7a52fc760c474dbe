/** Good signatures where they do not belong: at another time, for another request, twice. */

import { Agent } from 'node:http'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { initiate } from '../operations/multipart.ts'
import { startTestService } from '../operations/service.ts'
import { type Scheme, type SignedRequest, schemes, send, sign } from './signed-request.ts'

const MINUTE = 60_000
const start = Date.parse('2026-11-22T10:00:00Z')
let time = start
beforeEach(() => {
  time = start
})

const alice = { accessKeyId: 'alice-key', accessKeySecret: 'the secret of alice', owner: 'alice' }
const bob = { accessKeyId: 'bob-key', accessKeySecret: 'the secret of bob', owner: 'bob' }
const service = await startTestService({ credentials: [alice, bob], now: () => new Date(time) })
const agent = new Agent({ keepAlive: true })
afterAll(() => agent.destroy())
const bucket = await service.makeBucket()
const key = 'key'
await service.call({ method: 'PUT', bucket, key, body: 'bytes' })

const statusOf = (request: SignedRequest): Promise<number> =>
  send({ port: service.server.port, agent }, request)

const signed = (scheme: Scheme, at = start, as = alice): SignedRequest =>
  sign(scheme, { method: 'GET', bucket, key, headers: [['user-agent', 'x']] }, as, new Date(at))

it.each(['v1', 'v4'] as const)(
  'a URL that %s binds to a network is refused, because nobody would keep to that',
  async (signature) => {
    const query = { 'x-oss-ac-source-ip': '192.0.2.1' }
    const request = { method: 'GET', bucket, key, query, presigned: true, signature }
    const answer = await service.call(request)
    expect([answer.status, answer.code]).toEqual([400, 'NotImplemented'])
  },
)

describe('a signature of another time', () => {
  it.each(['V1 header', 'V4 header'] as const)(
    '%s is good for 15 minutes before and after, and no longer',
    async (scheme) => {
      const request = signed(scheme)
      for (const [offset, status] of [
        [15 * MINUTE, 200],
        [-15 * MINUTE, 200],
        [15 * MINUTE + 1000, 403],
        [-15 * MINUTE - 1000, 403],
        [24 * 60 * MINUTE, 403],
      ] as const) {
        time = start + offset
        expect([offset, await statusOf(request)]).toEqual([offset, status])
      }
    },
  )

  it('is told as such, with both times', async () => {
    const answer = await service.call({
      method: 'GET',
      bucket,
      key,
      headers: { 'x-oss-date': 'Sun, 22 Nov 2026 09:00:00 GMT', authorization: 'OSS alice-key:x' },
      as: 'anonymous',
    })
    expect([answer.status, answer.code, answer.ec]).toEqual([
      403,
      'RequestTimeTooSkewed',
      '0002-00000504',
    ])
    expect(answer.text).toContain('<RequestTime>2026-11-22T09:00:00.000Z</RequestTime>')
    expect(answer.text).toContain('<ServerTime>2026-11-22T10:00:00.000Z</ServerTime>')
  })

  it.each(['V1 query', 'V4 query'] as const)('%s is good to its end', async (scheme) => {
    const request = signed(scheme)
    time = start + 600_000
    expect(await statusOf(request)).toBe(200)
    time += 1000
    expect(await statusOf(request)).toBe(403)
  })

  it('V4 query is not good before its day, nor for longer than seven days', async () => {
    const request = signed('V4 query')
    time = start - 16 * MINUTE
    expect(await statusOf(request)).toBe(403)
    time = start
    const longer = request.query.map(
      ([name, value]) => [name, name === 'x-oss-expires' ? '604801' : value] as const,
    )
    expect(await statusOf({ ...request, query: longer })).toBe(400)
  })
})

describe('two proofs in one request', () => {
  it.each(schemes.flatMap((one) => schemes.map((two) => [one, two] as const)))(
    '%s with %s is 400, though each is good',
    async (one, two) => {
      const carriers = [one, two].map((scheme) => scheme.split(' ')[1])
      // Twice in the query is the same parameter twice, of which the first counts.
      if (carriers.every((carrier) => carrier === 'query') && one === two) return
      const [first, second] = [signed(one), signed(two)]
      const headers = [...first.headers, ...second.headers.slice(1)]
      const query = [...first.query, ...second.query]
      expect(await statusOf({ ...first, headers, query })).toBe(400)
    },
  )
})

describe('a key of somebody else', () => {
  it.each(schemes)('%s does not open a private bucket', async (scheme) => {
    expect(await statusOf(signed(scheme, start, alice))).toBe(200)
    expect(await statusOf(signed(scheme, start, bob))).toBe(403)
  })

  it('is refused by every operation on the bucket and its objects', async () => {
    const requests = [
      { method: 'GET', bucket },
      { method: 'GET', bucket, query: { acl: '' } },
      { method: 'GET', bucket, query: { uploads: '' } },
      { method: 'DELETE', bucket },
      { method: 'PUT', bucket, key, body: 'x' },
      { method: 'DELETE', bucket, key },
      { method: 'POST', bucket, key, query: { uploads: '' } },
    ]
    for (const request of requests) {
      const answer = await service.call({ ...request, as: bob })
      expect([answer.status, answer.code]).toEqual([403, 'AccessDenied'])
    }
    expect((await service.call({ method: 'GET', bucket, key })).text).toBe('bytes')
  })
})

describe.each(['V1 query', 'V4 query'] as const)('a presigned part URL, %s', (scheme) => {
  async function presigned(): Promise<{ request: SignedRequest; other: string }> {
    const { uploadId } = await initiate(service, bucket, key)
    const { uploadId: other } = await initiate(service, bucket, key)
    const query = [
      ['partNumber', '1'],
      ['uploadId', uploadId],
    ] as const
    const plain = { method: 'PUT', bucket, key, query, headers: [['user-agent', 'x']] as const }
    return { request: { ...sign(scheme, plain, alice, new Date(start)), body: 'part' }, other }
  }

  const replaced = (request: SignedRequest, name: string, value: string): SignedRequest => ({
    ...request,
    query: request.query.map((entry) => (entry[0] === name ? [name, value] : entry)),
  })

  it('uploads that part, as often as it is used', async () => {
    const { request } = await presigned()
    expect([await statusOf(request), await statusOf(request)]).toEqual([200, 200])
  })

  it('is good for no other part, upload, key or method', async () => {
    const { request, other } = await presigned()
    const misused = [
      replaced(request, 'partNumber', '2'),
      replaced(request, 'uploadId', other),
      { ...request, key: 'other' },
      ...['GET', 'HEAD', 'POST', 'DELETE'].map((method) => ({ ...request, method })),
      { ...request, query: request.query.filter(([name]) => name !== 'partNumber') },
      {
        ...request,
        query: request.query.filter(([name]) => !/^(partNumber|uploadId)$/.test(name)),
      },
    ]
    for (const misuse of misused) expect(await statusOf(misuse)).toBe(403)
    const uploadId = other
    const { text } = await service.call({ method: 'GET', bucket, key, query: { uploadId } })
    expect(text).not.toContain('<Part>')
  })

  it('does not take an earlier part number before its own', async () => {
    const { request } = await presigned()
    const doubled = { ...request, query: [['partNumber', '2'] as const, ...request.query] }
    expect(await statusOf(doubled)).toBe(403)
  })
})
