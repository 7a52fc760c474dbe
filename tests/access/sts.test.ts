import OSS from 'ali-oss'
import { describe, expect, it } from 'vitest'
import { type ServiceAnswer, startTestService } from '../operations/service.ts'
import { elementOf, elementsOf } from '../support/oss-wire.ts'
import { askSts, keyOf, policyText, root, temporary } from './people.ts'

const START = Date.parse('2026-11-22T10:00:00Z')
let time = START
const now = (): Date => new Date(time)
const reader = keyOf('reader', { role: 'read-only' })

const service = await startTestService({ credentials: [root, reader], now })
await service.makeBucket({ name: 'photos' })
await service.makeBucket({ name: 'music' })
for (const bucket of ['photos', 'music']) {
  await service.call({ method: 'PUT', bucket, key: 'a', body: bucket })
}
const get = { method: 'GET', bucket: 'photos', key: 'a' }
const put = { method: 'PUT', bucket: 'photos', key: 'b', body: 'x' }
const readPhotos = policyText({ Action: 'oss:GetObject', Resource: 'acs:oss:*:*:photos/*' })

describe('a temporary key', () => {
  const ways = [
    ['in V4 headers', {}],
    ['in V1 headers', { signature: 'v1' }],
    ['in a V4 URL', { presigned: true }],
    ['in a V1 URL', { presigned: true, signature: 'v1' }],
  ] as const

  it.each(ways)('works with its token %s, and with no other and none', async (_, way) => {
    const key = await temporary(service, root, { now: now() })
    expect((await service.call({ ...get, ...way, as: key })).text).toBe('photos')

    const { securityToken, ...bare } = key
    expect((await service.call({ ...get, ...way, as: bare })).code).toBe('InvalidAccessKeyId')
    const spoilt = { ...key, securityToken: `${securityToken.slice(0, -8)}AAAAAAA=` }
    expect((await service.call({ ...get, ...way, as: spoilt })).code).toBe('InvalidSecurityToken')
    const other = await temporary(service, root, { now: now() })
    const mixed = { ...key, securityToken: other.securityToken }
    expect((await service.call({ ...get, ...way, as: mixed })).code).toBe(
      'AccessKeyIdAndSecurityTokenNotMatch',
    )
    const wrong = { ...key, accessKeySecret: 'guessed' }
    expect((await service.call({ ...get, ...way, as: wrong })).code).toBe('SignatureDoesNotMatch')
  })

  it('may what its policy allows of what its parent may', async () => {
    const narrow = await temporary(service, root, {
      now: now(),
      parameters: { Policy: readPhotos },
    })
    expect((await service.call({ ...get, as: narrow })).text).toBe('photos')
    expect((await service.call({ ...get, bucket: 'music', as: narrow })).code).toBe('AccessDenied')
    expect((await service.call({ ...put, as: narrow })).code).toBe('AccessDenied')
    expect((await service.call({ method: 'GET', as: narrow })).code).toBe('AccessDenied')
  })

  it('may nothing that its parent may not, whatever its policy says', async () => {
    const wide = await temporary(service, reader, {
      now: now(),
      parameters: { Policy: policyText({}) },
    })
    expect((await service.call({ ...get, as: wide })).status).toBe(200)
    expect((await service.call({ ...put, as: wide })).code).toBe('AccessDenied')
  })

  it('makes no bucket by setting the ACL of one that is not there, unless it may make buckets', async () => {
    const place = { method: 'PUT', bucket: 'brand-new', query: { acl: '' } }
    const may = async (Action: string | string[]): Promise<ServiceAnswer> => {
      const parameters = { Policy: policyText({ Action }) }
      return await service.call({
        ...place,
        as: await temporary(service, root, { now: now(), parameters }),
      })
    }
    expect((await may('oss:PutBucketAcl')).code).toBe('AccessDenied')
    expect((await service.call({ method: 'HEAD', bucket: 'brand-new' })).status).toBe(404)
    expect((await may(['oss:PutBucketAcl', 'oss:PutBucket'])).status).toBe(200)
  })

  it('sees the buckets that its policy lets it see', async () => {
    const parameters = {
      Policy: policyText(
        { Action: 'oss:ListBuckets' },
        { Action: 'oss:Get*', Resource: 'acs:oss:*:*:music' },
      ),
    }
    const key = await temporary(service, root, { now: now(), parameters })
    const { text } = await service.call({ method: 'GET', as: key })
    expect(elementsOf(text, 'Name')).toEqual(['music'])
  })

  it('is SecurityTokenExpired once its time is over', async () => {
    const parameters = { DurationSeconds: '900' }
    const key = await temporary(service, root, { now: now(), parameters })
    const start = time
    try {
      time = start + 899_000
      expect((await service.call({ ...get, as: key })).status).toBe(200)
      time = start + 900_000
      const over = await service.call({ ...get, as: key })
      expect([over.status, over.code]).toEqual([403, 'SecurityTokenExpired'])
    } finally {
      time = start
    }
  })

  it('uses up the limits of its parent', async () => {
    const limits = { keys: { root: { requestsPerSecond: 2 } } }
    const limited = await startTestService({ credentials: [root], limits, now })
    const one = await temporary(limited, root, { now: now() })
    expect((await limited.call({ method: 'GET', as: one })).status).toBe(200)
    expect((await limited.call({ method: 'GET', as: one })).status).toBe(503)
    expect((await askSts(limited.server, root, { now: now() })).status).toBe(503)
  })

  it('is known to policies by its role', async () => {
    const bucket = await service.makeBucket()
    await service.call({ method: 'PUT', bucket, key: 'a', body: 'x' })
    const body = policyText({
      Effect: 'Deny',
      Principal: 'arn:sts::lading:assumed-role/dev/*',
      Resource: 'acs:oss:*:*:*/*',
    })
    const set = await service.call({ method: 'PUT', bucket, query: { policy: '' }, body })
    expect(set.status, set.text).toBe(200)
    const key = await temporary(service, root, { now: now() })
    expect((await service.call({ ...get, bucket, as: key })).code).toBe('AccessDenied')
    expect((await service.call({ ...get, bucket })).status).toBe(200)
  })
})

