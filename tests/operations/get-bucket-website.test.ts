import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { website: '' }
const body = `<WebsiteConfiguration><IndexDocument><Suffix>myindex</Suffix></IndexDocument><ErrorDocument><Key>error+中文.html</Key></ErrorDocument></WebsiteConfiguration>`

describe('GetBucketWebsite', () => {
  it('is refused as long as there is none', async () => {
    const answer = await service.call({ method: 'GET', bucket, query })
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchWebsiteConfiguration'])
  })

  it('answers what was put, in the form in which it can be put again', async () => {
    expect((await service.call({ method: 'PUT', bucket, query, body })).status).toBe(200)
    const answer = await service.call({ method: 'GET', bucket, query })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/xml')
    expect(answer.text).toContain('<Key>error+中文.html</Key>')
    const again = await service.call({ method: 'PUT', bucket, query, body: answer.text })
    expect(again.status).toBe(200)
    expect((await service.call({ method: 'GET', bucket, query })).text).toBe(answer.text)
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
