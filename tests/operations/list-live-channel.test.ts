import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { live: '' }

describe('ListLiveChannel', () => {
  it('answers that there is none, with everything that SDKs read', async () => {
    const { status, text } = await service.call({ method: 'GET', bucket, query })
    expect(status).toBe(200)
    expect(['Prefix', 'Marker', 'MaxKeys', 'IsTruncated'].map((n) => elementOf(text, n))).toEqual([
      '',
      '',
      '100',
      'false',
    ])
  })

  it('refuses a page of no size', async () => {
    const answer = await service.call({
      method: 'GET',
      bucket,
      query: { live: '', 'max-keys': '0' },
    })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
