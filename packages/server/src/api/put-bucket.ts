/** `PUT /` of a bucket: makes it, or changes the ACL of one's own. */

import {
  decodeCreateBucketConfiguration,
  encodeServerSideEncryptionRule,
  MAX_CONFIG_BODY,
  OssError,
  requireBucketName,
} from '@lading/protocol'
import { requestedAcl } from './bucket-acl.ts'
import { requestedEncryptionRule } from './bucket-encryption.ts'
import { requireStorageClass } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { bucketOf, invalidArgument, ownerOf } from './parameters.ts'

export const putBucket: Operation = {
  name: 'PutBucket',
  method: 'PUT',
  resource: 'bucket',
  query: [],
  action: 'oss:PutBucket',
  access: 'owner',
  createsBucket: true,
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store, profile }) {
    const name = requireBucketName(bucketOf(request))
    const acl = requestedAcl(request.headers)
    const encryption = requestedEncryptionRule(request.headers)
    const { storageClass, dataRedundancyType, locationConstraint } =
      decodeCreateBucketConfiguration(await request.body.text())
    if (locationConstraint && locationConstraint !== `oss-${profile.region}`) {
      throw new OssError('InvalidLocationConstraint')
    }
    await store.putBucket({
      name,
      owner: ownerOf(request),
      acl,
      storageClass: storageClass && requireStorageClass('StorageClass', storageClass),
      dataRedundancyType: dataRedundancyType && requireRedundancy(dataRedundancyType),
    })
    if (encryption) {
      await store.putBucketSetting(name, 'encryption', encodeServerSideEncryptionRule(encryption))
    }
    return { status: 200, headers: { Location: `/${name}` } }
  },
}

function requireRedundancy(text: string): string {
  if (text === 'LRS' || text === 'ZRS') return text
  throw invalidArgument('DataRedundancyType', text)
}
