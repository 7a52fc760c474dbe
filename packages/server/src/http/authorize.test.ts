import { Query } from '@lading/protocol'
import { describe, expect, it, test } from 'vitest'
import type { KeyPrincipal, Principal } from '../access/principal.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import { type Asked, authorize, maySeeBucket } from './authorize.ts'
import { factsOf, requiredActions } from './required-access.ts'

const region = 'cn-hangzhou'
const holder = { kind: 'key', lastingKeyId: 'k', limits: [] } as const
const owner: KeyPrincipal = { ...holder, accessKeyId: 'a', owner: 'one', names: ['one', 'a'] }
const other: KeyPrincipal = { ...holder, accessKeyId: 'b', owner: 'two', names: ['two', 'b'] }
const anonymous: Principal = { kind: 'anonymous' }

interface World {
  readonly acl?: string
  readonly objectAcl?: string
  readonly policy?: readonly object[]
}

function document(...statements: readonly object[]): string {
  const complete = statements.map((statement) => ({
    Effect: 'Allow',
    Action: 'oss:*',
    Resource: '*',
    ...statement,
  }))
  return JSON.stringify({ Version: '1', Statement: complete })
}

/** Whether it is allowed on `b/k`, of `one`. */
async function allowed(
  principal: Principal,
  { acl = 'private', objectAcl, policy }: World = {},
  asked: Partial<Asked> = {},
): Promise<boolean> {
  const lookups = {
    region,
    findPolicy: async () => policy && parsePolicy(document(...policy), 'bucket'),
    findObjectAcl: async () => objectAcl,
  }
  const bucket = { name: 'b', owner: 'one', acl }
  try {
    await authorize(
      {
        actions: ['oss:GetObject'],
        access: 'read',
        bucket,
        key: 'k',
        versionId: undefined,
        ...asked,
      },
      principal,
      new Map(),
      lookups,
    )
    return true
  } catch (error) {
    expect(error).toMatchObject({ code: 'AccessDenied', status: 403 })
    return false
  }
}

const accesses = ['read', 'write', 'owner'] as const

/** Whether each kind of access is allowed. */
async function all(principal: Principal, world: World, asked?: Partial<Asked>): Promise<boolean[]> {
  return Promise.all(accesses.map((access) => allowed(principal, world, { ...asked, access })))
}

describe('a bucket that is', () => {
  test.each([
    ['private', [false, false, false]],
    ['public-read', [true, false, false]],
    ['public-read-write', [true, true, false]],
  ])('%s grants others exactly that, of the bucket and of objects', async (acl, grants) => {
    for (const principal of [other, anonymous]) {
      expect(await all(principal, { acl })).toEqual(grants)
      expect(await all(principal, { acl }, { key: undefined })).toEqual(grants)
    }
    expect(await all(owner, { acl })).toEqual([true, true, true])
  })

  test('authenticated-read is read by every key, and by nobody without one', async () => {
    const world = { acl: 'authenticated-read' }
    expect(await all(other, world)).toEqual([true, false, false])
    expect(await all(anonymous, world)).toEqual([false, false, false])
  })
})

describe("an object's own ACL", () => {
  it.each([
    ['private', [false, false, false]],
    ['public-read', [true, false, false]],
    ['public-read-write', [true, true, false]],
  ])('of %s goes before that of any bucket', async (objectAcl, grants) => {
    for (const acl of ['private', 'public-read-write']) {
      expect(await all(anonymous, { acl, objectAcl })).toEqual(grants)
    }
  })

  it('says nothing about the bucket', async () => {
    const world = { objectAcl: 'public-read-write' }
    expect(await all(anonymous, world, { key: undefined })).toEqual([false, false, false])
  })

  it('is not looked up where it could not decide', async () => {
    const lookups = {
      region,
      findPolicy: async () => undefined,
      findObjectAcl: (): never => {
        throw new Error('looked up')
      },
    }
    const bucket = { name: 'b', owner: 'one', acl: 'private' }
    const asked = { actions: ['oss:ListParts'], bucket, key: 'k', versionId: undefined }
    await authorize({ ...asked, access: 'read' }, owner, new Map(), lookups)
    await expect(
      authorize({ ...asked, access: 'owner' }, other, new Map(), lookups),
    ).rejects.toMatchObject({ code: 'AccessDenied' })
  })
})

describe('the policy of a bucket', () => {
  it('lets in whom no ACL does, for what it names alone', async () => {
    const policy = [{ Action: 'oss:PutObject', Principal: '*' }]
    expect(await allowed(anonymous, { policy }, { actions: ['oss:PutObject'] })).toBe(true)
    expect(await allowed(anonymous, { policy })).toBe(false)
    const both = { actions: ['oss:PutObject', 'oss:PutObjectAcl'] }
    expect(await allowed(anonymous, { policy }, both)).toBe(false)
  })

  it('lets in one key and no other', async () => {
    const policy = [{ Principal: 'b' }]
    expect(await allowed(other, { policy })).toBe(true)
    expect(await allowed(anonymous, { policy })).toBe(false)
  })

  it('keeps out whom an ACL lets in, and the owner too', async () => {
    const policy = [{ Effect: 'Deny', Action: 'oss:GetObject' }]
    const world = { acl: 'public-read', policy }
    for (const principal of [owner, other, anonymous]) {
      expect(await allowed(principal, world)).toBe(false)
    }
  })

  it('that denies everything can be taken back by an administrator of the owner alone', async () => {
    const policy = [{ Effect: 'Deny' }]
    const mend: Partial<Asked> = {
      actions: ['oss:DeleteBucketPolicy'],
      access: 'owner',
      key: undefined,
    }
    expect(await allowed(owner, { policy }, mend)).toBe(true)
    expect(await allowed(owner, { policy })).toBe(false)
    expect(await allowed(other, { policy }, mend)).toBe(false)
    const limited = { ...owner, limits: [parsePolicy(document({}), 'session')] }
    expect(await allowed(limited, { policy }, mend)).toBe(false)
  })
})

