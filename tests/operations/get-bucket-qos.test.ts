import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { qos: '' }

describe('GetBucketQos', () => {
  it('gives -1, no bound, until one is set', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect([status, elementOf(text, 'StorageCapacity')]).toEqual([200, '-1'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
