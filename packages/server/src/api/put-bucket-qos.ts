/** `PUT /?qos` of a bucket: bounds what it may hold. Source: put_bucket_storage_capacity, OSS Python SDK. */

import { decodeBucketUserQos, encodeBucketUserQos, MAX_CONFIG_BODY } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const putBucketQos: Operation = {
  name: 'PutBucketQos',
  method: 'PUT',
  resource: 'bucket',
  query: ['qos'],
  action: 'oss:PutBucketQos',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const qos = decodeBucketUserQos(await request.body.text())
    await store.putBucketSetting(bucketOf(request), 'qos', encodeBucketUserQos(qos))
    return { status: 200 }
  },
}
