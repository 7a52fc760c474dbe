/** `PUT /?referer` of a bucket: says which pages may link to its objects. There is no DELETE of it. */

import {
  decodeRefererConfiguration,
  encodeRefererConfiguration,
  MAX_CONFIG_BODY,
} from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const putBucketReferer: Operation = {
  name: 'PutBucketReferer',
  method: 'PUT',
  resource: 'bucket',
  query: ['referer'],
  action: 'oss:PutBucketReferer',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const configuration = decodeRefererConfiguration(await request.body.text())
    await store.putBucketSetting(
      bucketOf(request),
      'referer',
      encodeRefererConfiguration(configuration),
    )
    return { status: 200 }
  },
}
