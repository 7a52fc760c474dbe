/** `DELETE /?encryption` of a bucket: new objects are encrypted only where they ask for it. */

import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const deleteBucketEncryption: Operation = {
  name: 'DeleteBucketEncryption',
  method: 'DELETE',
  resource: 'bucket',
  query: ['encryption'],
  action: 'oss:DeleteBucketEncryption',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.putBucketSetting(bucketOf(request), 'encryption', undefined)
    return { status: 204 }
  },
}
