/** `GET /?website` of a bucket: how it is served as a website. */

import { OssError } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketWebsite: Operation = {
  name: 'GetBucketWebsite',
  method: 'GET',
  resource: 'bucket',
  query: ['website'],
  action: 'oss:GetBucketWebsite',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const xml = await store.findBucketSetting(name, 'website')
    if (xml === undefined) {
      throw new OssError('NoSuchWebsiteConfiguration', { details: { BucketName: name } })
    }
    return { status: 200, xml }
  },
}
