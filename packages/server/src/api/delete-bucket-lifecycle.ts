/** `DELETE /?lifecycle` of a bucket: from then on nothing in it grows too old. */

import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const deleteBucketLifecycle: Operation = {
  name: 'DeleteBucketLifecycle',
  method: 'DELETE',
  resource: 'bucket',
  query: ['lifecycle'],
  action: 'oss:DeleteBucketLifecycle',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.putBucketSetting(bucketOf(request), 'lifecycle', undefined)
    return { status: 204 }
  },
}
