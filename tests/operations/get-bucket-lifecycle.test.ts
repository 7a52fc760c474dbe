import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { lifecycle: '' }
const body = `<LifecycleConfiguration><Rule><ID>logs</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><CreatedBeforeDate>2015-11-11T00:00:00.000Z</CreatedBeforeDate></Expiration></Rule></LifecycleConfiguration>`

describe('GetBucketLifecycle', () => {
  it('is refused as long as there is none', async () => {
    const answer = await service.call({ method: 'GET', bucket, query })
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchLifecycle'])
  })

  it('answers what was put, in the form in which it can be put again', async () => {
    expect((await service.call({ method: 'PUT', bucket, query, body })).status).toBe(200)
    const answer = await service.call({ method: 'GET', bucket, query })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/xml')
    expect(answer.text).toContain('<CreatedBeforeDate>2015-11-11T00:00:00.000Z</CreatedBeforeDate>')
    const again = await service.call({ method: 'PUT', bucket, query, body: answer.text })
    expect(again.status).toBe(200)
    expect((await service.call({ method: 'GET', bucket, query })).text).toBe(answer.text)
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
