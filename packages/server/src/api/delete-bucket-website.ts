/** `DELETE /?website` of a bucket: it is no website any more. */

import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const deleteBucketWebsite: Operation = {
  name: 'DeleteBucketWebsite',
  method: 'DELETE',
  resource: 'bucket',
  query: ['website'],
  action: 'oss:DeleteBucketWebsite',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.putBucketSetting(bucketOf(request), 'website', undefined)
    return { status: 204 }
  },
}
