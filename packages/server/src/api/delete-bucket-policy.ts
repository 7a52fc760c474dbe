/** `DELETE /?policy` of a bucket: forgets its policy, which there need not be. */

import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const deleteBucketPolicy: Operation = {
  name: 'DeleteBucketPolicy',
  method: 'DELETE',
  resource: 'bucket',
  query: ['policy'],
  action: 'oss:DeleteBucketPolicy',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.putBucketSetting(bucketOf(request), 'policy', undefined)
    return { status: 204 }
  },
}
