/** `PUT /?encryption` of a bucket: how new objects are encrypted where nobody says otherwise. */

import {
  decodeServerSideEncryptionRule,
  encodeServerSideEncryptionRule,
  MAX_CONFIG_BODY,
} from '@lading/protocol'
import { requireEncryptionRule } from './bucket-encryption.ts'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const putBucketEncryption: Operation = {
  name: 'PutBucketEncryption',
  method: 'PUT',
  resource: 'bucket',
  query: ['encryption'],
  action: 'oss:PutBucketEncryption',
  access: 'owner',
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store }) {
    const rule = decodeServerSideEncryptionRule(await request.body.text())
    requireEncryptionRule(rule)
    await store.putBucketSetting(
      bucketOf(request),
      'encryption',
      encodeServerSideEncryptionRule(rule),
    )
    return { status: 200 }
  },
}
