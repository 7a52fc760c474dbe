import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService({ region: 'eu-west-1' })
const bucket = await service.makeBucket()

describe('HeadBucket', () => {
  it('answers 200 with the region, and no body', async () => {
    const answer = await service.call({ method: 'HEAD', bucket })
    expect([answer.status, answer.bytes.length]).toEqual([200, 0])
    expect(answer.headers.get('x-oss-bucket-region')).toBe('oss-eu-west-1')
  })

  itRefusesStrangers(service, { method: 'HEAD', bucket })
})
