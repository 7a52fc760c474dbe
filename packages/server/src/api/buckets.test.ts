import { expect, test } from 'vitest'
import {
  anonymous,
  elementOf,
  elementsOf,
  type OpenService,
  openService,
  put,
  refusalOf,
} from './api-samples.contract.ts'
import { deleteBucket } from './delete-bucket.ts'
import { getBucketAcl } from './get-bucket-acl.ts'
import { getBucketInfo } from './get-bucket-info.ts'
import { getBucketLocation } from './get-bucket-location.ts'
import { headBucket } from './head-bucket.ts'
import { listBuckets } from './list-buckets.ts'
import { putBucket } from './put-bucket.ts'
import { putBucketAcl } from './put-bucket-acl.ts'

function configuration(inner: string): string {
  return `\n <?xml version="1.0" encoding="UTF-8"?>\n<CreateBucketConfiguration>${inner}</CreateBucketConfiguration>`
}

test('PutBucket makes a bucket of what its body and its x-oss-acl ask for', async () => {
  const { ask, store } = await openService()
  const reply = await ask(putBucket, {
    bucket: 'films',
    headers: { 'x-oss-acl': 'public-read' },
    body: configuration(
      '<LocationConstraint>oss-cn-hangzhou</LocationConstraint><StorageClass>IA</StorageClass><DataRedundancyType>ZRS</DataRedundancyType>',
    ),
  })
  expect(reply).toEqual({ status: 200, headers: { Location: '/films' } })
  expect(await store.getBucket('films')).toMatchObject({
    owner: 'alice',
    acl: 'public-read',
    storageClass: 'IA',
    dataRedundancyType: 'ZRS',
  })
})

test('PutBucket of a bucket of one’s own succeeds and keeps what it does not name', async () => {
  const { ask, store } = await openService()
  await ask(putBucket, { headers: { 'x-oss-acl': 'public-read' } })
  expect(await ask(putBucket)).toMatchObject({ status: 200 })
  expect(await store.getBucket('photos')).toMatchObject({ acl: 'public-read' })
})

test.each([
  ['a name in upper case', { bucket: 'FILMS' }, 'InvalidBucketName', 400],
  ['a name of two characters', { bucket: 'xx' }, 'InvalidBucketName', 400],
  ['a name that begins with a hyphen', { bucket: '-films' }, 'InvalidBucketName', 400],
  ['an unknown ACL', { headers: { 'x-oss-acl': 'default' } }, 'InvalidArgument', 400],
  [
    'another region',
    { body: configuration('<LocationConstraint>oss-mars</LocationConstraint>') },
    'InvalidLocationConstraint',
    400,
  ],
  [
    'an unknown storage class',
    { body: configuration('<StorageClass>Cold</StorageClass>') },
    'InvalidArgument',
    400,
  ],
  [
    'another storage class than it has',
    { body: configuration('<StorageClass>IA</StorageClass>') },
    'BucketAlreadyExists',
    409,
  ],
  ['broken XML', { body: '<CreateBucketConfiguration>' }, 'MalformedXML', 400],
  [
    'an unknown encryption',
    { headers: { 'x-oss-server-side-encryption': 'AES128' } },
    'InvalidEncryptionAlgorithmError',
    400,
  ],
  [
    'a key id without an encryption',
    { headers: { 'x-oss-server-side-encryption-key-id': 'key' } },
    'InvalidArgument',
    400,
  ],
  ['nobody who could own it', { principal: anonymous }, 'AccessDenied', 403],
])('PutBucket refuses %s', async (_, asking, code, status) => {
  const { ask } = await openService()
  expect(await refusalOf(ask(putBucket, asking))).toMatchObject({ code, status })
})

test('an unknown ACL is named in the refusal', async () => {
  const { ask } = await openService()
  const refusal = await refusalOf(ask(putBucket, { headers: { 'x-oss-acl': 'public' } }))
  expect(refusal).toMatchObject({
    message: 'no such bucket access control exists',
    details: { ArgumentName: 'x-oss-acl', ArgumentValue: 'public' },
  })
})

test('PutBucketAcl changes the ACL, keeps it when none is given, and makes a missing bucket', async () => {
  const { ask, store } = await openService()
  await ask(putBucketAcl, { headers: { 'x-oss-acl': 'public-read-write' } })
  await ask(putBucketAcl)
  expect(await store.getBucket('photos')).toMatchObject({ acl: 'public-read-write' })
  await ask(putBucketAcl, { bucket: 'films', headers: { 'x-oss-acl': 'public-read' } })
  expect(await store.getBucket('films')).toMatchObject({ owner: 'alice', acl: 'public-read' })
})

test('GetBucketAcl says whose the bucket is and what it grants', async () => {
  const { ask } = await openService()
  const { status, xml } = await ask(getBucketAcl)
  expect(status).toBe(200)
  expect(xml).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<AccessControlPolicy><Owner><ID>alice</ID><DisplayName>alice</DisplayName></Owner><AccessControlList><Grant>private</Grant></AccessControlList></AccessControlPolicy>',
  )
})

