/** `DELETE /?tagging` of a bucket: all of its tags, or with `?tagging=k1,k2` those of the keys named. */

import { decodeTagging, encodeTagging } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const deleteBucketTags: Operation = {
  name: 'DeleteBucketTags',
  method: 'DELETE',
  resource: 'bucket',
  query: ['tagging'],
  action: 'oss:DeleteBucketTagging',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const bucket = bucketOf(request)
    const named = request.query.text('tagging')?.split(',')
    const xml = named && (await store.findBucketSetting(bucket, 'tagging'))
    const left = xml ? decodeTagging(xml).tags.filter(({ key }) => !named?.includes(key)) : []
    await store.putBucketSetting(
      bucket,
      'tagging',
      left.length > 0 ? encodeTagging({ tags: left }) : undefined,
    )
    return { status: 204 }
  },
}
