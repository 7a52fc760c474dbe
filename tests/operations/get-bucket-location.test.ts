import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService({ region: 'us-west-1' })
const bucket = await service.makeBucket()
const query = { location: '' }

describe('GetBucketLocation', () => {
  it('tells the region as an endpoint is named', async () => {
    const answer = await service.call({ method: 'GET', bucket, query })
    expect(answer.status).toBe(200)
    expect(elementOf(answer.text, 'LocationConstraint')).toBe('oss-us-west-1')
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
