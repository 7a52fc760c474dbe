import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { policy: '' }

describe('PutBucketPolicy', () => {
  it('keeps the text byte for byte', async () => {
    const body =
      '{ "Version" : "1",  "Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:a/*"]}] }'
    const put = await service.call({ method: 'PUT', bucket, query, body })
    expect([put.status, put.text]).toEqual([200, ''])
    expect((await service.call({ method: 'GET', bucket, query })).text).toBe(body)
  })

  it.each([
    ['no body', ``, 'InvalidPolicyDocument'],
    ['what is no JSON', `{unnormal-policy-text}`, 'InvalidPolicyDocument'],
    [
      'another version',
      `{ "Version" : "2",  "Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:a/*"]}] }`,
      'InvalidPolicyDocument',
    ],
    [
      'an effect that is none',
      `{ "Version" : "1",  "Statement":[{"Effect":"Perhaps","Action":["oss:GetObject"],"Resource":["acs:oss:*:*:a/*"]}] }`,
      'InvalidPolicyDocument',
    ],
  ])('refuses %s', async (_, body, code) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
