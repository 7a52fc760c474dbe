import { describe, expect, it } from 'vitest'
import { type ServiceAnswer, startTestService } from '../operations/service.ts'
import { keyOf, policyText, root } from './people.ts'

const stranger = keyOf('stranger', undefined, 'somebody else')
const service = await startTestService({ credentials: [root, stranger] })

const acls = ['private', 'public-read', 'public-read-write'] as const
type Acl = (typeof acls)[number]

/** Reads and overwrites `k` of a bucket; whether each was allowed. */
async function tries(
  bucket: string,
  as: 'anonymous' | typeof stranger,
): Promise<readonly [read: boolean, write: boolean]> {
  const may = ({ status, code }: ServiceAnswer): boolean => {
    if (status !== 200) expect([status, code]).toEqual([403, 'AccessDenied'])
    return status === 200
  }
  const read = may(await service.call({ method: 'GET', bucket, key: 'k', as }))
  const write = may(await service.call({ method: 'PUT', bucket, key: 'k', body: 'theirs', as }))
  return [read, write]
}

async function make(acl: Acl, objectAcl: Acl | 'default', policy?: string): Promise<string> {
  const bucket = await service.makeBucket({ headers: { 'x-oss-acl': acl } })
  const headers = { 'x-oss-object-acl': objectAcl }
  const put = await service.call({ method: 'PUT', bucket, key: 'k', body: 'ours', headers })
  expect(put.status, put.text).toBe(200)
  if (policy !== undefined) {
    const set = await service.call({ method: 'PUT', bucket, query: { policy: '' }, body: policy })
    expect(set.status, set.text).toBe(200)
  }
  return bucket
}

const grants: Record<Acl, readonly [boolean, boolean]> = {
  private: [false, false],
  'public-read': [true, false],
  'public-read-write': [true, true],
}

describe.each(['anonymous', stranger] as const)('somebody else than the owner (%s)', (as) => {
  const cases = acls.flatMap((acl) =>
    (['default', ...acls] as const).map((objectAcl) => [acl, objectAcl] as const),
  )

  it.each(cases)(
    'may with an object in a bucket that is %s what the ACL %s of the object says',
    async (acl, objectAcl) => {
      const bucket = await make(acl, objectAcl)
      expect(await tries(bucket, as)).toEqual(grants[objectAcl === 'default' ? acl : objectAcl])
    },
  )

  it.each(cases)(
    'may nothing that the policy denies, %s and %s though it is',
    async (acl, objectAcl) => {
      const bucket = await make(acl, objectAcl, policyText({ Effect: 'Deny', Action: 'oss:Put*' }))
      const [read] = grants[objectAcl === 'default' ? acl : objectAcl]
      expect(await tries(bucket, as)).toEqual([read, false])
    },
  )

  it.each(cases)(
    'may all that the policy allows, %s and %s though it is',
    async (acl, objectAcl) => {
      const bucket = await make(
        acl,
        objectAcl,
        policyText({ Principal: '*', Action: 'oss:GetObject' }),
      )
      const [, write] = grants[objectAcl === 'default' ? acl : objectAcl]
      expect(await tries(bucket, as)).toEqual([true, write])
    },
  )
})

describe('an anonymous request', () => {
  const anonymously = { as: 'anonymous' } as const

  it('uploads in parts only where everybody may write', async () => {
    const initiate = { method: 'POST', key: 'k', query: { uploads: '' }, ...anonymously }
    const open = await make('public-read-write', 'default')
    expect((await service.call({ ...initiate, bucket: open })).status).toBe(200)
    for (const acl of ['private', 'public-read'] as const) {
      const closed = await make(acl, 'default')
      expect((await service.call({ ...initiate, bucket: closed })).code).toBe('AccessDenied')
    }
  })

  it('learns and changes nothing of a bucket, however public it is', async () => {
    const bucket = await make('public-read-write', 'default')
    for (const query of ['acl', 'bucketInfo', 'location', 'uploads', 'policy']) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const answer = await service.call({
          method,
          bucket,
          query: { [query]: '' },
          ...anonymously,
        })
        expect(answer.status, `${method} ?${query}`).toBeGreaterThanOrEqual(400)
        expect(answer.status, `${method} ?${query}`).toBeLessThan(500)
      }
    }
    expect((await service.call({ method: 'DELETE', bucket, ...anonymously })).code).toBe(
      'AccessDenied',
    )
  })

  it('neither lists nor makes buckets', async () => {
    expect((await service.call({ method: 'GET', ...anonymously })).code).toBe('AccessDenied')
    const made = await service.call({ method: 'PUT', bucket: 'of-nobody', ...anonymously })
    expect(made.code).toBe('AccessDenied')
  })

  it('does not learn whether there is an object in a private bucket', async () => {
    const bucket = await make('private', 'default')
    for (const key of ['k', 'none', 'x'.repeat(1024)]) {
      const answer = await service.call({ method: 'GET', bucket, key, ...anonymously })
      expect(answer.code, key).toBe('AccessDenied')
    }
  })
})

describe('a policy', () => {
  it('lets a key of another owner in, within what it names', async () => {
    const bucket = await make(
      'private',
      'default',
      policyText({ Principal: 'stranger', Resource: 'acs:oss:*:*:*/k*' }),
    )
    const get = async (key: string) =>
      (await service.call({ method: 'GET', bucket, key, as: stranger })).code
    expect(await get('k')).toBeUndefined()
    expect(await get('other')).toBe('AccessDenied')
    expect(await tries(bucket, 'anonymous')).toEqual([false, false])
  })

  it('judges by the address of the peer and the prefix that is listed', async () => {
    const here = { IpAddress: { 'acs:SourceIp': '127.0.0.0/8' } }
    const bucket = await make(
      'private',
      'default',
      policyText({
        Action: 'oss:ListObjects',
        Condition: { ...here, StringLike: { 'oss:Prefix': 'a/*' } },
      }),
    )
    const list = async (prefix: string): Promise<number> =>
      (await service.call({ method: 'GET', bucket, query: { prefix }, as: 'anonymous' })).status
    expect(await list('a/')).toBe(200)
    expect(await list('b/')).toBe(403)
    const elsewhere = await make(
      'private',
      'default',
      policyText({ Condition: { NotIpAddress: { 'acs:SourceIp': '127.0.0.0/8' } } }),
    )
    expect(await tries(elsewhere, 'anonymous')).toEqual([false, false])
  })

  it('that keeps everybody out can be taken back by an administrator', async () => {
    const bucket = await make('private', 'default', policyText({ Effect: 'Deny' }))
    expect((await service.call({ method: 'GET', bucket, key: 'k' })).code).toBe('AccessDenied')
    const gone = await service.call({ method: 'DELETE', bucket, query: { policy: '' } })
    expect(gone.status).toBe(204)
    expect((await service.call({ method: 'GET', bucket, key: 'k' })).text).toBe('ours')
  })
})
