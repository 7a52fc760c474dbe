import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = 'object'
const put = { 'content-type': 'text/plain', 'x-oss-meta-author': 'alice' }
await service.call({ method: 'PUT', bucket, key, body: '0123456789', headers: put })

const get = (
  headers: Record<string, string> = {},
  query: Record<string, string> = {},
): ReturnType<typeof service.call> => service.call({ method: 'GET', bucket, key, headers, query })

describe('GetObject', () => {
  it('gives the bytes with everything that HEAD tells', async () => {
    const answer = await get()
    expect([answer.status, answer.text]).toEqual([200, '0123456789'])
    const head = await service.call({ method: 'HEAD', bucket, key })
    const names = ['content-length', 'content-type', 'etag', 'last-modified', 'content-md5']
    const own = ['hash-crc64ecma', 'object-type', 'storage-class', 'meta-author']
    for (const name of [...names, ...own.map((n) => `x-oss-${n}`)]) {
      expect(head.headers.get(name)).toMatch(/./)
      expect(answer.headers.get(name)).toBe(head.headers.get(name))
    }
  })

  it.each([
    ['bytes=2-5', 206, '2345'],
    ['bytes=7-', 206, '789'],
    ['bytes=-3', 206, '789'],
    [' bytes=0-0', 206, '0'],
    ['bytes=5-99', 200, '0123456789'],
    ['bytes=5-2', 200, '0123456789'],
    ['bytes=--1', 200, '0123456789'],
    ['bytes=10-', 200, '0123456789'],
  ])('answers the range %j with %i', async (range, status, text) => {
    const answer = await get({ range })
    expect([answer.status, answer.text]).toEqual([status, text])
    if (status === 206) {
      expect(answer.headers.get('content-range')).toMatch(/^bytes \d-\d\/10$/)
      const whole = await get()
      const crc64 = 'x-oss-hash-crc64ecma'
      expect(answer.headers.get(crc64)).toBe(whole.headers.get(crc64))
    }
  })

  it('clamps and refuses ranges by the standard on request, and an empty one in any case', async () => {
    const standard = { 'x-oss-range-behavior': 'standard' }
    const clamped = await get({ range: 'bytes=5-99', ...standard })
    expect([clamped.status, clamped.text]).toEqual([206, '56789'])
    const beyond = await get({ range: 'bytes=10-', ...standard })
    expect([beyond.status, beyond.code]).toEqual([416, 'InvalidRange'])
    const nothing = await get({ range: 'bytes=-0' })
    expect([nothing.status, nothing.code]).toEqual([416, 'InvalidRange'])
  })

  it('puts what the query asks for in place of the object’s headers', async () => {
    const answer = await get(
      {},
      { 'response-content-type': 'text/html', 'response-cache-control': 'no-store' },
    )
    expect(answer.status).toBe(200)
    expect([answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      'text/html',
      'no-store',
    ])
    expect(answer.headers.get('content-md5')).toMatch(/./)
  })

  it('refuses to replace headers for nobody in particular', async () => {
    const open = await service.makeBucket({ headers: { 'x-oss-acl': 'public-read' } })
    await service.call({ method: 'PUT', bucket: open, key, body: 'open' })
    const ask = { method: 'GET', bucket: open, key, as: 'anonymous' } as const
    const plain = await service.call({ ...ask, query: { para1: 'test' } })
    expect([plain.status, plain.text]).toEqual([200, 'open'])
    const answer = await service.call({ ...ask, query: { 'response-expires': 'now' } })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest'])
  })

  it('holds the conditions of its headers', async () => {
    const { headers } = await get()
    const etag = headers.get('etag') ?? ''
    const modified = headers.get('last-modified') ?? ''
    for (const condition of [{ 'if-none-match': etag }, { 'if-modified-since': modified }]) {
      const same = await get({ ...condition, range: 'bytes=0-1' })
      expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag])
    }
    const refused = await get({ 'if-match': 'none' })
    expect([refused.status, refused.code]).toEqual([412, 'PreconditionFailed'])
    expect(elementOf(refused.text, 'Condition')).toBe('If-Match')
    expect(elementOf(refused.text, 'HostId')).toBe(new URL(service.url).host)
  })

  it('is possible by a URL that carries its signature, with any range', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      const request = { method: 'GET', bucket, key, presigned: true, signature }
      const answer = await service.call({ ...request, headers: { range: 'bytes=1-2' } })
      expect([answer.status, answer.text]).toEqual([206, '12'])
    }
  })

  it('refuses a missing key, a version that cannot be, and to process the bytes', async () => {
    const missing = await service.call({ method: 'GET', bucket, key: 'none' })
    expect([missing.status, missing.code, missing.ec]).toEqual([404, 'NoSuchKey', '0026-00000001'])
    const none = await get({}, { versionId: '' })
    expect([none.status, none.code]).toEqual([400, 'InvalidArgument'])
    const image = await get({}, { 'x-oss-process': 'image/resize,w_100' })
    expect([image.status, image.code]).toEqual([400, 'NotImplemented'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket, key })
})
