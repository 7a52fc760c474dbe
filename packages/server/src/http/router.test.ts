import { Query } from '@lading/protocol'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../api/operation.ts'
import { routeRequest } from './router.ts'

const table: readonly Operation[] = [
  ['ListBuckets', 'GET', 'service', []],
  ['PutBucket', 'PUT', 'bucket', []],
  ['ListObjects', 'GET', 'bucket', []],
  ['ListObjectsV2', 'GET', 'bucket', ['list-type']],
  ['ListMultipartUploads', 'GET', 'bucket', ['uploads']],
  ['GetObject', 'GET', 'object', []],
  ['ListParts', 'GET', 'object', ['uploadId']],
  ['PutObject', 'PUT', 'object', []],
  ['UploadPart', 'PUT', 'object', ['partNumber', 'uploadId']],
  ['CopyObject', 'PUT', 'object', [], 'x-oss-copy-source'],
  ['UploadPartCopy', 'PUT', 'object', ['partNumber', 'uploadId'], 'x-oss-copy-source'],
  ['PutObjectTagging', 'PUT', 'object', ['tagging']],
  ['InitiateMultipartUpload', 'POST', 'object', ['uploads']],
  ['CompleteMultipartUpload', 'POST', 'object', ['uploadId']],
].map(([name, method, resource, query, header]) => ({
  name,
  method,
  resource,
  query,
  ...(header !== undefined && { header }),
  action: 'oss:Any',
  access: 'owner',
  body: { kind: 'none' },
  handle: () => Promise.reject(new Error('not called')),
})) as unknown as Operation[]

function route(line: string, headers: Record<string, string> = {}): string {
  const [method = '', target = ''] = line.split(' ')
  const [path = '', query = ''] = target.split('?')
  const [, bucket, key] = path.split('/')
  const { operation, refusal } = routeRequest(table, {
    method,
    bucket: bucket || undefined,
    key: key || undefined,
    query: Query.parse(query),
    headers: new Map(Object.entries(headers)),
  })
  return operation ? operation.name : refusal.code
}

describe('routing', () => {
  test.each([
    ['GET /', 'ListBuckets'],
    ['PUT /bucket', 'PutBucket'],
    ['GET /bucket?prefix=a&max-keys=1', 'ListObjects'],
    ['GET /bucket?prefix=a&list-type=2', 'ListObjectsV2'],
    ['GET /bucket?uploads&prefix', 'ListMultipartUploads'],
    ['GET /bucket/key?uploadId=A&max-parts=1', 'ListParts'],
    ['PUT /bucket/key?uploadId=A&partNumber=1', 'UploadPart'],
    ['POST /bucket/key?uploads', 'InitiateMultipartUpload'],
    ['POST /bucket/key?uploads&uploadId=A', 'InitiateMultipartUpload'],
    ['POST /bucket/key?uploadId=A', 'CompleteMultipartUpload'],
  ])('%s is %s', (line, name) => {
    expect(route(line)).toBe(name)
  })

  test.each([
    'GET /bucket/key?|abc=1&foo&x-oss-foo=2&response-content-type=a',
    'GET /bucket/key?%7Cabc',
  ])('names that nobody knows disturb nothing: %s', (line) => {
    expect(route(line)).toBe('GetObject')
  })

  test.each(['PUT /bucket/key?uploadId=A', 'PUT /bucket/key?partNumber=1'])(
    'half of a part upload is never taken for a whole object: %s',
    (line) => {
      expect(route(line)).toBe('UploadPart')
    },
  )

  test.each([
    'PUT /bucket/key?acl',
    'GET /bucket?cors',
    'GET /?regions',
    'POST /bucket/key?append&position=0',
    'GET /bucket/key?symlink',
  ])('what OSS has and we do not is NotImplemented: %s', (line) => {
    expect(route(line)).toBe('NotImplemented')
  })

  test.each([
    'DELETE /',
    'POST /bucket/key',
    'POST /bucket',
    'GET /bucket/key?uploads',
    'PATCH /bucket/key',
  ])('a method that the resource does not have is MethodNotAllowed: %s', (line) => {
    expect(route(line)).toBe('MethodNotAllowed')
  })

  test.each([
    ['PUT /bucket/key', 'CopyObject'],
    ['PUT /bucket/key?uploadId=A&partNumber=1', 'UploadPartCopy'],
    ['PUT /bucket/key?uploadId=A', 'UploadPartCopy'],
    ['PUT /bucket/key?tagging', 'PutObjectTagging'],
    ['PUT /bucket/key?symlink', 'NotImplemented'],
    ['GET /bucket/key', 'GetObject'],
  ])('with the source of a copy %s is %s', (line, name) => {
    expect(route(line, { 'x-oss-copy-source': '/b/k' })).toBe(name)
  })
})
