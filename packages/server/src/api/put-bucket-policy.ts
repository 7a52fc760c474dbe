/** `PUT /?policy` of a bucket: replaces its policy, which is kept byte for byte. */

import { MAX_CONFIG_BODY } from '@lading/protocol'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const putBucketPolicy: Operation = {
  name: 'PutBucketPolicy',
  method: 'PUT',
  resource: 'bucket',
  query: ['policy'],
  action: 'oss:PutBucketPolicy',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const text = await request.body.text()
    parsePolicy(text, 'bucket')
    await store.putBucketSetting(bucketOf(request), 'policy', text)
    return { status: 200 }
  },
}
