/** `DELETE /?logging` of a bucket: its requests are no longer logged for its owner. */

import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const deleteBucketLogging: Operation = {
  name: 'DeleteBucketLogging',
  method: 'DELETE',
  resource: 'bucket',
  query: ['logging'],
  action: 'oss:DeleteBucketLogging',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.putBucketSetting(bucketOf(request), 'logging', undefined)
    return { status: 204 }
  },
}
