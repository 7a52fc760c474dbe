/** The list of all the operations we speak. */

import { abortMultipartUpload } from './abort-multipart-upload.ts'
import { appendObject } from './append-object.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { copyObject } from './copy-object.ts'
import { deleteBucket } from './delete-bucket.ts'
import { deleteBucketCors } from './delete-bucket-cors.ts'
import { deleteBucketEncryption } from './delete-bucket-encryption.ts'
import { deleteBucketLifecycle } from './delete-bucket-lifecycle.ts'
import { deleteBucketLogging } from './delete-bucket-logging.ts'
import { deleteBucketPolicy } from './delete-bucket-policy.ts'
import { deleteBucketTags } from './delete-bucket-tags.ts'
import { deleteBucketWebsite } from './delete-bucket-website.ts'
import { deleteMultipleObjects } from './delete-multiple-objects.ts'
import { deleteObject } from './delete-object.ts'
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
import { getObject } from './get-object.ts'
import { getObjectAcl } from './get-object-acl.ts'
import { getObjectMeta } from './get-object-meta.ts'
import { getObjectTagging } from './get-object-tagging.ts'
import { getSymlink } from './get-symlink.ts'
import { headBucket } from './head-bucket.ts'
import { headObject } from './head-object.ts'
import { initiateMultipartUpload } from './initiate-multipart-upload.ts'
import { listBuckets } from './list-buckets.ts'
import { listLiveChannel } from './list-live-channel.ts'
import { listMultipartUploads } from './list-multipart-uploads.ts'
import { listObjectVersions } from './list-object-versions.ts'
import { listObjects } from './list-objects.ts'
import { listObjectsV2 } from './list-objects-v2.ts'
import { listParts } from './list-parts.ts'
import type { Operation } from './operation.ts'
import { postObject } from './post-object.ts'
import { publicAccessBlock } from './public-access-block.ts'
import { putBucket } from './put-bucket.ts'
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
import { putObject } from './put-object.ts'
import { putObjectAcl } from './put-object-acl.ts'
import { putObjectTagging } from './put-object-tagging.ts'
import { putSymlink } from './put-symlink.ts'
import { restoreObject } from './restore-object.ts'
import { uploadPart } from './upload-part.ts'
import { uploadPartCopy } from './upload-part-copy.ts'

export const operations: readonly Operation[] = [
  listBuckets,
  describeRegions,

  putBucket,
  headBucket,
  deleteBucket,
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
  listObjects,
  listObjectsV2,
  listObjectVersions,
  listMultipartUploads,

  initiateMultipartUpload,
  uploadPart,
  uploadPartCopy,
  listParts,
  completeMultipartUpload,
  abortMultipartUpload,

  putObject,
  getObject,
  headObject,
  getObjectMeta,
  deleteObject,
  deleteMultipleObjects,
  copyObject,
  appendObject,

  putObjectAcl,
  getObjectAcl,
  putObjectTagging,
  getObjectTagging,
  deleteObjectTagging,
  postObject,
  putSymlink,
  getSymlink,
  restoreObject,
]
