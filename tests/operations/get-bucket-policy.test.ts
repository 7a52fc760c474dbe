import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { policy: '' }

describe('GetBucketPolicy', () => {
  it('is refused as long as there is none', async () => {
    const answer = await service.call({ method: 'GET', bucket, query })
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchBucketPolicy'])
  })

  it('answers the policy as JSON', async () => {
    const body =
      '{ "Version" : "1",  "Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:a/*"]}] }'
    await service.call({ method: 'PUT', bucket, query, body })
    const answer = await service.call({ method: 'GET', bucket, query })
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.text).toBe(body)
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