describe('AssumeRole', () => {
  it('answers in JSON and in XML, to POST and to GET', async () => {
    for (const method of ['POST', 'GET'] as const) {
      const json = await askSts(service.server, root, { method, now: now() })
      expect(json).toMatchObject({ status: 200, type: 'application/json; charset=utf-8' })
      expect(JSON.parse(json.text)).toMatchObject({
        RequestId: expect.stringMatching(/^[0-9A-F]{24}$/),
        AssumedRoleUser: { Arn: 'acs:ram::1234:role/dev/app', AssumedRoleId: 'dev:app' },
        Credentials: {
          AccessKeyId: expect.stringMatching(/^STS\./),
          Expiration: '2026-11-22T11:00:00Z',
        },
      })
      const parameters = { Format: undefined, DurationSeconds: '900' }
      const xml = await askSts(service.server, root, { method, parameters, now: now() })
      expect(xml).toMatchObject({ status: 200, type: 'application/xml' })
      expect(elementOf(xml.text, 'Expiration')).toBe('2026-11-22T10:15:00Z')
    }
  })

  it.each([
    ['an unknown key', { AccessKeyId: 'nobody' }, 404, 'InvalidAccessKeyId.NotFound'],
    ['another signature method', { SignatureMethod: 'X' }, 400, 'InvalidParameter.SignatureMethod'],
    ['another version', { Version: '2014-01-01' }, 400, 'InvalidParameter.Version'],
    ['no role', { RoleArn: undefined }, 400, 'MissingRoleArn'],
    ['a role of another form', { RoleArn: 'dev' }, 400, 'InvalidParameter.RoleArn'],
    ['no name', { RoleSessionName: undefined }, 400, 'MissingRoleSessionName'],
    ['a name that cannot be', { RoleSessionName: 'a b' }, 400, 'InvalidParameter.RoleSessionName'],
    ['too short a time', { DurationSeconds: '899' }, 400, 'InvalidParameter.DurationSeconds'],
    ['too long a time', { DurationSeconds: '43201' }, 400, 'InvalidParameter.DurationSeconds'],
    ['a time that is none', { DurationSeconds: 'long' }, 400, 'InvalidParameter.DurationSeconds'],
    ['a policy that is none', { Policy: '{}' }, 400, 'InvalidParameter.PolicyGrammar'],
    ['a temporary key', { SecurityToken: 'CAIS' }, 403, 'NoPermission'],
  ])('refuses %s', async (_, parameters, status, code) => {
    const key = 'AccessKeyId' in parameters ? { ...root, accessKeyId: 'nobody' } : root
    const { AccessKeyId: _id, SignatureMethod, ...sent } = parameters as Record<string, string>
    const answer = await askSts(service.server, key, {
      now: now(),
      parameters: sent,
      tamper: (entries) =>
        SignatureMethod === undefined
          ? entries
          : entries.map(([name, value]) => [name, name === 'SignatureMethod' ? 'X' : value]),
    })
    expect([answer.status, JSON.parse(answer.text).Code]).toEqual([status, code])
  })

  it('refuses any change of what was signed, and a request of another hour', async () => {
    const ask = async (tamper: (entries: [string, string][]) => [string, string][]) => {
      const answer = await askSts(service.server, root, {
        now: now(),
        parameters: { DurationSeconds: '900' },
        tamper: (entries) => tamper(entries.map(([name, value]) => [name, value])),
      })
      return [answer.status, JSON.parse(answer.text).Code]
    }
    const wrong = [400, 'SignatureDoesNotMatch']
    const change = (changed: string, to: string) =>
      ask((all) => all.map(([name, value]) => [name, name === changed ? to : value]))
    expect(await change('DurationSeconds', '43200')).toEqual(wrong)
    expect(await change('RoleSessionName', 'root')).toEqual(wrong)
    expect(await change('Signature', 'AAAA')).toEqual(wrong)
    expect(await ask((all) => [...all, ['Policy', readPhotos]])).toEqual(wrong)
    expect(await ask((all) => [...all, ['RoleSessionName', 'root']])).toEqual([
      400,
      'InvalidParameter',
    ])
    // The order of parameters is nobody's.
    expect(await ask((all) => all.reverse())).toEqual([200, undefined])
    const late = await askSts(service.server, root, { now: new Date(time - 16 * 60_000) })
    expect(JSON.parse(late.text).Code).toBe('InvalidTimeStamp.Expired')
  })

  it('stands in the way of nothing that OSS has', async () => {
    const query = { Action: 'AssumeRole' }
    const buckets = await service.call({ method: 'GET', query })
    expect(elementsOf(buckets.text, 'Name')).toContain('photos')
    const object = await service.call({ ...get, query })
    expect(object.text).toBe('photos')
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const other = await service.call({
      method: 'POST',
      body: 'Action=Other',
      headers,
      as: 'anonymous',
    })
    expect(other.code).toBe('MethodNotAllowed')
    const inBucket = await service.call({
      method: 'POST',
      bucket: 'photos',
      body: 'Action=AssumeRole',
      headers,
      as: 'anonymous',
    })
    expect(inBucket.text).not.toContain('MissingVersion')
  })
})

