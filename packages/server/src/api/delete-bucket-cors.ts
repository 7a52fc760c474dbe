/** `DELETE /?cors` of a bucket: forgets its rules, which there need not be. */

import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const deleteBucketCors: Operation = {
  name: 'DeleteBucketCors',
  method: 'DELETE',
  resource: 'bucket',
  query: ['cors'],
  action: 'oss:DeleteBucketCors',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.putBucketSetting(bucketOf(request), 'cors', undefined)
    return { status: 204 }
  },
}
