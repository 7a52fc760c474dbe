/** `GET /?acl` of a bucket: who owns it and who may read it. SDKs ask this to learn whether it exists. */

import { document, element } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketAcl: Operation = {
  name: 'GetBucketAcl',
  method: 'GET',
  resource: 'bucket',
  query: ['acl'],
  action: 'oss:GetBucketAcl',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    const bucket = await store.getBucket(bucketOf(request))
    const { id, displayName } = profile.describeOwner(bucket.owner)
    return {
      status: 200,
      xml: document(
        element('AccessControlPolicy', [
          element('Owner', [element('ID', id), element('DisplayName', displayName)]),
          element('AccessControlList', [element('Grant', bucket.acl)]),
        ]),
      ),
    }
  },
}
