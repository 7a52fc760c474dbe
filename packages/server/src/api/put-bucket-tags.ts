/** `PUT /?tagging` of a bucket: replaces its tags. */

import { decodeTagging, encodeTagging, MAX_CONFIG_BODY, requireBucketTags } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const putBucketTags: Operation = {
  name: 'PutBucketTags',
  method: 'PUT',
  resource: 'bucket',
  query: ['tagging'],
  action: 'oss:PutBucketTagging',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const tagging = decodeTagging(await request.body.text())
    requireBucketTags(tagging.tags)
    await store.putBucketSetting(bucketOf(request), 'tagging', encodeTagging(tagging))
    return { status: 200 }
  },
}
