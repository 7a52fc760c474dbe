/** `GET /?qos` of a bucket: what it may hold. */

import { encodeBucketUserQos } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketQos: Operation = {
  name: 'GetBucketQos',
  method: 'GET',
  resource: 'bucket',
  query: ['qos'],
  action: 'oss:GetBucketQos',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const xml = await store.findBucketSetting(bucketOf(request), 'qos')
    return { status: 200, xml: xml ?? encodeBucketUserQos({ storageCapacity: -1 }) }
  },
}
