import { describe, expect, it } from 'vitest'
import { type ServiceAnswer, startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = 'object'
await service.call({ method: 'PUT', bucket, key, body: 'x' })
const query = { acl: '' }

const put = (headers: Record<string, string>, name = key): Promise<ServiceAnswer> =>
  service.call({ method: 'PUT', bucket, key: name, query, headers })

describe('PutObjectAcl', () => {
  it.each(['private', 'public-read', 'public-read-write', 'default'])(
    'sets %s, which GET tells',
    async (acl) => {
      const { status, text } = await put({ 'x-oss-object-acl': acl })
      expect([status, text]).toEqual([200, ''])
      const shown = await service.call({ method: 'GET', bucket, key, query })
      expect(shown.text).toContain(`<Grant>${acl}</Grant>`)
    },
  )

  it('refuses another ACL, none at all, and an object that is not there', async () => {
    const other = await put({ 'x-oss-object-acl': 'authenticated-read' })
    expect([other.status, other.code]).toEqual([400, 'InvalidArgument'])
    expect(other.text).toContain('no such object access control exists')
    const none = await put({})
    expect([none.status, none.code]).toEqual([400, 'MissingArgument'])
    const missing = await put({ 'x-oss-object-acl': 'private' }, 'missing')
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchKey'])
  })

  it('is possible by a URL that carries its signature', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      const headers = { 'x-oss-object-acl': 'private' }
      const request = { method: 'PUT', bucket, key, query, headers, presigned: true, signature }
      expect((await service.call(request)).status).toBe(200)
    }
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, key, query })
})
