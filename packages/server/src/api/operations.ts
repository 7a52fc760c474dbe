/** The list of all the operations we speak. */

import { abortMultipartUpload } from './abort-multipart-upload.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { deleteBucket } from './delete-bucket.ts'
import { deleteObject } from './delete-object.ts'
import { deleteObjectTagging } from './delete-object-tagging.ts'
import { getBucketAcl } from './get-bucket-acl.ts'
import { getBucketInfo } from './get-bucket-info.ts'
import { getBucketLocation } from './get-bucket-location.ts'
import { getObject } from './get-object.ts'
import { getObjectAcl } from './get-object-acl.ts'
import { getObjectMeta } from './get-object-meta.ts'
import { getObjectTagging } from './get-object-tagging.ts'
import { headBucket } from './head-bucket.ts'
import { headObject } from './head-object.ts'
import { initiateMultipartUpload } from './initiate-multipart-upload.ts'
import { listBuckets } from './list-buckets.ts'
import { listMultipartUploads } from './list-multipart-uploads.ts'
import { listObjects } from './list-objects.ts'
import { listObjectsV2 } from './list-objects-v2.ts'
import { listParts } from './list-parts.ts'
import type { Operation } from './operation.ts'
import { putBucket } from './put-bucket.ts'
import { putBucketAcl } from './put-bucket-acl.ts'
import { putObject } from './put-object.ts'
import { putObjectAcl } from './put-object-acl.ts'
import { putObjectTagging } from './put-object-tagging.ts'
import { uploadPart } from './upload-part.ts'

export const operations: readonly Operation[] = [
  listBuckets,

  putBucket,
  headBucket,
  deleteBucket,
  getBucketInfo,
  getBucketLocation,
  getBucketAcl,
  putBucketAcl,
  listObjects,
  listObjectsV2,
  listMultipartUploads,

  initiateMultipartUpload,
  uploadPart,
  listParts,
  completeMultipartUpload,
  abortMultipartUpload,

  putObject,
  getObject,
  headObject,
  getObjectMeta,
  deleteObject,

  putObjectAcl,
  getObjectAcl,
  putObjectTagging,
  getObjectTagging,
  deleteObjectTagging,
]
