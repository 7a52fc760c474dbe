import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = 'object'
await service.call({ method: 'PUT', bucket, key, body: 'x' })
const request = { method: 'GET', bucket, key, query: { tagging: '' } }

describe('GetObjectTagging', () => {
  it('answers 200 without tags where none were set', async () => {
    const { status, text, headers } = await service.call(request)
    expect([status, headers.get('content-type')]).toEqual([200, 'application/xml'])
    expect(text).toContain('<Tagging><TagSet></TagSet></Tagging>')
  })

  it('refuses an object and a version that are not there', async () => {
    const missing = await service.call({ ...request, key: 'missing' })
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchKey'])
    const empty = await service.call({ ...request, query: { tagging: '', versionId: '' } })
    expect([empty.status, empty.code]).toEqual([400, 'InvalidArgument'])
  })

  it('is possible by a URL that carries its signature', async () => {
    for (const signature of ['v1', 'v4'] as const) {
      expect((await service.call({ ...request, presigned: true, signature })).status).toBe(200)
    }
  })

  itRefusesStrangers(service, request)
})
