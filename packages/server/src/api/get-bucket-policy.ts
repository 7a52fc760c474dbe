/** `GET /?policy` of a bucket: its policy, byte for byte as it was put. */

import { OssError } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketPolicy: Operation = {
  name: 'GetBucketPolicy',
  method: 'GET',
  resource: 'bucket',
  query: ['policy'],
  action: 'oss:GetBucketPolicy',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const name = bucketOf(request)
    const text = await store.findBucketSetting(name, 'policy')
    if (text === undefined) {
      throw new OssError('NoSuchBucketPolicy', { details: { BucketName: name } })
    }
    const bytes = new TextEncoder().encode(text)
    return {
      status: 200,
      headers: { 'Content-Type': 'application/json' },
      content: {
        length: bytes.length,
        async *bytes() {
          yield bytes
        },
        release() {},
      },
    }
  },
}
