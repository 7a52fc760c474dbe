import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesUnprovedKeys } from './strangers.ts'

const alice = { accessKeyId: 'alice-key', accessKeySecret: 'secret of alice', owner: 'alice' }
const bob = { accessKeyId: 'bob-key', accessKeySecret: 'secret of bob', owner: 'bob' }
const service = await startTestService({ credentials: [alice, bob] })
const bucket = await service.makeBucket()
const query = { acl: '' }

async function grantOf(name: string): Promise<string | undefined> {
  const { text } = await service.call({ method: 'GET', bucket: name, query })
  return elementOf(text, 'Grant')
}

function putAcl(
  name: string,
  headers: Record<string, string>,
  as = alice,
): ReturnType<typeof service.call> {
  return service.call({ method: 'PUT', bucket: name, query, headers, as })
}

describe('PutBucketAcl', () => {
  it.each(['public-read', 'public-read-write', 'authenticated-read', 'private'])(
    'sets %s',
    async (acl) => {
      expect((await putAcl(bucket, { 'x-oss-acl': acl })).status).toBe(200)
      expect(await grantOf(bucket)).toBe(acl)
    },
  )

  it('makes a bucket that is not there', async () => {
    expect((await putAcl('made-by-acl', { 'x-oss-acl': 'public-read' })).status).toBe(200)
    expect(await grantOf('made-by-acl')).toBe('public-read')
  })

  it('changes nothing without a header', async () => {
    await putAcl(bucket, { 'x-oss-acl': 'public-read' })
    expect((await putAcl(bucket, {})).status).toBe(200)
    expect(await grantOf(bucket)).toBe('public-read')
  })

  it('refuses an ACL that is none', async () => {
    const answer = await putAcl(bucket, { 'x-oss-acl': 'default' })
    expect([answer.status, answer.code]).toEqual([400, 'InvalidArgument'])
  })

  it('refuses somebody else’s bucket as one whose name is taken', async () => {
    const answer = await putAcl(bucket, { 'x-oss-acl': 'private' }, bob)
    expect([answer.status, answer.code]).toEqual([409, 'BucketAlreadyExists'])
  })

  itRefusesUnprovedKeys(service, { method: 'PUT', bucket: 'not-made', query })
})
