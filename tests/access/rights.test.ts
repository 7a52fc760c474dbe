import { describe, expect, it, test } from 'vitest'
import { type ServiceRequest, startTestService } from '../operations/service.ts'
import { elementsOf } from '../support/oss-wire.ts'
import { keyOf, root } from './people.ts'

const keys = {
  administrator: keyOf('administrator'),
  'read-write': keyOf('read-write', { role: 'read-write' }),
  'read-only': keyOf('read-only', { role: 'read-only' }),
  'read-write of photos': keyOf('rw-photos', { role: 'read-write', bucket: 'photos' }),
  'read-write of photos/a/': keyOf('rw-a', { role: 'read-write', bucket: 'photos', prefix: 'a/' }),
  'read-only of photos': keyOf('ro-photos', { role: 'read-only', bucket: 'photos' }),
  'administrator of photos': keyOf('all-photos', { role: 'administrator', bucket: 'photos' }),
  'administrator of music': keyOf('all-music', { role: 'administrator', bucket: 'music' }),
  'administrator of another owner': keyOf('stranger', undefined, 'somebody else'),
}
type Who = keyof typeof keys

const service = await startTestService({ credentials: [root, ...Object.values(keys)] })
for (const name of ['photos', 'music']) await service.makeBucket({ name })
for (const key of ['a/cat', 'b/cat']) {
  await service.call({ method: 'PUT', bucket: 'photos', key, body: 'cat' })
}
const initiated = await service.call({
  method: 'POST',
  bucket: 'photos',
  key: 'a/big',
  query: { uploads: '' },
})
const [uploadId = ''] = elementsOf(initiated.text, 'UploadId')

const photos = { bucket: 'photos' }
const asks: Record<string, ServiceRequest> = {
  'GET b/cat': { method: 'GET', ...photos, key: 'b/cat' },
  'GET a/cat': { method: 'GET', ...photos, key: 'a/cat' },
  'HEAD a/cat': { method: 'HEAD', ...photos, key: 'a/cat' },
  'PUT a/new': { method: 'PUT', ...photos, key: 'a/new', body: 'x' },
  'PUT b/new': { method: 'PUT', ...photos, key: 'b/new', body: 'x' },
  'PUT a/new, public': {
    method: 'PUT',
    ...photos,
    key: 'a/new',
    body: 'x',
    headers: { 'x-oss-object-acl': 'public-read' },
  },
  'DELETE a/new': { method: 'DELETE', ...photos, key: 'a/new' },
  'initiate a/big': { method: 'POST', ...photos, key: 'a/big', query: { uploads: '' } },
  'initiate a/big, public': {
    method: 'POST',
    ...photos,
    key: 'a/big',
    query: { uploads: '' },
    headers: { 'x-oss-object-acl': 'public-read' },
  },
  'list parts': { method: 'GET', ...photos, key: 'a/big', query: { uploadId } },
  'list photos': { method: 'GET', ...photos },
  'list photos a/': { method: 'GET', ...photos, query: { prefix: 'a/' } },
  'list uploads': { method: 'GET', ...photos, query: { uploads: '' } },
  'bucket info': { method: 'GET', ...photos, query: { bucketInfo: '' } },
  'get bucket ACL': { method: 'GET', ...photos, query: { acl: '' } },
  'put bucket ACL': {
    method: 'PUT',
    ...photos,
    query: { acl: '' },
    headers: { 'x-oss-acl': 'private' },
  },
  'make photos': { method: 'PUT', ...photos },
  'list buckets': { method: 'GET' },
}

const everything = Object.keys(asks)
const reading = everything.filter((name) => /^(GET|HEAD|list|bucket|get)/.test(name))
const writing = ['PUT a/new', 'PUT b/new', 'DELETE a/new', 'initiate a/big']

/** These make a bucket, so that somebody else's is no secret. */
const makers = ['make photos', 'put bucket ACL']

const allowed: Record<Who, readonly string[]> = {
  administrator: everything,
  'read-write': [...reading, ...writing],
  'read-only': reading,
  'read-write of photos': [...reading, ...writing],
  'read-write of photos/a/': [
    'GET a/cat',
    'HEAD a/cat',
    'PUT a/new',
    'DELETE a/new',
    'initiate a/big',
    'list parts',
    'list photos a/',
    'bucket info',
    'list buckets',
  ],
  'read-only of photos': reading,
  'administrator of photos': everything,
  'administrator of music': ['list buckets'],
  'administrator of another owner': ['list buckets'],
}

describe.each(Object.keys(keys) as Who[])('%s', (who) => {
  it.each(everything)('%s: as its rights say', async (name) => {
    const request = asks[name]
    if (!request) throw new Error(`There is no request ${name}.`)
    const { status, code } = await service.call({ ...request, as: keys[who] })
    const may = allowed[who].includes(name)
    if (who === 'administrator of another owner' && makers.includes(name)) {
      expect([status, code]).toEqual([409, 'BucketAlreadyExists'])
    } else if (may) expect(status, code).toBeLessThan(300)
    else expect([status, code]).toEqual([403, 'AccessDenied'])
  })
})

test('ListBuckets shows a key the buckets in its reach, and pages through those alone', async () => {
  const listed = async (who: Who, query = {}): Promise<string[]> =>
    elementsOf((await service.call({ method: 'GET', query, as: keys[who] })).text, 'Name')
  expect(await listed('administrator')).toEqual(['music', 'photos'])
  expect(await listed('read-only')).toEqual(['music', 'photos'])
  expect(await listed('read-write of photos/a/')).toEqual(['photos'])
  expect(await listed('administrator of music')).toEqual(['music'])
  expect(await listed('administrator of another owner')).toEqual([])

  const { text } = await service.call({
    method: 'GET',
    query: { 'max-keys': '1' },
    as: keys['administrator of photos'],
  })
  expect(elementsOf(text, 'Name')).toEqual(['photos'])
  expect(elementsOf(text, 'IsTruncated')).toEqual(['false'])
})
