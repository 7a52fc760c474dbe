import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { publicAccessBlock: '' }

describe('PutBucketPublicAccessBlock', () => {
  it.each([
    ['false', 200, undefined],
    ['true', 400, 'NotImplemented'],
    ['perhaps', 400, 'MalformedXML'],
  ])('answers %s with %s', async (block, status, code) => {
    const body = `<PublicAccessBlockConfiguration><BlockPublicAccess>${block}</BlockPublicAccess></PublicAccessBlockConfiguration>`
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([status, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