test('GetBucketInfo has every element that SDKs read', async () => {
  const { ask } = await openService()
  const { xml } = await ask(getBucketInfo)
  const elements = {
    Name: 'photos',
    Location: 'oss-cn-hangzhou',
    ExtranetEndpoint: 'oss-cn-hangzhou.aliyuncs.com',
    IntranetEndpoint: 'oss-cn-hangzhou-internal.aliyuncs.com',
    StorageClass: 'Standard',
    DataRedundancyType: 'LRS',
    CreationDate: '2026-11-22T10:00:00.000Z',
    ID: 'alice',
    DisplayName: 'alice',
    Grant: 'private',
    SSEAlgorithm: 'None',
    AccessMonitor: 'Disabled',
    TransferAcceleration: 'Disabled',
    CrossRegionReplication: 'Disabled',
    BlockPublicAccess: 'true',
    Comment: '',
    LogBucket: '',
    LogPrefix: '',
  }
  const found = Object.keys(elements).map((name) => [name, elementOf(xml, name)])
  expect(Object.fromEntries(found)).toEqual(elements)
  expect(elementOf(xml, 'ResourceGroupId')).not.toBe('')
})

test('GetBucketLocation is the region behind oss-', async () => {
  const { ask } = await openService()
  expect(await ask(getBucketLocation)).toEqual({
    status: 200,
    xml: '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint>oss-cn-hangzhou</LocationConstraint>',
  })
})

test('HeadBucket says that there is one, and where', async () => {
  const { ask } = await openService()
  expect(await ask(headBucket)).toEqual({
    status: 200,
    headers: { 'x-oss-bucket-region': 'oss-cn-hangzhou' },
  })
})

test('DeleteBucket deletes an empty bucket and answers 204', async () => {
  const { ask } = await openService()
  expect(await ask(deleteBucket)).toEqual({ status: 204 })
})

test.each([getBucketAcl, getBucketInfo, getBucketLocation, headBucket, deleteBucket])(
  '$name of a missing bucket is refused',
  async (operation) => {
    const { ask } = await openService()
    expect(await refusalOf(ask(operation, { bucket: 'films' }))).toMatchObject({
      code: 'NoSuchBucket',
      status: 404,
      ec: '0015-00000101',
    })
  },
)

test('DeleteBucket refuses a bucket with objects', async () => {
  const service = await openService()
  await put(service, 'cat.jpg', 'bytes')
  expect(await refusalOf(service.ask(deleteBucket))).toMatchObject({ code: 'BucketNotEmpty' })
})

async function withBuckets(...names: string[]): Promise<OpenService> {
  const service = await openService()
  for (const bucket of names) await service.ask(putBucket, { bucket })
  return service
}

test('ListBuckets names the buckets of whoever asks, with all that SDKs read of each', async () => {
  const { ask, store } = await withBuckets('films')
  await store.putBucket({ name: 'secret', owner: 'bob' })
  const { xml } = await ask(listBuckets)
  expect(elementsOf(xml, 'Name')).toEqual(['films', 'photos'])
  expect(elementOf(xml, 'ID')).toBe('alice')
  for (const [name, text] of [
    ['Location', 'oss-cn-hangzhou'],
    ['Region', 'cn-hangzhou'],
    ['StorageClass', 'Standard'],
    ['CreationDate', '2026-11-22T10:00:00.000Z'],
    ['ExtranetEndpoint', 'oss-cn-hangzhou.aliyuncs.com'],
    ['IntranetEndpoint', 'oss-cn-hangzhou-internal.aliyuncs.com'],
  ] as const) {
    expect(elementOf(xml, name)).toBe(text)
  }
})

test('ListBuckets pages by name', async () => {
  const { ask } = await withBuckets('ant-1', 'ant-2', 'ant-3', 'bee')
  const first = await ask(listBuckets, { query: 'prefix=ant&max-keys=2' })
  expect(elementsOf(first.xml, 'Name')).toEqual(['ant-1', 'ant-2'])
  expect(elementOf(first.xml, 'IsTruncated')).toBe('true')
  expect(elementOf(first.xml, 'MaxKeys')).toBe('2')
  const marker = elementOf(first.xml, 'NextMarker')
  const second = await ask(listBuckets, { query: `prefix=ant&max-keys=2&marker=${marker}` })
  expect(elementsOf(second.xml, 'Name')).toEqual(['ant-3'])
  expect(elementOf(second.xml, 'IsTruncated')).not.toBe('true')
})

test.each([
  ['max-keys=0', 'max-keys', '0'],
  ['max-keys=1001', 'max-keys', '1001'],
  ['max-keys=x', 'max-keys', 'x'],
  ['prefix=Films', 'prefix', 'Films'],
])('ListBuckets refuses %s', async (query, name, value) => {
  const { ask } = await openService()
  expect(await refusalOf(ask(listBuckets, { query }))).toMatchObject({
    code: 'InvalidArgument',
    status: 400,
    details: { ArgumentName: name, ArgumentValue: value },
  })
})
