/** `DELETE /` of a bucket: deletes it when it holds nothing. */

import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const deleteBucket: Operation = {
  name: 'DeleteBucket',
  method: 'DELETE',
  resource: 'bucket',
  query: [],
  action: 'oss:DeleteBucket',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.deleteBucket(bucketOf(request))
    return { status: 204 }
  },
}
