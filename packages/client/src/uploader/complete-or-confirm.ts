/** Completing an upload; and when the answer is lost, finding out what happened. */

import { type ETag, OssError, type PartReference, sameETag } from '@lading/protocol'
import { IntegrityError, TransportError } from '../errors.ts'
import type { CallbackOptions, ObjectAcl } from '../operations/attributes.ts'
import type { CallOptions } from '../options.ts'
import type { OssClient } from '../oss-client.ts'

/** What the object must be, computed here from what was sent. */
export interface ExpectedObject {
  readonly bucket: string
  readonly key: string
  readonly uploadId: string
  readonly parts: readonly PartReference[]
  /** Bytes. */
  readonly size: number
  readonly etag: ETag
  readonly crc64: bigint | undefined
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
  /** The answer to Complete was lost, and HEAD showed that it had happened. */
  readonly confirmedByHead: boolean
}

/**
 * Resolves once the object is there and proved to be the one expected.
 *
 * @throws {IntegrityError} when the service made another object of the parts.
 */
export async function completeOrConfirm(
  client: OssClient,
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
    requireExpected(expected, answer)
    return { ...answer, confirmedByHead: false }
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
 * answer was lost. No answer at all, or a 5xx, says nothing either way.
 */
function mayHaveHappened(error: unknown, retried: boolean): boolean {
  if (error instanceof TransportError) return true
  if (!(error instanceof OssError)) return false
  if (error.code === 'NoSuchUpload' || error.status >= 500) return true
  return retried && error.code === 'FileAlreadyExists'
}

/**
 * The object, if it is the one expected and the upload is over. The first alone is no proof: the same
 * bytes may have been there before, and the upload still be open.
 */
async function confirm(
  client: OssClient,
  expected: ExpectedObject,
  cause: unknown,
  options: CallOptions,
): Promise<CompletedObject | undefined> {
  const { bucket, key } = expected
  if (await isOpen(client, expected, cause, options)) return undefined
  try {
    const head = await client.headObject({ bucket, key }, options)
    const { etag, hashCrc64ecma, versionId, status, requestId, size } = head
    if (size !== expected.size || !isExpected(expected, head)) return undefined
    return {
      etag,
      hashCrc64ecma,
      versionId,
      callbackBody: undefined,
      status,
      requestId,
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
  client: OssClient,
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

function isExpected(expected: ExpectedObject, { etag, hashCrc64ecma }: Sums): boolean {
  const sameCrc =
    hashCrc64ecma === undefined || expected.crc64 === undefined || hashCrc64ecma === expected.crc64
  return sameCrc && sameETag(etag, expected.etag)
}

function requireExpected(expected: ExpectedObject, actual: Sums): void {
  if (isExpected(expected, actual)) return
  throw new IntegrityError(
    'object',
    `The object oss://${expected.bucket}/${expected.key} is not what was sent: it has ETag ${actual.etag} and CRC-64 ${actual.hashCrc64ecma}, and should have ${expected.etag} and ${expected.crc64}.`,
  )
}
