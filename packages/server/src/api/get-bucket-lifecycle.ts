/** `GET /?lifecycle` of a bucket: what happens to what grows old in it. */

import { OssError } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketLifecycle: Operation = {
  name: 'GetBucketLifecycle',
  method: 'GET',
  resource: 'bucket',
  query: ['lifecycle'],
  action: 'oss:GetBucketLifecycle',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const xml = await store.findBucketSetting(name, 'lifecycle')
    if (xml === undefined) {
      throw new OssError('NoSuchLifecycle', { details: { BucketName: name } })
    }
    return { status: 200, xml }
  },
}
