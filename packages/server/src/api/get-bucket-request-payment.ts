/** `GET /?requestPayment` of a bucket: who pays for requests to it. */

import { encodeRequestPaymentConfiguration } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketRequestPayment: Operation = {
  name: 'GetBucketRequestPayment',
  method: 'GET',
  resource: 'bucket',
  query: ['requestPayment'],
  action: 'oss:GetBucketRequestPayment',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const xml = await store.findBucketSetting(name, 'requestPayment')
    return { status: 200, xml: xml ?? encodeRequestPaymentConfiguration({ payer: 'BucketOwner' }) }
  },
}
