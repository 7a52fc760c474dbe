/** `GET /?encryption` of a bucket: how its objects are encrypted where nobody says otherwise. */

import { OssError } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketEncryption: Operation = {
  name: 'GetBucketEncryption',
  method: 'GET',
  resource: 'bucket',
  query: ['encryption'],
  action: 'oss:GetBucketEncryption',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const xml = await store.findBucketSetting(name, 'encryption')
    if (xml === undefined) {
      throw new OssError('NoSuchServerSideEncryptionRule', { details: { BucketName: name } })
    }
    return { status: 200, xml }
  },
}
