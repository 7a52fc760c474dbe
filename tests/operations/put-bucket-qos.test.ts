import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { qos: '' }

function capacity(value: string): string {
  return `<BucketUserQos><StorageCapacity>${value}</StorageCapacity></BucketUserQos>`
}

describe('PutBucketQos', () => {
  it.each(['100', '0', '-1'])(
    'bounds the bucket to %s gigabytes, -1 being no bound',
    async (value) => {
      const put = await service.call({ method: 'PUT', bucket, query, body: capacity(value) })
      expect(put.status).toBe(200)
      const { text } = await service.call({ method: 'GET', bucket, query })
      expect(elementOf(text, 'StorageCapacity')).toBe(value)
    },
  )

  it('holds uploads to it from then on', async () => {
    const full = await service.makeBucket()
    await service.call({ method: 'PUT', bucket: full, query, body: capacity('0') })
    const put = { method: 'PUT', bucket: full, key: 'a', body: 'x' }
    const refused = await service.call(put)
    expect([refused.status, refused.code]).toEqual([403, 'QuotaExceeded'])
    await service.call({ method: 'PUT', bucket: full, query, body: capacity('-1') })
    expect((await service.call(put)).status).toBe(200)
  })

  it.each([
    ['less than -1', capacity('-2'), 'InvalidArgument'],
    ['no number', capacity('many'), 'MalformedXML'],
    ['no body', '', 'MalformedXML'],
  ])('refuses %s', async (_, body, code) => {
    const answer = await service.call({ method: 'PUT', bucket, query, body })
    expect([answer.status, answer.code]).toEqual([400, code])
  })

  itRefusesStrangers(service, { method: 'PUT', bucket, query })
})
