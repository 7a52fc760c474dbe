import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { publicAccessBlock: '' }

describe('GetBucketPublicAccessBlock', () => {
  it('answers that nothing is blocked', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect([status, elementOf(text, 'BlockPublicAccess')]).toEqual([200, 'false'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
