/** What a bucket asks of requests besides a right to make them: whence they come, and who pays. */

import { describe, expect, it } from 'vitest'
import { startTestService } from '../operations/service.ts'

const alice = { accessKeyId: 'alice-key', accessKeySecret: 'secret of alice', owner: 'alice' }
const bob = { accessKeyId: 'bob-key', accessKeySecret: 'secret of bob', owner: 'bob' }
const service = await startTestService({ credentials: [alice, bob] })

async function publicBucket(query: string, body: string): Promise<string> {
  const bucket = await service.makeBucket({ headers: { 'x-oss-acl': 'public-read-write' } })
  await service.call({ method: 'PUT', bucket, key: 'k', body: 'x' })
  const put = await service.call({ method: 'PUT', bucket, query: { [query]: '' }, body })
  expect(put.status).toBe(200)
  return bucket
}

describe('a bucket with a list of referers', () => {
  it('refuses those who come from elsewhere or hide it, unless they sign a header', async () => {
    const bucket = await publicBucket(
      'referer',
      '<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>http://*.a.example</Referer></RefererList></RefererConfiguration>',
    )
    const get = (referer: string | undefined, how: object): ReturnType<typeof service.call> =>
      service.call({ method: 'GET', bucket, key: 'k', headers: referer ? { referer } : {}, ...how })
    for (const how of [{ as: 'anonymous' as const }, { presigned: true }]) {
      expect((await get('http://b.a.example/page?x', how)).status).toBe(200)
      for (const referer of ['http://b.example/', undefined]) {
        const refused = await get(referer, how)
        expect([refused.status, refused.code]).toEqual([403, 'AccessDenied'])
        expect(refused.text).toContain('You are denied by bucket referer policy.')
      }
    }
    expect((await get('http://b.example/', {})).status).toBe(200)
  })
})

describe('a bucket whose requesters pay', () => {
  it('serves its owner, and others only when they say that they pay', async () => {
    const bucket = await publicBucket(
      'requestPayment',
      '<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>',
    )
    const get = (payer: string | undefined, as: typeof bob | 'anonymous' = bob) =>
      service.call({
        method: 'GET',
        bucket,
        key: 'k',
        as,
        headers: payer ? { 'x-oss-request-payer': payer } : {},
      })
    const paid = await get('requester')
    expect([paid.status, paid.headers.get('x-oss-request-charged')]).toEqual([200, 'requester'])
    for (const refused of [
      await get(undefined),
      await get('bucketOwner'),
      await get('requester', 'anonymous'),
    ]) {
      expect([refused.status, refused.code, refused.ec]).toEqual([
        403,
        'AccessDenied',
        '0003-00000703',
      ])
      expect(refused.text).toContain('Access denied for requester pay bucket')
    }
    expect((await service.call({ method: 'GET', bucket, key: 'k' })).status).toBe(200)
    const query = { 'x-oss-request-payer': 'requester' }
    const presigned = { method: 'GET', bucket, key: 'k', as: bob, presigned: true, query }
    expect((await service.call(presigned)).status).toBe(200)
  })
})
