/** The operations that nearly every client uses, which a server has loaded before it listens. */

import { abortMultipartUpload } from './abort-multipart-upload.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { copyObject } from './copy-object.ts'
import { deleteBucket } from './delete-bucket.ts'
import { deleteMultipleObjects } from './delete-multiple-objects.ts'
import { deleteObject } from './delete-object.ts'
import { getObject } from './get-object.ts'
import { getObjectMeta } from './get-object-meta.ts'
import { headBucket } from './head-bucket.ts'
import { headObject } from './head-object.ts'
import { initiateMultipartUpload } from './initiate-multipart-upload.ts'
import { listBuckets } from './list-buckets.ts'
import { listMultipartUploads } from './list-multipart-uploads.ts'
import { listObjects } from './list-objects.ts'
import { listObjectsV2 } from './list-objects-v2.ts'
import { listParts } from './list-parts.ts'
import type { Operation } from './operation.ts'
import { postObject } from './post-object.ts'
import { putBucket } from './put-bucket.ts'
import { putObject } from './put-object.ts'
import { uploadPart } from './upload-part.ts'
import { uploadPartCopy } from './upload-part-copy.ts'

export const commonOperations: readonly Operation[] = [
  listBuckets,
  putBucket,
  headBucket,
  deleteBucket,
  listObjects,
  listObjectsV2,
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
  postObject,
]
