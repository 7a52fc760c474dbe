/** `HEAD /` of a bucket: whether it exists. */

import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const headBucket: Operation = {
  name: 'HeadBucket',
  method: 'HEAD',
  resource: 'bucket',
  query: [],
  action: 'oss:GetBucketInfo',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    await store.getBucket(bucketOf(request))
    return { status: 200, headers: { 'x-oss-bucket-region': `oss-${profile.region}` } }
  },
}
