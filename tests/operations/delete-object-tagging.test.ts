import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const key = 'object'
await service.call({ method: 'PUT', bucket, key, body: 'x' })
const request = { method: 'DELETE', bucket, key, query: { tagging: '' } }

describe('DeleteObjectTagging', () => {
  it('takes all tags, answers 204 also when there are none, and leaves the object', async () => {
    const body = '<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'
    await service.call({ ...request, method: 'PUT', body })
    for (let time = 0; time < 2; time += 1) {
      const { status, statusText, text } = await service.call(request)
      expect([status, statusText, text]).toEqual([204, 'No Content', ''])
    }
    expect((await service.call({ ...request, method: 'GET' })).text).toContain('<TagSet></TagSet>')
    expect((await service.call({ method: 'GET', bucket, key })).text).toBe('x')
  })

  it('refuses an object that is not there', async () => {
    const missing = await service.call({ ...request, key: 'missing' })
    expect([missing.status, missing.code]).toEqual([404, 'NoSuchKey'])
  })

  itRefusesStrangers(service, request)
})
