import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const target = 'oss/+< >[]/世界/中国.txt'
const request = { method: 'GET', bucket, key: 'link', query: { symlink: '' } }
await service.call({
  ...request,
  method: 'PUT',
  headers: {
    'x-oss-symlink-target': encodeURIComponent(target),
    'x-oss-meta-of': 'link',
    'content-type': 'image/png',
  },
})
await service.call({ method: 'PUT', bucket, key: 'normal', body: 'x' })

describe('GetSymlink', () => {
  it('tells where the link leads, encoded, with the metadata of the link', async () => {
    const { status, headers, text } = await service.call(request)
    expect([status, text]).toEqual([200, ''])
    expect(decodeURIComponent(headers.get('x-oss-symlink-target') ?? '')).toBe(target)
    expect(headers.get('x-oss-meta-of')).toBe('link')
    expect(headers.get('content-type')).toBe('image/png')
    expect(headers.get('etag')).toMatch(/^"[0-9A-F]{32}"$/)
    expect(headers.get('last-modified')).toBeTruthy()
    expect(headers.get('x-oss-version-id')).toBeNull()
  })

  it('refuses what is no link, and what is not there', async () => {
    const normal = await service.call({ ...request, key: 'normal' })
    expect([normal.status, normal.code]).toEqual([400, 'NotSymlink'])
    const missing = await service.call({ ...request, key: 'missing' })
    expect([missing.status, missing.code, missing.ec]).toEqual([404, 'NoSuchKey', '0026-00000001'])
  })

  it('is possible by a URL that carries its signature', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      expect((await service.call({ ...request, presigned: true, signature })).status).toBe(200)
    }
  })

  itRefusesStrangers(service, request)
})
