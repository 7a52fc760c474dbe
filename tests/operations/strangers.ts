/** What every operation has in common: who is turned away, and with which words. */

import { expect, it } from 'vitest'
import type { ServiceRequest, TestService } from './service.ts'

const unknown = { accessKeyId: 'unknown', accessKeySecret: 'unknown' }

/** What a request to a private bucket that nobody may make is refused with. */
export function itRefusesStrangers(service: TestService, request: ServiceRequest): void {
  it('tells a missing bucket before it looks at the key', async () => {
    const answer = await service.call({ ...request, bucket: 'no-such-bucket', as: unknown })
    expect([answer.status, answer.code, answer.ec]).toEqual([404, 'NoSuchBucket', '0015-00000101'])
    expect(answer.headers.get('x-oss-ec')).toBe('0015-00000101')
    expect(answer.headers.get('x-oss-request-id')).toHaveLength(24)
  })

  itRefusesUnprovedKeys(service, request)
}

/** The same without the missing bucket, for what makes a bucket, or has none. */
export function itRefusesUnprovedKeys(service: TestService, request: ServiceRequest): void {
  it('refuses a key that is not known, a wrong secret, and nobody at all', async () => {
    const stranger = await service.call({ ...request, as: unknown })
    expect([stranger.status, stranger.code]).toEqual([403, 'InvalidAccessKeyId'])
    expect(stranger.ec).toBe('0002-00000902')
    const wrong = { ...service.credentials, accessKeySecret: 'wrong' }
    for (const presigned of [false, true]) {
      const forged = await service.call({ ...request, as: wrong, presigned })
      expect([forged.status, forged.code]).toEqual([403, 'SignatureDoesNotMatch'])
      expect(forged.ec).toBe('0002-00000040')
    }
    const nobody = await service.call({ ...request, as: 'anonymous' })
    expect([nobody.status, nobody.code]).toEqual([403, 'AccessDenied'])
  })
}
