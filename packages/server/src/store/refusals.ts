/** The refusals that more than one operation gives, with the details that OSS gives them. */

import { OssError, type UploadId } from '@lading/protocol'
import {
  type BlobId,
  BlobLostError,
  type BlobStore,
  EngineUnavailableError,
  NoSpaceError,
} from '../ports/blob-store.ts'
import type { Bucket, DeleteMarker, PublishGuard, VersionId } from '../ports/metadata-store.ts'
import { formatVersionId } from './version-id.ts'

/**
 * The error number of `NoSuchUpload` differs by operation. Source: the EC pages of the OSS error
 * reference, and the Go SDK's integration suite for ListParts.
 */
export const noSuchUploadEc = {
  uploadPart: '0042-00000104',
  uploadPartCopy: '0042-00000311',
  complete: '0042-00000203',
  other: '0042-00000002',
} as const

export function noSuchBucket(name: string): OssError {
  return new OssError('NoSuchBucket', { ec: '0015-00000101', details: { BucketName: name } })
}

export function noSuchKey(key: string): OssError {
  return new OssError('NoSuchKey', { ec: '0026-00000001', details: { Key: key } })
}

export function noSuchVersion(key: string, versionId: VersionId): OssError {
  return new OssError('NoSuchVersion', {
    details: { Key: key, VersionId: formatVersionId(versionId) },
  })
}

/**
 * A delete marker stands where an object was asked for: by its own id, which no reading is allowed of,
 * or as the newest version. Source: DeleteObject and versioning, OSS API reference.
 */
export function deletedObject(marker: DeleteMarker, asked: VersionId | undefined): OssError {
  const { key, versionId } = marker
  const headers = { 'x-oss-delete-marker': 'true', 'x-oss-version-id': formatVersionId(versionId) }
  if (asked === undefined) {
    return new OssError('NoSuchKey', { ec: '0026-00000001', details: { Key: key }, headers })
  }
  return new OssError('MethodNotAllowed', {
    message: 'The specified method is not allowed against this resource.',
    details: { Method: 'GET', ResourceType: 'DeleteMarker' },
    headers,
  })
}

export function noSuchUpload(uploadId: UploadId, ec: string): OssError {
  return new OssError('NoSuchUpload', { ec, details: { UploadId: uploadId } })
}

export function notSequential(partNumber: number): OssError {
  return new OssError('PartNotSequential', { details: { PartNumber: String(partNumber) } })
}

/** The collector took a slow write for one that was left behind; a retry cures it. */
export function tryAgain(cause?: unknown): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'The bytes arrived too slowly to be kept. Please send them again.',
    cause,
  })
}

/** Refuses to replace an object. */
export const forbidOverwrite: PublishGuard = (current) => {
  if (current) throw new OssError('FileAlreadyExists')
}

/**
 * What a publish is asked to hold to. Where versions are kept nothing is lost by another one, and the
 * header counts for nothing. Source: `x-oss-forbid-overwrite`, OSS API reference.
 */
export function guardOf(
  request: { readonly forbidOverwrite: boolean },
  bucket: Pick<Bucket, 'versioning'> | undefined,
): PublishGuard | undefined {
  return request.forbidOverwrite && !bucket?.versioning ? forbidOverwrite : undefined
}

export function unreachable(cause: EngineUnavailableError): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'What keeps the data cannot be reached at the moment. Please try again.',
    cause,
  })
}

/** Waits for what was asked of the engines, and tells whoever asked of those failures that pass. */
export async function refusePassingFailures<Result>(asked: Promise<Result>): Promise<Result> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof BlobLostError) throw tryAgain(error)
    if (error instanceof EngineUnavailableError) throw unreachable(error)
    if (!(error instanceof NoSpaceError)) throw error
    throw new OssError('ServiceUnavailable', {
      message: 'The service has no space left to store this.',
      cause: error,
    })
  }
}

/** Deletes a blob that nothing names. The collector finds it if that fails, so failing is no error. */
export async function discard(blobs: BlobStore, id: BlobId): Promise<void> {
  try {
    await blobs.delete(id)
  } catch {
    return
  }
}
