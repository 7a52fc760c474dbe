/** Completing an upload; and when the answer is lost, finding out what happened. */

import {
  type ETag,
  loadMultipartETag,
  OssError,
  type PartReference,
  parseETag,
  sameETag,
} from '@lading/protocol'
import { IntegrityError, TransportError } from '../errors.ts'
import type { CallbackOptions, ObjectAcl } from '../operations/attributes.ts'
import type { Proof, Verify } from '../operations/prove.ts'
import type { CallOptions } from '../options.ts'
import { saysNothing } from '../retry.ts'
import type { Answer } from '../send.ts'
import type { UploadClient } from '../upload-client.ts'

/** What the object must be, computed here from what was sent. */
export interface ExpectedObject {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
  readonly parts: readonly PartReference[]
  /** Bytes. */
  readonly size: number
  readonly etag: ETag
  /** `undefined` where that of some part is neither known here nor reported. */
  readonly crc64: bigint | undefined
  readonly verify: Verify
}

export interface CompleteSettings extends CallbackOptions {
  readonly acl?: ObjectAcl | undefined
  readonly forbidOverwrite?: boolean | undefined
}

export interface CompletedObject {
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  readonly versionId: string | undefined
  readonly callbackBody: string | undefined
  readonly status: number
  readonly requestId: string | undefined
  /** What shows the object to be the one expected. */
  readonly verified: readonly Proof[]
  /** The answer to Complete was lost, and HEAD showed that it had happened. */
  readonly confirmedByHead: boolean
}

/**
 * Resolves once the object is there and proved to be the one expected.
 *
 * @throws {IntegrityError} when the service made another object of the parts.
 */
export async function completeOrConfirm(
  client: UploadClient,
  expected: ExpectedObject,
  settings: CompleteSettings,
  options: CallOptions,
): Promise<CompletedObject> {
  const { bucket, key, uploadId, parts } = expected
  let retried = false
  const onRetry: CallOptions['onRetry'] = (notice) => {
    retried = true
    options.onRetry?.(notice)
  }
  try {
    const answer = await client.completeMultipartUpload(
      { bucket, key, uploadId, parts, ...settings },
      { ...options, onRetry },
    )
    const verified = await proofsOf(expected, answer)
    if (!verified) throw otherObject(expected, answer)
    return { ...answer, verified, confirmedByHead: false }
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!mayHaveHappened(error, retried)) throw error
    const object = await confirm(client, expected, error, options)
    if (!object) throw error
    return object
  }
}

/**
 * OSS answers a repeated Complete with `NoSuchUpload`, also when the first one succeeded and only its
 * answer was lost. No answer at all, or a 5xx, says nothing either way; and of an answer that tells of
 * another object the answer may be what is wrong.
 */
function mayHaveHappened(error: unknown, retried: boolean): boolean {
  if (saysNothing(error) || error instanceof IntegrityError) return true
  if (!(error instanceof OssError)) return false
  return error.code === 'NoSuchUpload' || (retried && error.code === 'FileAlreadyExists')
}

/**
 * The object, if it is the one expected and the upload is over. The first alone is no proof: the same
 * bytes may have been there before, and the upload still be open.
 */
async function confirm(
  client: UploadClient,
  expected: ExpectedObject,
  cause: unknown,
  options: CallOptions,
): Promise<CompletedObject | undefined> {
  const { bucket, key } = expected
  if (await isOpen(client, expected, cause, options)) return undefined
  try {
    const head = await client.headObject({ bucket, key }, options)
    const { etag, hashCrc64ecma, versionId, status, requestId, size } = head
    // With nothing verified the sums still tell our object from others; nothing else could.
    const proofs = await proofsOf(
      { ...expected, verify: expected.verify === 'off' ? 'md5' : expected.verify },
      head,
    )
    if (size !== expected.size || !proofs || proofs.length === 0) return undefined
    return {
      etag,
      hashCrc64ecma,
      versionId,
      callbackBody: undefined,
      status,
      requestId,
      verified: expected.verify === 'off' ? [] : proofs,
      confirmedByHead: true,
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    // The question we could not answer is what the caller should hear of, not that asking failed.
    if (error instanceof OssError || error instanceof TransportError) return undefined
    throw error
  }
}

async function isOpen(
  client: UploadClient,
  { bucket, key, uploadId }: ExpectedObject,
  cause: unknown,
  options: CallOptions,
): Promise<boolean> {
  if (cause instanceof OssError && cause.code === 'NoSuchUpload') return false
  try {
    await client.listParts({ bucket, key, uploadId, maxParts: 1 }, options)
    return true
  } catch (error) {
    options.signal?.throwIfAborted()
    return !(error instanceof OssError && error.code === 'NoSuchUpload')
  }
}

interface Sums {
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
}

/** None where nothing can be compared; `undefined` where it is another object. */
async function proofsOf(
  expected: ExpectedObject,
  actual: Sums,
): Promise<readonly Proof[] | undefined> {
  const { crc64, verify, parts } = expected
  if (verify === 'off') return []
  const isComparable = crc64 !== undefined && actual.hashCrc64ecma !== undefined
  if (isComparable && crc64 !== actual.hashCrc64ecma) return undefined
  const byCrc64: readonly Proof[] = isComparable ? ['crc64'] : []
  if (isComparable && verify === 'crc64') return byCrc64
  if (sameETag(actual.etag, expected.etag)) return ['etag', ...byCrc64]
  const { multipartETagOfDigests } = await loadMultipartETag()
  const byDigests = multipartETagOfDigests(parts.map(({ etag }) => parseETag(etag)))
  if (byDigests && sameETag(actual.etag, byDigests)) return ['etag', ...byCrc64]
  // Another rule. What looks like OSS's, and is not what it makes, is a wrong object's.
  if (isComparable && verify !== 'strict') return byCrc64
  const looksLikeOurs = new RegExp(`^[0-9A-F]{32}-${parts.length}$`, 'i').test(actual.etag)
  return looksLikeOurs ? undefined : byCrc64
}

function otherObject(
  { bucket, key, uploadId, ...expected }: ExpectedObject,
  actual: Sums & Answer,
): IntegrityError {
  return new IntegrityError(
    'object',
    `The object oss://${bucket}/${key} is not what was sent: it has ETag ${actual.etag} and CRC-64 ${actual.hashCrc64ecma}, and should have ${expected.etag} and ${expected.crc64}. Upload it again.`,
    { uploadId, status: actual.status, requestId: actual.requestId },
  )
}
