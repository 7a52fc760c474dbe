/** `GET /?logging` of a bucket: where its access logs go, if anywhere. */

import { encodeBucketLoggingStatus } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketLogging: Operation = {
  name: 'GetBucketLogging',
  method: 'GET',
  resource: 'bucket',
  query: ['logging'],
  action: 'oss:GetBucketLogging',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const xml = await store.findBucketSetting(name, 'logging')
    return { status: 200, xml: xml ?? encodeBucketLoggingStatus({ enabled: undefined }) }
  },
}
