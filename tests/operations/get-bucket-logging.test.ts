import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { logging: '' }

describe('GetBucketLogging', () => {
  it('answers an empty status when nothing is logged', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect(status).toBe(200)
    expect(text).toContain('<BucketLoggingStatus></BucketLoggingStatus>')
  })

  it('answers a prefix that was left out as an empty one', async () => {
    const body = `<BucketLoggingStatus><LoggingEnabled><TargetBucket>${bucket}</TargetBucket></LoggingEnabled></BucketLoggingStatus>`
    await service.call({ method: 'PUT', bucket, query, body })
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(elementOf(text, 'TargetPrefix')).toBe('')
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
