/** `GET /?versioning` of a bucket: whether it keeps versions; says nothing while that was never set. */

import { encodeVersioningConfiguration } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketVersioning: Operation = {
  name: 'GetBucketVersioning',
  method: 'GET',
  resource: 'bucket',
  query: ['versioning'],
  action: 'oss:GetBucketVersioning',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { versioning } = await store.getBucket(bucketOf(request))
    return { status: 200, xml: encodeVersioningConfiguration({ status: versioning }) }
  },
}
