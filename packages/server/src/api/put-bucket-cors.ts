/** `PUT /?cors` of a bucket: replaces its rules for pages of other origins. */

import { decodeCorsConfiguration, encodeCorsConfiguration, MAX_CORS_BODY } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const putBucketCors: Operation = {
  name: 'PutBucketCors',
  method: 'PUT',
  resource: 'bucket',
  query: ['cors'],
  action: 'oss:PutBucketCors',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CORS_BODY },

  async handle(request, { store }) {
    const configuration = decodeCorsConfiguration(await request.body.text())
    await store.putBucketSetting(bucketOf(request), 'cors', encodeCorsConfiguration(configuration))
    return { status: 200 }
  },
}
