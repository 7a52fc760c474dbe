import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluate } from '../policy/policy.ts'
import { identifyAmong, type KnownKey } from './identify.ts'
import { policyOf, type Rights } from './rights.ts'
import { makeSession, type SessionOptions, type TemporaryCredentials } from './session.ts'
import { openToken, parentOf, sealToken } from './token.ts'

const START = new Date('2026-11-22T10:00:00Z')
const parent: KnownKey = {
  accessKeyId: 'LTAI1',
  accessKeySecret: 'secret',
  owner: 'anna',
  rights: { role: 'read-only' },
  enabled: true,
}
const readPhotos = JSON.stringify({
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'oss:*', Resource: 'acs:oss:*:*:photos/*' }],
})

function identify(
  claim: { accessKeyId: string; securityToken?: string | undefined },
  options: { readonly keys?: readonly KnownKey[]; readonly at?: number } = {},
): ReturnType<ReturnType<typeof identifyAmong>> {
  const { keys = [parent], at = START.getTime() } = options
  const find = async (id: string): Promise<KnownKey | undefined> =>
    keys.find(({ accessKeyId }) => accessKeyId === id)
  return identifyAmong(find, () => new Date(at))({ securityToken: undefined, ...claim })
}

function session(options: SessionOptions = {}): TemporaryCredentials {
  return makeSession(parent, options, START)
}

const refusal = (code: string): object => expect.objectContaining({ code, status: 403 })

describe('a lasting key', () => {
  it('is known with its names and its limits', async () => {
    const { principal, accessKeySecret } = await identify(parent)
    expect(accessKeySecret).toBe('secret')
    expect(principal).toMatchObject({ owner: 'anna', names: ['anna', 'LTAI1'] })
    expect(principal.limits).toHaveLength(1)
  })

  it('that nobody has, or whose time is over, is InvalidAccessKeyId', async () => {
    const keys = [{ ...parent, expiresAt: START }]
    await expect(identify(parent, { keys: [] })).rejects.toThrow(refusal('InvalidAccessKeyId'))
    await expect(identify(parent, { keys })).rejects.toThrow(refusal('InvalidAccessKeyId'))
    const before = START.getTime() - 1
    expect((await identify(parent, { keys, at: before })).accessKeySecret).toBe('secret')
  })

  it('that is disabled is InvalidAccessKeyId, and told so', async () => {
    const asking = identify(parent, { keys: [{ ...parent, enabled: false }] })
    await expect(asking).rejects.toThrow('is disabled')
    await expect(asking).rejects.toThrow(refusal('InvalidAccessKeyId'))
  })

  it('with a token that is none is InvalidSecurityToken', async () => {
    const asking = identify({ accessKeyId: 'LTAI1', securityToken: 'CAISbogus' })
    await expect(asking).rejects.toThrow(refusal('InvalidSecurityToken'))
  })
})

describe('a temporary key', () => {
  it('is what its token says, with the limits of its parent and its own', async () => {
    const made = session({ policy: readPhotos, role: 'dev', session: 'app' })
    expect(made.accessKeyId).toMatch(/^STS\.[0-9a-f]{24}$/)
    expect(made.expiration).toEqual(new Date(START.getTime() + 3_600_000))
    const { principal, accessKeySecret } = await identify(made)
    expect(accessKeySecret).toBe(made.accessKeySecret)
    expect(principal).toMatchObject({
      accessKeyId: made.accessKeyId,
      lastingKeyId: 'LTAI1',
      owner: 'anna',
      names: ['anna', 'LTAI1', made.accessKeyId, 'arn:sts::anna:assumed-role/dev/app'],
    })
    expect(principal.limits).toHaveLength(2)
  })

  it('is SecurityTokenExpired from its last moment on', async () => {
    const made = session({ durationSeconds: 900 })
    const end = START.getTime() + 900_000
    expect((await identify(made, { at: end - 1 })).accessKeySecret).toBe(made.accessKeySecret)
    await expect(identify(made, { at: end })).rejects.toThrow(refusal('SecurityTokenExpired'))
  })

  it.each([
    ['removed', []],
    ['disabled', [{ ...parent, enabled: false }]],
    ['over', [{ ...parent, expiresAt: START }]],
    ['another one by now', [{ ...parent, accessKeySecret: 'new' }]],
  ])('is InvalidSecurityToken once its parent is %s', async (_, keys) => {
    await expect(identify(session(), { keys })).rejects.toThrow(refusal('InvalidSecurityToken'))
  })

  it('with the token of another is AccessKeyIdAndSecurityTokenNotMatch', async () => {
    const claim = { ...session(), accessKeyId: session().accessKeyId }
    await expect(identify(claim)).rejects.toThrow(refusal('AccessKeyIdAndSecurityTokenNotMatch'))
    const ofParent = { ...session(), accessKeyId: 'LTAI1' }
    await expect(identify(ofParent)).rejects.toThrow(refusal('AccessKeyIdAndSecurityTokenNotMatch'))
  })

  it('without its token is nobody', async () => {
    const { accessKeyId } = session()
    await expect(identify({ accessKeyId })).rejects.toThrow(refusal('InvalidAccessKeyId'))
  })

  it.each([
    [{ durationSeconds: 899 }, RangeError],
    [{ durationSeconds: 43_201 }, RangeError],
    [{ durationSeconds: 1000.5 }, RangeError],
    [{ session: 'a/b' }, RangeError],
    [{ policy: '{}' }, expect.objectContaining({ code: 'InvalidPolicyDocument' })],
  ])('is not made with %j', (options, error) => {
    expect(() => session(options)).toThrow(error)
  })
})

