/** `GET /?location` of a bucket: the region it lies in. */

import { encodeBucketLocation } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketLocation: Operation = {
  name: 'GetBucketLocation',
  method: 'GET',
  resource: 'bucket',
  query: ['location'],
  action: 'oss:GetBucketLocation',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    await store.getBucket(bucketOf(request))
    return { status: 200, xml: encodeBucketLocation(`oss-${profile.region}`) }
  },
}
