import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'
import { itRefusesStrangers } from './strangers.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { cors: '' }
const body = `<CORSConfiguration><CORSRule><AllowedOrigin>http://a.example</AllowedOrigin><AllowedMethod>PUT</AllowedMethod><AllowedHeader>GET</AllowedHeader></CORSRule></CORSConfiguration>`

describe('GetBucketCors', () => {
  it('is refused as long as there is none', async () => {
    const answer = await service.call({ method: 'GET', bucket, query })
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchCORSConfiguration'])
  })

  it('answers what was put, in the form in which it can be put again', async () => {
    expect((await service.call({ method: 'PUT', bucket, query, body })).status).toBe(200)
    const answer = await service.call({ method: 'GET', bucket, query })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/xml')
    expect(answer.text).toContain(
      '<AllowedHeader>get</AllowedHeader></CORSRule><ResponseVary>false</ResponseVary>',
    )
    const again = await service.call({ method: 'PUT', bucket, query, body: answer.text })
    expect(again.status).toBe(200)
    expect((await service.call({ method: 'GET', bucket, query })).text).toBe(answer.text)
  })

  itRefusesStrangers(service, { method: 'GET', bucket, query })
})
