import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { tagging: '' }

describe('GetBucketTags', () => {
  it('answers 200 and no tag as long as there is none', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect(status).toBe(200)
    expect(text).toContain('<Tagging><TagSet></TagSet></Tagging>')
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