describe('the limits of a key', () => {
  const limits = (...statements: readonly object[]) => [
    parsePolicy(document(...statements), 'session'),
  ]

  it('bind it in buckets of its own and in public ones, and whatever a policy allows', async () => {
    const limited = { ...owner, limits: limits({ Action: 'oss:PutObject' }) }
    expect(await allowed(limited)).toBe(false)
    const stranger = { ...other, limits: limited.limits }
    expect(await allowed(stranger, { acl: 'public-read' })).toBe(false)
    expect(await allowed(stranger, { policy: [{}] })).toBe(false)
    expect(await allowed(limited, {}, { actions: ['oss:PutObject'], access: 'write' })).toBe(true)
  })

  it('all have to allow it', async () => {
    const [get, put] = [limits({ Action: 'oss:Get*' }), limits({ Action: 'oss:Put*' })]
    expect(await allowed({ ...owner, limits: [...get, ...get] })).toBe(true)
    expect(await allowed({ ...owner, limits: [...get, ...put] })).toBe(false)
  })

  it('give nothing that its owner has not', async () => {
    expect(await allowed({ ...other, limits: limits({}) })).toBe(false)
  })

  it('hide the buckets that they do not reach', () => {
    const limited = { ...owner, limits: limits({ Resource: 'acs:oss:*:*:b' }) }
    expect(maySeeBucket(limited, 'b', new Map(), region)).toBe(true)
    expect(maySeeBucket(limited, 'c', new Map(), region)).toBe(false)
    expect(maySeeBucket(owner, 'c', new Map(), region)).toBe(true)
  })
})

test('the service and new buckets are for keys only', async () => {
  const service = { bucket: undefined, key: undefined, access: 'owner' } as const
  expect(await allowed(other, {}, service)).toBe(true)
  expect(await allowed(anonymous, {}, service)).toBe(false)
  expect(await allowed(other, {}, { ...service, newBucket: 'n' })).toBe(true)
  // Whose it is, is the operation's to tell.
  expect(await allowed(other, {}, { access: 'owner', key: undefined, newBucket: 'b' })).toBe(true)
  const open = { acl: 'public-read-write' }
  expect(await allowed(anonymous, open, { access: 'owner', newBucket: 'b' })).toBe(false)
})

describe('a request needs leave', () => {
  const actions = (name: string, action: string, query = '', headers = {}): readonly string[] =>
    requiredActions(
      { name, action, resource: 'object' },
      Query.parse(query),
      new Map(Object.entries(headers)),
      { makesBucket: false },
    )

  it('also to publish and to tag what it makes', () => {
    const headers = { 'x-oss-object-acl': 'public-read', 'x-oss-tagging': 'a=b' }
    expect(actions('PutObject', 'oss:PutObject', '', headers)).toEqual([
      'oss:PutObject',
      'oss:PutObjectAcl',
      'oss:PutObjectTagging',
    ])
    expect(actions('PutObject', 'oss:PutObject', '', { 'x-oss-object-acl': 'default' })).toEqual([
      'oss:PutObject',
    ])
    expect(actions('UploadPart', 'oss:PutObject', '', headers)).toEqual(['oss:PutObject'])
    expect(actions('InitiateMultipartUpload', 'oss:PutObject', '', headers)).toEqual([
      'oss:PutObject',
      'oss:PutObjectAcl',
      'oss:PutObjectTagging',
    ])
    expect(actions('CompleteMultipartUpload', 'oss:PutObject', '', headers)).toEqual([
      'oss:PutObject',
      'oss:PutObjectAcl',
    ])
  })

  it('also for what it sets on the bucket that it makes, which may be there already', () => {
    const headers = { 'x-oss-acl': 'public-read', 'x-oss-server-side-encryption': 'AES256' }
    expect(actions('PutBucket', 'oss:PutBucket', '', headers)).toEqual([
      'oss:PutBucket',
      'oss:PutBucketAcl',
      'oss:PutBucketEncryption',
    ])
  })

  it('also for the version that it names', () => {
    expect(actions('GetObject', 'oss:GetObject', 'versionId=null')).toEqual([
      'oss:GetObject',
      'oss:GetObjectVersion',
    ])
  })
})

describe('the facts of a request', () => {
  const facts = (changes: Partial<Parameters<typeof factsOf>[0]> = {}) =>
    factsOf({
      remote: '::ffff:10.1.2.3',
      scheme: 'https',
      time: new Date('2026-11-22T10:00:00Z'),
      query: Query.parse('prefix=a/&delimiter=/&max-keys=5'),
      headers: new Map([['x-forwarded-for', '1.1.1.1']]),
      action: 'oss:ListObjects',
      ...changes,
    })

  it('are where it comes from and how, and what it lists', () => {
    expect(Object.fromEntries(facts())).toEqual({
      'acs:sourceip': '10.1.2.3',
      'acs:securetransport': 'true',
      'acs:currenttime': '2026-11-22T10:00:00.000Z',
      'oss:prefix': 'a/',
      'oss:delimiter': '/',
      'oss:maxkeys': '5',
    })
  })

  it('have an empty prefix where a listing names none, and no prefix for anything else', () => {
    expect(facts({ query: Query.parse('') }).get('oss:prefix')).toBe('')
    expect(facts({ action: 'oss:GetObject' }).has('oss:prefix')).toBe(false)
  })
})
