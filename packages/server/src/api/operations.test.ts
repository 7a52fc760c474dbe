import { Query } from '@lading/protocol'
import { expect, test } from 'vitest'
import { asksForOther, routeRequest } from '../http/router.ts'
import { commonOperations } from './common-operations.ts'
import { operations } from './operations.ts'

test('every operation has a name of its own', () => {
  const names = operations.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('no two operations are found in the same place', () => {
  const places = operations.map(
    ({ method, resource, query, header }) => `${method} ${resource} ${query} ${header}`,
  )
  expect(new Set(places).size).toBe(places.length)
})

test('what is not common is asked for by a name that tells so', () => {
  for (const operation of operations) {
    const query = new Query(operation.query.map((name) => [name, '']))
    const isCommon = commonOperations.includes(operation)
    expect([operation.name, asksForOther(commonOperations, query)]).toEqual([
      operation.name,
      !isCommon,
    ])
  }
})

test.each([
  ['GET', undefined, undefined, '', 'ListBuckets'],
  ['GET', undefined, undefined, 'max-keys=3', 'ListBuckets'],
  ['PUT', 'photos', undefined, '', 'PutBucket'],
  ['PUT', 'photos', undefined, 'acl', 'PutBucketAcl'],
  ['GET', 'photos', undefined, 'acl', 'GetBucketAcl'],
  ['GET', 'photos', undefined, 'bucketInfo', 'GetBucketInfo'],
  ['GET', 'photos', undefined, 'location', 'GetBucketLocation'],
  ['HEAD', 'photos', undefined, '', 'HeadBucket'],
  ['DELETE', 'photos', undefined, '', 'DeleteBucket'],
  ['GET', 'photos', undefined, 'prefix&delimiter&marker&max-keys=1000', 'ListObjects'],
  ['GET', 'photos', undefined, 'list-type=2&prefix=a', 'ListObjectsV2'],
  ['GET', 'photos', undefined, 'uploads&prefix&max-uploads=1000', 'ListMultipartUploads'],
  ['POST', 'photos', 'cat.jpg', 'uploads', 'InitiateMultipartUpload'],
  ['POST', 'photos', 'cat.jpg', 'uploads=&encoding-type=url', 'InitiateMultipartUpload'],
  ['PUT', 'photos', 'cat.jpg', 'uploadId=A&partNumber=1', 'UploadPart'],
  ['PUT', 'photos', 'cat.jpg', 'uploadId=A', 'UploadPart'],
  ['PUT', 'photos', 'cat.jpg', 'partNumber=1', 'UploadPart'],
  ['GET', 'photos', 'cat.jpg', 'uploadId=A&max-parts=1000&part-number-marker', 'ListParts'],
  ['POST', 'photos', 'cat.jpg', 'uploadId=A', 'CompleteMultipartUpload'],
  ['DELETE', 'photos', 'cat.jpg', '&uploadId=A', 'AbortMultipartUpload'],
  ['PUT', 'photos', 'cat.jpg', '', 'PutObject'],
  ['GET', 'photos', 'cat.jpg', 'response-content-type=a', 'GetObject'],
  ['GET', 'photos', 'cat.jpg', '%7Cabc', 'GetObject'],
  ['HEAD', 'photos', 'cat.jpg', '', 'HeadObject'],
  ['HEAD', 'photos', 'cat.jpg', 'objectMeta', 'GetObjectMeta'],
  ['DELETE', 'photos', 'cat.jpg', '', 'DeleteObject'],
])('%s of bucket %s, key %s and query %s is %s', (method, bucket, key, query, name) => {
  const route = routeRequest(operations, {
    method,
    bucket,
    key,
    query: Query.parse(query),
    headers: new Map(),
  })
  expect(route.operation?.name).toBe(name)
})
