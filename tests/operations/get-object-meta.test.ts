import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = 'object'
const query = { objectMeta: '' }
const headers = { 'x-oss-meta-author': 'alice' }
await service.call({ method: 'PUT', bucket, key, body: '123456789', headers })

describe('GetObjectMeta', () => {
  it('tells size, ETag, time and CRC-64, and no metadata', async () => {
    const answer = await service.call({ method: 'HEAD', bucket, key, query })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-length')).toBe('9')
    expect(answer.headers.get('etag')).toBe('"25F9E794323B453885F5181F1B624D0B"')
    expect(answer.headers.get('last-modified')).toMatch(/GMT$/)
    expect(answer.headers.get('x-oss-hash-crc64ecma')).toBe('11051210869376104954')
    expect(answer.headers.get('x-oss-meta-author')).toBeNull()
  })

  it('tells a missing key with its error number', async () => {
    const answer = await service.call({ method: 'HEAD', bucket, key: 'none', query })
    expect([answer.status, answer.code, answer.ec]).toEqual([404, 'NoSuchKey', '0026-00000001'])
  })

  itRefusesStrangers(service, { method: 'HEAD', bucket, key, query })
})
