import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { requestPayment: '' }

describe('GetBucketRequestPayment', () => {
  it('answers that the owner pays as long as nothing was put', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect([status, elementOf(text, 'Payer')]).toEqual([200, 'BucketOwner'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
