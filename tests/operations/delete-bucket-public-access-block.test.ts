import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { publicAccessBlock: '' }

describe('DeleteBucketPublicAccessBlock', () => {
  it('answers 204', async () => {
    expect((await service.call({ method: 'DELETE', bucket, query })).status).toBe(204)
  })

  itRefusesStrangers(service, { method: 'DELETE', bucket, query })
})