describe('ali-oss', () => {
  it('gets a temporary key by its own class STS, and works with it', async () => {
    const sdk = await startTestService({ credentials: [root] })
    await sdk.makeBucket({ name: 'photos' })
    const sts = new OSS.STS({ ...root, endpoint: sdk.url })
    const { credentials } = await sts.assumeRole(
      'acs:ram::1234567890123456:role/dev',
      policyText({ Resource: 'acs:oss:*:*:photos/a/*' }),
      900,
      'app',
    )
    for (const authorizationV4 of [false, true]) {
      const client = new OSS({
        endpoint: sdk.url.replace('127.0.0.1', 'localhost'),
        sldEnable: true,
        accessKeyId: credentials.AccessKeyId,
        accessKeySecret: credentials.AccessKeySecret,
        stsToken: credentials.SecurityToken,
        bucket: 'photos',
        authorizationV4,
        region: 'oss-cn-hangzhou',
      })
      await client.put('a/cat', Buffer.from('miaow'))
      expect((await client.get('a/cat')).content.toString()).toBe('miaow')
      const url = client.signatureUrl('a/cat', { expires: 600 })
      expect(await (await fetch(url)).text()).toBe('miaow')
      await expect(client.put('b/cat', Buffer.from('x'))).rejects.toMatchObject({
        code: 'AccessDenied',
      })
    }
    await expect(
      new OSS.STS({ ...root, accessKeySecret: 'guessed', endpoint: sdk.url }).assumeRole(
        'acs:ram::1:role/dev',
      ),
    ).rejects.toMatchObject({ status: 400, code: 'SignatureDoesNotMatch' })
  })
})
