/** `GET /?bucketInfo` of a bucket: all there is to say of it. */

import {
  decodeBucketLoggingStatus,
  decodeServerSideEncryptionRule,
  encodeBucketInfo,
} from '@lading/protocol'
import type { Operation } from './operation.ts'
import { bucketOf } from './parameters.ts'

export const getBucketInfo: Operation = {
  name: 'GetBucketInfo',
  method: 'GET',
  resource: 'bucket',
  query: ['bucketInfo'],
  action: 'oss:GetBucketInfo',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    const bucket = await store.getBucket(bucketOf(request))
    const [encryption, logging] = await Promise.all([
      store.findBucketSetting(bucket.name, 'encryption'),
      store.findBucketSetting(bucket.name, 'logging'),
    ])
    const logs = logging && decodeBucketLoggingStatus(logging).enabled
    return {
      status: 200,
      xml: encodeBucketInfo({
        name: bucket.name,
        creationDate: bucket.createdAt,
        extranetEndpoint: profile.extranetEndpoint,
        intranetEndpoint: profile.intranetEndpoint,
        location: `oss-${profile.region}`,
        storageClass: bucket.storageClass,
        dataRedundancyType: bucket.dataRedundancyType,
        owner: profile.describeOwner(bucket.owner),
        acl: bucket.acl,
        // The ACL alone keeps the public out here, and so it says whether that is the case.
        blockPublicAccess: bucket.acl === 'private',
        versioning: bucket.versioning,
        encryption:
          encryption === undefined ? undefined : decodeServerSideEncryptionRule(encryption),
        // SDKs read all of these, whatever the bucket has. Source: their suites for GetBucketInfo.
        comment: '',
        resourceGroupId: 'rg-default',
        accessMonitor: 'Disabled',
        crossRegionReplication: 'Disabled',
        transferAcceleration: 'Disabled',
        logBucket: logs ? logs.targetBucket : '',
        logPrefix: logs ? logs.targetPrefix : '',
      }),
    }
  },
}
