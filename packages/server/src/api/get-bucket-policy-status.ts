/** `GET /?policyStatus` of a bucket: whether its policy lets everybody at it, without condition. */

import { encodePolicyStatus } from '@lading/protocol'
import { isPublic, parsePolicy } from '../policy/parse-policy.ts'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketPolicyStatus: Operation = {
  name: 'GetBucketPolicyStatus',
  method: 'GET',
  resource: 'bucket',
  query: ['policyStatus'],
  action: 'oss:GetBucketPolicyStatus',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const text = await store.findBucketSetting(bucketOf(request), 'policy')
    const open = text !== undefined && isPublic(parsePolicy(text, 'bucket'))
    return { status: 200, xml: encodePolicyStatus({ isPublic: open }) }
  },
}
