import { expect, test } from 'vitest'
import { isSubResource } from './sub-resources.ts'

test.each([
  // Multipart upload and its neighbours, which every SDK signs.
  'uploads uploadId partNumber acl append position delete tagging symlink restore objectMeta',
  // What only some sign: the C SDK leaves these out.
  'sequential versionId callback callback-var continuation-token',
  'bucketInfo cors lifecycle location logging referer stat website versioning versions',
  'response-content-type response-content-disposition response-expires security-token',
  'inventory inventoryId worm wormId wormExtend qosInfo resourceGroup transferAcceleration',
  'live comp vod status startTime endTime style styleName img udf regionList cloudboxes',
  'x-oss-process x-oss-traffic-limit x-oss-whatever-comes-next',
])('V1 signs %s', (names) => {
  for (const name of names.split(' ')) expect(isSubResource(name), name).toBe(true)
})

test.each([
  'prefix delimiter marker max-keys encoding-type key-marker upload-id-marker max-uploads',
  'max-parts part-number-marker list-type start-after fetch-owner',
  'OSSAccessKeyId Expires Signature',
  'uploadid Uploads X-OSS-process x-oss para1',
])('V1 does not sign %s', (names) => {
  for (const name of names.split(' ')) expect(isSubResource(name), name).toBe(false)
})

test('V1 does not sign a name that is empty', () => {
  expect(isSubResource('')).toBe(false)
})
