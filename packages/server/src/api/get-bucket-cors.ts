/** `GET /?cors` of a bucket: its rules for pages of other origins. */

import { OssError } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketCors: Operation = {
  name: 'GetBucketCors',
  method: 'GET',
  resource: 'bucket',
  query: ['cors'],
  action: 'oss:GetBucketCors',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const xml = await store.findBucketSetting(name, 'cors')
    if (xml === undefined) {
      throw new OssError('NoSuchCORSConfiguration', { details: { BucketName: name } })
    }
    return { status: 200, xml }
  },
}
