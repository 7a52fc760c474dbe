/** `PUT /?requestPayment` of a bucket: says who pays for requests to it. */

import {
  decodeRequestPaymentConfiguration,
  encodeRequestPaymentConfiguration,
  MAX_CONFIG_BODY,
} from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const putBucketRequestPayment: Operation = {
  name: 'PutBucketRequestPayment',
  method: 'PUT',
  resource: 'bucket',
  query: ['requestPayment'],
  action: 'oss:PutBucketRequestPayment',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const configuration = decodeRequestPaymentConfiguration(await request.body.text())
    await store.putBucketSetting(
      bucketOf(request),
      'requestPayment',
      encodeRequestPaymentConfiguration(configuration),
    )
    return { status: 200 }
  },
}
