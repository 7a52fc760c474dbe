import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = 'object'
await service.call({ method: 'PUT', bucket, key, body: 'x' })
const request = { method: 'GET', bucket, key, query: { acl: '' } }

describe('GetObjectAcl', () => {
  it('tells the owner, and default where the object has no ACL of its own', async () => {
    const { status, text } = await service.call(request)
    expect([status, elementOf(text, 'Grant')]).toEqual([200, 'default'])
    expect(elementOf(text, 'ID')).toBeTruthy()
    expect(elementOf(text, 'DisplayName')).toBe(elementOf(text, 'ID'))
  })

  it('refuses an object that is not there, in header and body with the same number', async () => {
    const missing = await service.call({ ...request, key: 'missing' })
    expect([missing.status, missing.code, missing.ec]).toEqual([404, 'NoSuchKey', '0026-00000001'])
    expect(missing.headers.get('x-oss-ec')).toBe('0026-00000001')
  })

  it('is possible by a URL that carries its signature', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      expect((await service.call({ ...request, presigned: true, signature })).status).toBe(200)
    }
  })

  itRefusesStrangers(service, request)
})