describe('a token', () => {
  const content = { accessKeyId: 'STS.1', accessKeySecret: 's', expiresAt: 5, role: 'a/b' }
  const token = sealToken(parent, content)

  it('opens to what was sealed, and differs each time', () => {
    expect(openToken(parent, token)).toEqual(content)
    expect(parentOf(token)).toBe('LTAI1')
    expect(sealToken(parent, content)).not.toBe(token)
  })

  it('opens no more after any change of it', () => {
    const bytes = Buffer.from(token, 'base64')
    const place = fc.integer({ min: 0, max: bytes.length - 1 })
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ flip
        expect(openToken(parent, changed.toString('base64'))).toBeUndefined()
      }),
    )
    fc.assert(
      fc.property(place, (length) => {
        const cut = bytes.subarray(0, length).toString('base64')
        expect(openToken(parent, cut)).toBeUndefined()
      }),
    )
  })

  it('is nothing that was made up', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(openToken(parent, text)).toBeUndefined()
      }),
    )
    expect(openToken(parent, `${token}\n`)).toBeUndefined()
  })
})

describe('rights', () => {
  const region = 'cn-hangzhou'
  function may(
    rights: Rights,
    action: string,
    bucket?: string,
    key?: string,
    prefix?: string,
  ): boolean {
    const policy = policyOf(rights)
    const facts = new Map(prefix === undefined ? [] : [['oss:prefix', prefix]])
    const question = { names: [], action, resource: { bucket, key, region }, facts }
    return policy === undefined || evaluate(policy, question) === 'allow'
  }

  const actions = [
    'oss:GetObject',
    'oss:PutObject',
    'oss:DeleteObject',
    'oss:AbortMultipartUpload',
    'oss:PutObjectAcl',
    'oss:PutBucketPolicy',
    'oss:DeleteBucket',
  ]

  it.each([
    ['administrator', [true, true, true, true, true, true, true]],
    ['read-write', [true, true, true, true, false, false, false]],
    ['read-only', [true, false, false, false, false, false, false]],
  ] as const)('of an %s are these', (role, expected) => {
    expect(actions.map((action) => may({ role }, action, 'photos', 'a'))).toEqual(expected)
    const bounded = { role, bucket: 'photos' }
    expect(actions.map((action) => may(bounded, action, 'photos', 'a'))).toEqual(expected)
    expect(actions.map((action) => may(bounded, action, 'music', 'a'))).not.toContain(true)
  })

  it.each(['administrator', 'read-write', 'read-only'] as const)(
    'of an %s within a prefix end there',
    (role) => {
      const rights = { role, bucket: 'photos', prefix: 'a*/' }
      expect(may(rights, 'oss:GetObject', 'photos', 'a*/cat.jpg')).toBe(true)
      expect(may(rights, 'oss:GetObject', 'photos', 'ab/cat.jpg')).toBe(false)
      expect(may(rights, 'oss:ListObjects', 'photos', undefined, 'a*/b')).toBe(true)
      expect(may(rights, 'oss:ListObjects', 'photos', undefined, 'a')).toBe(false)
      expect(may(rights, 'oss:ListObjects', 'photos')).toBe(false)
      expect(may(rights, 'oss:GetBucketInfo', 'photos')).toBe(true)
      expect(may(rights, 'oss:GetBucketPolicy', 'photos')).toBe(false)
      expect(may(rights, 'oss:PutBucket', 'photos')).toBe(false)
      expect(may(rights, 'oss:ListBuckets')).toBe(true)
      expect(may(rights, 'oss:DescribeRegions')).toBe(true)
    },
  )
})
