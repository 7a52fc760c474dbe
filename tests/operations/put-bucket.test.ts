import { describe, expect, it } from 'vitest'
import { elementOf } from '../support/oss-wire.ts'
import { startTestService } from './service.ts'
import { itRefusesUnprovedKeys } from './strangers.ts'

const alice = { accessKeyId: 'alice-key', accessKeySecret: 'secret of alice', owner: 'alice' }
const bob = { accessKeyId: 'bob-key', accessKeySecret: 'secret of bob', owner: 'bob' }
const service = await startTestService({ credentials: [alice, bob] })

const configured = (inner: string): string =>
  `<CreateBucketConfiguration>${inner}</CreateBucketConfiguration>`

async function infoOf(bucket: string): Promise<string> {
  const { text } = await service.call({ method: 'GET', bucket, query: { bucketInfo: '' } })
  return text
}

describe('PutBucket', () => {
  it('answers 200 with where the bucket is, and the bucket is private and Standard', async () => {
    const answer = await service.call({ method: 'PUT', bucket: 'first-bucket' })
    expect([answer.status, answer.statusText, answer.text]).toEqual([200, 'OK', ''])
    expect(answer.headers.get('location')).toBe('/first-bucket')
    const info = await infoOf('first-bucket')
    expect(['Grant', 'StorageClass', 'DataRedundancyType'].map((n) => elementOf(info, n))).toEqual([
      'private',
      'Standard',
      'LRS',
    ])
  })

  it('takes the storage class and the redundancy out of its body, blanks before it or not', async () => {
    const inner =
      '<StorageClass>IA</StorageClass><DataRedundancyType>ZRS</DataRedundancyType>' +
      '<LocationConstraint>oss-cn-hangzhou</LocationConstraint>'
    const body = `\n  <?xml version="1.0" encoding="UTF-8"?>${configured(inner)}`
    const { status } = await service.call({ method: 'PUT', bucket: 'ia-bucket', body })
    expect(status).toBe(200)
    const info = await infoOf('ia-bucket')
    expect([elementOf(info, 'StorageClass'), elementOf(info, 'DataRedundancyType')]).toEqual([
      'IA',
      'ZRS',
    ])
  })

  it('changes the ACL of one’s own bucket, and keeps it where none is given', async () => {
    const put = (headers: Record<string, string> = {}): ReturnType<typeof service.call> =>
      service.call({ method: 'PUT', bucket: 'acl-bucket', headers })
    expect((await put({ 'x-oss-acl': 'public-read' })).status).toBe(200)
    expect((await put()).status).toBe(200)
    expect(elementOf(await infoOf('acl-bucket'), 'Grant')).toBe('public-read')
    expect((await put({ 'x-oss-acl': 'private' })).status).toBe(200)
    expect(elementOf(await infoOf('acl-bucket'), 'Grant')).toBe('private')
  })

  it('sets how objects are encrypted where nobody says otherwise', async () => {
    const headers = {
      'x-oss-server-side-encryption': 'KMS',
      'x-oss-server-side-data-encryption': 'SM4',
      'x-oss-server-side-encryption-key-id': 'a-key',
    }
    await service.makeBucket({ name: 'encrypted-bucket', headers })
    const info = await infoOf('encrypted-bucket')
    const names = ['SSEAlgorithm', 'KMSDataEncryption', 'KMSMasterKeyID']
    expect(names.map((name) => elementOf(info, name))).toEqual(['KMS', 'SM4', 'a-key'])
  })

  it('refuses to change the storage class of a bucket', async () => {
    await service.makeBucket({ name: 'standard-bucket' })
    const body = configured('<StorageClass>IA</StorageClass>')
    const answer = await service.call({ method: 'PUT', bucket: 'standard-bucket', body })
    expect([answer.status, answer.code]).toEqual([409, 'BucketAlreadyExists'])
    expect(elementOf(answer.text, 'Message')).toMatch(
      /^Cannot modify existing bucket's storage class/,
    )
  })

  it('refuses a name that is somebody else’s', async () => {
    await service.makeBucket({ name: 'of-alice' })
    const answer = await service.call({ method: 'PUT', bucket: 'of-alice', as: bob })
    expect([answer.status, answer.code]).toEqual([409, 'BucketAlreadyExists'])
  })

  it.each([
    ['a name of two letters', 'xx', {}, '', 'InvalidBucketName'],
    ['a name in capitals', 'XXXX', {}, '', 'InvalidBucketName'],
    ['a name with an underscore', '_bucket', {}, '', 'InvalidBucketName'],
    ['an ACL that is none', 'bad-bucket', { 'x-oss-acl': 'open' }, '', 'InvalidArgument'],
    ['a class that is none', 'bad-bucket', {}, '<StorageClass>Warm</StorageClass>', 'Invalid'],
    [
      'another region',
      'bad-bucket',
      {},
      '<LocationConstraint>oss-us-west-1</LocationConstraint>',
      'InvalidLocationConstraint',
    ],
    ['a body that is no XML', 'bad-bucket', {}, '<StorageClass>', 'MalformedXML'],
  ])('refuses %s, and no bucket is made', async (_, bucket, headers, inner, code) => {
    const body = inner === '' ? '' : configured(inner)
    const answer = await service.call({ method: 'PUT', bucket, headers: { ...headers }, body })
    expect(answer.status).toBe(400)
    expect(answer.code).toMatch(code)
    expect((await service.call({ method: 'HEAD', bucket })).status).toBe(404)
  })

  itRefusesUnprovedKeys(service, { method: 'PUT', bucket: 'not-made' })
})
