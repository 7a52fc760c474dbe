import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { policy: '' }

describe('DeleteBucketPolicy', () => {
  it('answers 204, whether there is one or not, and then there is none', async () => {
    const body =
      '{ "Version" : "1",  "Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:a/*"]}] }'
    await service.call({ method: 'PUT', bucket, query, body })
    for (const _ of ['once', 'and again']) {
      expect((await service.call({ method: 'DELETE', bucket, query })).status).toBe(204)
    }
    expect((await service.call({ method: 'GET', bucket, query })).code).toBe('NoSuchBucketPolicy')
  })

  itRefusesStrangers(service, { method: 'DELETE', bucket, query })
})
