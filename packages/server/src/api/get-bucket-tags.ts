/** `GET /?tagging` of a bucket: its tags, of which there may be none. */

import { encodeTagging } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketTags: Operation = {
  name: 'GetBucketTags',
  method: 'GET',
  resource: 'bucket',
  query: ['tagging'],
  action: 'oss:GetBucketTagging',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const xml = await store.findBucketSetting(name, 'tagging')
    return { status: 200, xml: xml ?? encodeTagging({ tags: [] }) }
  },
}
