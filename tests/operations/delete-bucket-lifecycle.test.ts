import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { lifecycle: '' }
const body = `<LifecycleConfiguration><Rule><ID>logs</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><CreatedBeforeDate>2015-11-11T00:00:00.000Z</CreatedBeforeDate></Expiration></Rule></LifecycleConfiguration>`

describe('DeleteBucketLifecycle', () => {
  it('answers 204, whether there is one or not, and then there is none', async () => {
    await service.call({ method: 'PUT', bucket, query, body })
    for (const _ of ['once', 'and again']) {
      const answer = await service.call({ method: 'DELETE', bucket, query })
      expect([answer.status, answer.statusText, answer.text]).toEqual([204, 'No Content', ''])
    }
    const gone = await service.call({ method: 'GET', bucket, query })
    expect([gone.status, gone.code]).toEqual([404, 'NoSuchLifecycle'])
  })

  itRefusesStrangers(service, { method: 'DELETE', bucket, query })
})
