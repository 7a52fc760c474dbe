/** `PUT /?lifecycle` of a bucket: replaces the rules of what happens to what grows old in it. */

import { randomUUID } from 'node:crypto'
import {
  decodeLifecycleConfiguration,
  encodeLifecycleConfiguration,
  MAX_LIFECYCLE_BODY,
} from '@lading/protocol'
import { requireLifecycle } from './lifecycle-rules.ts'
import type { Operation } from './operation.ts'
import { bucketOf, flagOf } from './parameters.ts'

export const putBucketLifecycle: Operation = {
  name: 'PutBucketLifecycle',
  method: 'PUT',
  resource: 'bucket',
  query: ['lifecycle'],
  action: 'oss:PutBucketLifecycle',
  access: 'owner',
  body: { kind: 'text', limit: MAX_LIFECYCLE_BODY },

  async handle(request, { store }) {
    const allowOverlap = flagOf(request.headers, 'x-oss-allow-same-action-overlap')
    const { rules } = decodeLifecycleConfiguration(await request.body.text())
    requireLifecycle(rules, { allowOverlap })
    await store.putBucketSetting(
      bucketOf(request),
      'lifecycle',
      // A rule without an id gets one. Source: PutBucketLifecycle, OSS API reference.
      encodeLifecycleConfiguration({
        rules: rules.map((rule) => ({ ...rule, id: rule.id ?? randomUUID() })),
      }),
    )
    return { status: 200 }
  },
}
