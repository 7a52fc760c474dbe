/**
 * `PUT /?acl` of a bucket: sets its ACL, and makes the bucket when there is none, as the service
 * does. Source: bucket suite of ali-oss.
 */

import { requireBucketName } from '@lading/protocol'
import { requestedAcl } from './bucket-acl.ts'
import type { Operation } from './operation.ts'
import { bucketOf, ownerOf } from './parameters.ts'

export const putBucketAcl: Operation = {
  name: 'PutBucketAcl',
  method: 'PUT',
  resource: 'bucket',
  query: ['acl'],
  action: 'oss:PutBucketAcl',
  access: 'owner',
  createsBucket: true,
  body: { kind: 'none' },

  async handle(request, { store }) {
    await store.putBucket({
      name: requireBucketName(bucketOf(request)),
      owner: ownerOf(request),
      acl: requestedAcl(request.headers),
    })
    return { status: 200 }
  },
}
