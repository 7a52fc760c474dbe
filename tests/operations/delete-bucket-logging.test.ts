import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { logging: '' }

describe('DeleteBucketLogging', () => {
  it('answers 204, whether anything is logged or not, and then nothing is', async () => {
    const body = `<BucketLoggingStatus><LoggingEnabled><TargetBucket>${bucket}</TargetBucket></LoggingEnabled></BucketLoggingStatus>`
    await service.call({ method: 'PUT', bucket, query, body })
    for (const _ of ['once', 'and again']) {
      expect((await service.call({ method: 'DELETE', bucket, query })).status).toBe(204)
    }
    const { text } = await service.call({ method: 'GET', bucket, query })
    expect(text).not.toContain('LoggingEnabled')
  })

  itRefusesStrangers(service, { method: 'DELETE', bucket, query })
})
