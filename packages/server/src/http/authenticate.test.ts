import { OssError, Query, signV1, signV4 } from '@lading/protocol'
import { describe, expect, test } from 'vitest'
import { identifyAmong, type KnownKey } from '../access/identify.ts'
import { authenticate, type Reading, readRequestClaim } from './authenticate.ts'
import { readFraming } from './framing.ts'

const now = new Date('2026-11-22T10:11:12Z')
const key: KnownKey = {
  accessKeyId: 'id',
  accessKeySecret: 'secret',
  owner: 'me',
  rights: { role: 'administrator' },
  enabled: true,
}
const context = {
  region: 'cn-hangzhou',
  identify: identifyAmong(
    async (id) => (id === key.accessKeyId ? key : undefined),
    () => now,
  ),
  now,
}
const missing = new OssError('NoSuchBucket')

function reading(bucket: string, objectKey: string, obstacle?: OssError): Reading {
  return { target: { bucket, key: objectKey }, obstacle }
}

/** A request signed for the target, or anonymous, as seen with these readings. */
async function ask(
  readings: readonly [Reading, ...Reading[]],
  signed?: {
    bucket: string
    key: string
    scheme?: 'v1' | 'v4'
    id?: string
    token?: string
    headers?: Record<string, string>
  },
): ReturnType<typeof authenticate<Reading>> {
  const headers = new Map(Object.entries(signed?.headers ?? {}))
  if (signed) {
    const { bucket, key: objectKey, scheme = 'v4', id = 'id', token } = signed
    const request = { method: 'PUT', bucket, key: objectKey, query: [], headers }
    const credentials = { accessKeyId: id, accessKeySecret: 'secret', securityToken: token }
    const added =
      scheme === 'v1'
        ? signV1(request, credentials, { now })
        : signV4(request, credentials, { now, region: 'cn-hangzhou' })
    for (const [name, value] of Object.entries(added)) headers.set(name.toLowerCase(), value)
  }
  const rawHeaders = [
    'Host',
    'a',
    ...[...headers].flatMap(([name, value]) => [name, latin1(value)]),
  ]
  const head = { method: 'PUT', target: '/', httpVersion: '1.1', rawHeaders }
  const framing = readFraming(head, { strict: false })
  const query = Query.parse('')
  const claim = readRequestClaim(framing, query)
  return authenticate({ method: 'PUT', framing, query }, claim, readings, context)
}

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

describe('of several readings', () => {
  const inHost = reading('b', 'b/k')
  const inPath = reading('b', 'k')

  test.each(['v1', 'v4'] as const)('the one that was signed is taken (%s)', async (scheme) => {
    const asked = [inHost, inPath] as const
    expect((await ask(asked, { bucket: 'b', key: 'k', scheme })).reading).toBe(inPath)
    expect((await ask(asked, { bucket: 'b', key: 'b/k', scheme })).reading).toBe(inHost)
  })

  test('one that was signed and has no bucket is told so', async () => {
    const asked = [inHost, reading('other', 'k', missing)] as const
    await expect(ask(asked, { bucket: 'other', key: 'k' })).rejects.toThrow(missing)
  })

  test('an anonymous request means the first that can be served', async () => {
    const { reading: taken, principal } = await ask([reading('gone', 'b/k', missing), inPath])
    expect([taken, principal.kind]).toEqual([inPath, 'anonymous'])
  })
})

test('a missing bucket is told before an unknown key, and an unknown key before a signature', async () => {
  const unknown = { bucket: 'b', key: 'k', id: 'nobody' }
  await expect(ask([reading('b', 'k', missing)], unknown)).rejects.toThrow(missing)
  await expect(ask([reading('b', 'k')], unknown)).rejects.toThrow(
    expect.objectContaining({ code: 'InvalidAccessKeyId' }),
  )
})

test('a token on a key that has none is refused', async () => {
  await expect(ask([reading('b', 'k')], { bucket: 'b', key: 'k', token: 't' })).rejects.toThrow(
    expect.objectContaining({ code: 'InvalidSecurityToken' }),
  )
})

test('headers beyond ASCII are verified as the text that was signed', async () => {
  const headers = { 'x-oss-meta-a': 'größe 😀' }
  const { principal } = await ask([reading('b', 'k')], { bucket: 'b', key: 'k', headers })
  expect(principal).toMatchObject({ kind: 'key', accessKeyId: 'id', owner: 'me' })
})

test('a signature for something else is refused without repeating it', async () => {
  let error: unknown
  try {
    await ask([reading('b', 'k')], { bucket: 'b', key: 'other' })
  } catch (thrown) {
    error = thrown
  }
  expect(error).toMatchObject({
    code: 'SignatureDoesNotMatch',
    status: 403,
    details: { OSSAccessKeyId: 'id', StringToSign: expect.any(String) },
  })
  expect((error as OssError).details).not.toHaveProperty('SignatureProvided')
})
