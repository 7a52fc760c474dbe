import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { policyStatus: '' }
const allow =
  '{ "Version" : "1",  "Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:a/*"]}] }'

describe('GetBucketPolicyStatus', () => {
  it.each([
    ['allows everybody', allow, 'true'],
    ['denies everybody', allow.replace('Allow', 'Deny'), 'false'],
    ['allows somebody', allow.replace('"Effect"', '"Principal":["123"],"Effect"'), 'false'],
  ])('says of a policy that %s whether it is public', async (_, body, expected) => {
    await service.call({ method: 'PUT', bucket, query: { policy: '' }, body })
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect([status, elementOf(text, 'IsPublic')]).toEqual([200, expected])
  })

  it('says of no policy that it is not', async () => {
    await service.call({ method: 'DELETE', bucket, query: { policy: '' } })
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(elementOf(text, 'IsPublic')).toBe('false')
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
