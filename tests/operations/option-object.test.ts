/** The preflight of a browser, and what it is told of the answers that follow. */

import { describe, expect, it } from 'vitest'
import { startTestService } from './service.ts'

const service = await startTestService()
const bucket = await service.makeBucket()
const query = { cors: '' }
const configure = (rules: string): ReturnType<typeof service.call> =>
  service.call({
    method: 'PUT',
    bucket,
    query,
    body: `<CORSConfiguration>${rules}</CORSConfiguration>`,
  })
const rules = `<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>
  <AllowedMethod>HEAD</AllowedMethod></CORSRule>
  <CORSRule><AllowedOrigin>http://a.example</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
  <AllowedMethod>POST</AllowedMethod><AllowedHeader>X-OSS-*</AllowedHeader>
  <ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-oss-request-id</ExposeHeader>
  <MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>`

function preflight(
  headers: Record<string, string>,
  place: { bucket?: string; key?: string } = { bucket, key: 'missing' },
): ReturnType<typeof service.call> {
  return service.call({ method: 'OPTIONS', ...place, headers, as: 'anonymous' })
}
const asking = { origin: 'http://a.example', 'access-control-request-method': 'PUT' }

describe('OptionObject', () => {
  it('is refused as long as the bucket has no rules, signed wrongly or not at all', async () => {
    const answer = await preflight(asking)
    expect([answer.status, answer.code]).toEqual([403, 'AccessForbidden'])
    const headers = { ...asking, authorization: 'OSS unknown:wrong' }
    expect((await preflight(headers)).code).toBe('AccessForbidden')
  })

  it('grants what the first rule that fits grants, for a key and for the bucket', async () => {
    await configure(rules)
    for (const place of [{ bucket, key: 'missing' }, { bucket }]) {
      const headers = { ...asking, 'access-control-request-headers': 'x-oss-date' }
      const answer = await preflight(headers, place)
      expect([answer.status, answer.text]).toEqual([200, ''])
      expect(answer.headers.get('access-control-allow-origin')).toBe('http://a.example')
      expect(answer.headers.get('access-control-allow-methods')).toBe('PUT, POST')
      expect(answer.headers.get('access-control-allow-headers')).toBe('x-oss-date')
      expect(answer.headers.get('access-control-expose-headers')).toBe('ETag, x-oss-request-id')
      expect(answer.headers.get('access-control-max-age')).toBe('60')
    }
  })

  it('refuses another origin, method or header', async () => {
    await configure(rules)
    const refused = [
      { ...asking, origin: 'http://b.example' },
      { ...asking, 'access-control-request-method': 'DELETE' },
      { ...asking, 'access-control-request-headers': 'content-type' },
    ]
    for (const headers of refused) expect((await preflight(headers)).code).toBe('AccessForbidden')
  })

  it('refuses one that does not say who asks for what', async () => {
    for (const headers of [{}, { origin: 'http://a.example' }]) {
      const answer = await preflight(headers)
      expect([answer.status, answer.code]).toEqual([400, 'BadRequest'])
    }
  })

  it('tells a missing bucket', async () => {
    const answer = await preflight(asking, { bucket: 'no-such-bucket' })
    expect([answer.status, answer.code, answer.ec]).toEqual([404, 'NoSuchBucket', '0015-00000101'])
  })
})

describe('a request of a page of another origin', () => {
  const headers = { origin: 'http://a.example' }

  it('is told what a browser may show, on success and on every refusal', async () => {
    await configure(rules)
    const key = 'shown'
    const put = await service.call({ method: 'PUT', bucket, key, headers, body: 'x' })
    expect(put.headers.get('access-control-allow-origin')).toBe('http://a.example')
    expect(put.headers.get('access-control-expose-headers')).toBe('ETag, x-oss-request-id')
    const wrong = { ...service.credentials, accessKeySecret: 'wrong' }
    const refusals = [
      await service.call({ method: 'GET', bucket, key: 'missing', headers }),
      await service.call({ method: 'GET', bucket, key, headers, as: wrong }),
      await service.call({ method: 'GET', bucket, key, headers, as: 'anonymous' }),
      await service.call({
        method: 'GET',
        bucket,
        key,
        headers: { ...headers, authorization: 'nonsense' },
        as: 'anonymous',
      }),
    ]
    for (const refusal of refusals) {
      expect(refusal.status).toBeGreaterThanOrEqual(400)
      expect(refusal.headers.get('access-control-allow-origin')).toBe('*')
    }
  })

  it('is served all the same when no rule fits, and told nothing', async () => {
    await configure(rules)
    const other = { origin: 'http://b.example' }
    const put = await service.call({ method: 'PUT', bucket, key: 'k', headers: other, body: 'x' })
    expect([put.status, put.headers.get('access-control-allow-origin')]).toEqual([200, null])
  })

  it('is told that answers differ by origin where the bucket wants that said', async () => {
    await configure(`${rules}<ResponseVary>true</ResponseVary>`)
    const answer = await service.call({ method: 'GET', bucket, key: 'shown' })
    expect(answer.headers.get('vary')).toBe('Origin')
    await configure(rules)
    expect(
      (await service.call({ method: 'GET', bucket, key: 'shown', headers })).headers.get('vary'),
    ).toBeNull()
  })
})
