/** The list of all the operations we speak. Those besides the common ones have a selector in their query. */

import { appendObject } from './append-object.ts'
import { commonOperations } from './common-operations.ts'
import { deleteBucketCors } from './delete-bucket-cors.ts'
import { deleteBucketEncryption } from './delete-bucket-encryption.ts'
import { deleteBucketLifecycle } from './delete-bucket-lifecycle.ts'
import { deleteBucketLogging } from './delete-bucket-logging.ts'
import { deleteBucketPolicy } from './delete-bucket-policy.ts'
import { deleteBucketTags } from './delete-bucket-tags.ts'
import { deleteBucketWebsite } from './delete-bucket-website.ts'
import { deleteObjectTagging } from './delete-object-tagging.ts'
import { describeRegions } from './describe-regions.ts'
import { getBucketAcl } from './get-bucket-acl.ts'
import { getBucketCors } from './get-bucket-cors.ts'
import { getBucketEncryption } from './get-bucket-encryption.ts'
import { getBucketInfo } from './get-bucket-info.ts'
import { getBucketLifecycle } from './get-bucket-lifecycle.ts'
import { getBucketLocation } from './get-bucket-location.ts'
import { getBucketLogging } from './get-bucket-logging.ts'
import { getBucketPolicy } from './get-bucket-policy.ts'
import { getBucketPolicyStatus } from './get-bucket-policy-status.ts'
import { getBucketQos } from './get-bucket-qos.ts'
import { getBucketReferer } from './get-bucket-referer.ts'
import { getBucketRequestPayment } from './get-bucket-request-payment.ts'
import { getBucketStat } from './get-bucket-stat.ts'
import { getBucketTags } from './get-bucket-tags.ts'
import { getBucketVersioning } from './get-bucket-versioning.ts'
import { getBucketWebsite } from './get-bucket-website.ts'
import { getObjectAcl } from './get-object-acl.ts'
import { getObjectTagging } from './get-object-tagging.ts'
import { getSymlink } from './get-symlink.ts'
import { listLiveChannel } from './list-live-channel.ts'
import { listObjectVersions } from './list-object-versions.ts'
import type { Operation } from './operation.ts'
import { publicAccessBlock } from './public-access-block.ts'
import { putBucketAcl } from './put-bucket-acl.ts'
import { putBucketCors } from './put-bucket-cors.ts'
import { putBucketEncryption } from './put-bucket-encryption.ts'
import { putBucketLifecycle } from './put-bucket-lifecycle.ts'
import { putBucketLogging } from './put-bucket-logging.ts'
import { putBucketPolicy } from './put-bucket-policy.ts'
import { putBucketQos } from './put-bucket-qos.ts'
import { putBucketReferer } from './put-bucket-referer.ts'
import { putBucketRequestPayment } from './put-bucket-request-payment.ts'
import { putBucketTags } from './put-bucket-tags.ts'
import { putBucketVersioning } from './put-bucket-versioning.ts'
import { putBucketWebsite } from './put-bucket-website.ts'
import { putObjectAcl } from './put-object-acl.ts'
import { putObjectTagging } from './put-object-tagging.ts'
import { putSymlink } from './put-symlink.ts'
import { restoreObject } from './restore-object.ts'

export const operations: readonly Operation[] = [
  ...commonOperations,

  describeRegions,
  getBucketInfo,
  getBucketLocation,
  getBucketAcl,
  putBucketAcl,
  getBucketStat,
  putBucketVersioning,
  getBucketVersioning,
  putBucketEncryption,
  getBucketEncryption,
  deleteBucketEncryption,
  putBucketTags,
  getBucketTags,
  deleteBucketTags,
  putBucketPolicy,
  getBucketPolicy,
  getBucketPolicyStatus,
  deleteBucketPolicy,
  putBucketCors,
  getBucketCors,
  deleteBucketCors,
  putBucketReferer,
  getBucketReferer,
  putBucketQos,
  getBucketQos,
  putBucketRequestPayment,
  getBucketRequestPayment,
  putBucketLogging,
  getBucketLogging,
  deleteBucketLogging,
  putBucketWebsite,
  getBucketWebsite,
  deleteBucketWebsite,
  putBucketLifecycle,
  getBucketLifecycle,
  deleteBucketLifecycle,
  listLiveChannel,
  ...publicAccessBlock,
  listObjectVersions,
  appendObject,
  putObjectAcl,
  getObjectAcl,
  putObjectTagging,
  getObjectTagging,
  deleteObjectTagging,
  putSymlink,
  getSymlink,
  restoreObject,
]
