/** `copy`: an object to another key by the service itself, of any size, proved before it counts. */

import {
  combineCrc64,
  type ETag,
  MAX_PUT_SIZE,
  multipartETag,
  OssError,
  type UploadId,
} from '@lading/protocol'
import { Lanes, type Parallel, requireParallel } from '../engine/parallel.ts'
import { IntegrityError } from '../errors.ts'
import { attributesOf, type ObjectAcl, type ObjectAttributes } from '../operations/attributes.ts'
import { type CopyObjectAnswer, replacesMetadata } from '../operations/copies.ts'
import type { ObjectInput } from '../operations/multipart.ts'
import type { HeadObjectAnswer, VersionInput } from '../operations/objects.ts'
import type { Proof } from '../operations/prove.ts'
import { repeatable } from '../operations/repeated.ts'
import { type CallOptions, requireInteger } from '../options.ts'
import type { OssClient } from '../oss-client.ts'
import { completeOrConfirm } from '../uploader/complete-or-confirm.ts'
import { forEachConcurrent } from '../uploader/for-each-concurrent.ts'
import { choosePartSize, countParts, planParts, requirePartSize } from '../uploader/plan-parts.ts'

const MiB = 1024 * 1024
/** Bytes. The service copies long before an idle connection is given up. */
const DEFAULT_COPY_PART_SIZE = 64 * MiB
const DEFAULT_COPY_THRESHOLD = 128 * MiB

/**
 * Headers, metadata and tags of the source are copied, unless any of them is given: then those given
 * are the copy's, as with `copyObject`. Storage class, encryption and ACL are never copied.
 */
export interface CopyOptions extends ObjectAttributes, CallOptions {
  readonly acl?: ObjectAcl | undefined
  /** Bytes, 0 to 5 GiB. What is longer is copied in parts. Default 128 MiB. */
  readonly multipartThreshold?: number | undefined
  /** Bytes, 100 KiB to 5 GiB. Default 64 MiB. Grown where there would be more than 10,000 parts. */
  readonly partSize?: number | undefined
  /** Parts being copied at the same time, as with `upload`. Default `adaptive`. */
  readonly parallel?: Parallel | undefined
  /** Called when a part has been copied. Must not throw. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined
  /** Hears, in a sentence, of an upload that could not be aborted and keeps its parts. */
  readonly onNotice?: ((notice: string) => void) | undefined
}

export interface CopyProgress {
  /** Bytes that the service has copied. */
  readonly copied: number
  /** Bytes. */
  readonly total: number
}

export interface CopyResult extends ObjectInput {
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  readonly versionId: string | undefined
  /** Of the source; `undefined` where there are no versions. */
  readonly sourceVersionId: string | undefined
  /** Bytes. */
  readonly size: number
  /** `undefined` when it was copied by one request. */
  readonly uploadId: string | undefined
  /** 0 when it was copied by one request. */
  readonly parts: number
  /** Which of the copy's sums was compared with the source's. Empty where the service gives none. */
  readonly verified: readonly Proof[]
  readonly status: number
  readonly requestId: string | undefined
}

/**
 * Copies `source`, as it is now: one that changes meanwhile is refused with `PreconditionFailed`, and
 * never mixed. What fails or is aborted leaves no parts behind.
 *
 * @throws {IntegrityError} when the copy has other bytes than its source.
 * @throws {RangeError} for options that make no sense.
 */
export async function copy(
  client: OssClient,
  source: VersionInput,
  target: ObjectInput,
  options: CopyOptions = {},
): Promise<CopyResult> {
  const { multipartThreshold = DEFAULT_COPY_THRESHOLD, partSize, parallel } = options
  requireInteger('multipartThreshold', multipartThreshold, 0, MAX_PUT_SIZE)
  if (partSize !== undefined) requirePartSize(partSize)
  if (parallel !== undefined) requireParallel(parallel)
  const { signal, retries, onRetry } = options
  const call = { signal, retries, onRetry }

  const head = await client.headObject(source, call)
  // The service copies no parts of these.
  const isWhole = head.objectType === 'Appendable' || head.objectType === 'Symlink'
  const { bucket, key } = target
  const pinned = { ...source, versionId: source.versionId ?? head.versionId }
  const copying = { client, source: pinned, head, target: { bucket, key }, options, call }
  return head.size <= multipartThreshold || (isWhole && head.size <= MAX_PUT_SIZE)
    ? copyWhole(copying)
    : copyInParts(copying)
}

interface Copying {
  readonly client: OssClient
  readonly source: VersionInput
  readonly head: HeadObjectAnswer
  readonly target: ObjectInput
  readonly options: CopyOptions
  readonly call: CallOptions
}

async function copyWhole(copying: Copying): Promise<CopyResult> {
  const { client, source, head, target, options, call } = copying
  const { acl } = options
  const answer = await repeatable<Omit<CopyObjectAnswer, 'lastModified'>>(
    'FileAlreadyExists',
    call,
    (call) =>
      client.copyObject(
        { ...target, ...attributesOf(options), acl, source, conditions: { ifMatch: head.etag } },
        call,
      ),
    async () => {
      const { etag, size, hashCrc64ecma, versionId, status, requestId } = await client.headObject(
        target,
        call,
      )
      const isCopy = hashCrc64ecma !== undefined && hashCrc64ecma === head.hashCrc64ecma
      if (!isCopy || size !== head.size) return undefined
      return {
        etag,
        hashCrc64ecma,
        versionId,
        sourceVersionId: source.versionId,
        status,
        requestId,
      }
    },
  )
  // Of a link the link is copied, and its sums are not those of the object that it leads to.
  const isLink = head.objectType === 'Symlink'
  if (!isLink) requireSame(head.hashCrc64ecma, answer.hashCrc64ecma, target)
  const { etag, hashCrc64ecma, versionId, sourceVersionId, status, requestId } = answer
  const isProved = !isLink && head.hashCrc64ecma !== undefined && hashCrc64ecma !== undefined
  options.onProgress?.({ copied: head.size, total: head.size })
  return {
    ...target,
    etag,
    hashCrc64ecma,
    versionId,
    sourceVersionId: sourceVersionId ?? source.versionId,
    size: head.size,
    uploadId: undefined,
    parts: 0,
    verified: isProved ? ['crc64'] : [],
    status,
    requestId,
  }
}

async function copyInParts(copying: Copying): Promise<CopyResult> {
  const { client, source, head, target, options, call } = copying
  const attributes = await copiedAttributes(copying)
  const { uploadId } = await client.initiateMultipartUpload({ ...target, ...attributes }, call)
  try {
    const parts = await copyParts(copying, uploadId)
    requireSame(head.hashCrc64ecma, combined(parts), target)
    call.signal?.throwIfAborted()
    const object = await completeOrConfirm(
      client,
      {
        ...target,
        uploadId,
        parts,
        size: head.size,
        etag: multipartETag(parts.map(({ etag }) => etag)),
        crc64: head.hashCrc64ecma ?? combined(parts),
        verify: 'md5',
      },
      { acl: options.acl, forbidOverwrite: options.forbidOverwrite },
      call,
    )
    const { etag, hashCrc64ecma, versionId, verified, status, requestId } = object
    return {
      ...target,
      etag,
      hashCrc64ecma,
      versionId,
      sourceVersionId: source.versionId,
      size: head.size,
      uploadId,
      parts: parts.length,
      verified,
      status,
      requestId,
    }
  } catch (error) {
    await abort(copying, uploadId)
    throw error
  }
}

interface CopiedPart {
  readonly partNumber: number
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  readonly size: number
}

async function copyParts(copying: Copying, uploadId: UploadId): Promise<readonly CopiedPart[]> {
  const { client, source, head, target, options, call } = copying
  const { parallel, partSize = DEFAULT_COPY_PART_SIZE, onProgress } = options
  const total = head.size
  const size = choosePartSize(total, partSize)
  const copied: CopiedPart[] = []
  const lanes = new Lanes(parallel, { transfers: countParts(total, size) })
  const onRetry: CallOptions['onRetry'] = (notice) => {
    lanes.failed(notice.error)
    call.onRetry?.(notice)
  }
  let bytes = 0
  await forEachConcurrent(
    planParts(total, size),
    lanes.turns(),
    async ({ partNumber, offset, size }, signal) => {
      const { etag, hashCrc64ecma } = await client.uploadPartCopy(
        {
          ...target,
          uploadId,
          partNumber,
          source,
          range: { start: offset, end: offset + size - 1 },
          conditions: { ifMatch: head.etag },
        },
        { ...call, onRetry, signal },
      )
      lanes.finished(size)
      copied.push({ partNumber, etag, hashCrc64ecma, size })
      bytes += size
      onProgress?.({ copied: bytes, total })
    },
    call.signal,
  )
  return copied.sort((left, right) => left.partNumber - right.partNumber)
}

function combined(parts: readonly CopiedPart[]): bigint | undefined {
  let sum = 0n
  for (const { hashCrc64ecma, size } of parts) {
    if (hashCrc64ecma === undefined) return undefined
    sum = combineCrc64(sum, hashCrc64ecma, size)
  }
  return sum
}

/** @throws {IntegrityError} when both are known and differ. */
function requireSame(
  source: bigint | undefined,
  copied: bigint | undefined,
  { bucket, key }: ObjectInput,
): void {
  if (source === undefined || copied === undefined || source === copied) return
  throw new IntegrityError(
    'object',
    `The copy oss://${bucket}/${key} has other bytes than its source: CRC-64 ${copied} instead of ${source}.`,
  )
}

/** Whatever the signal says: parts that nobody asks for again cost their owner. */
async function abort({ client, target, options }: Copying, uploadId: UploadId): Promise<void> {
  try {
    await client.abortMultipartUpload({ ...target, uploadId }, { retries: options.retries })
  } catch (error) {
    if (error instanceof OssError && error.code === 'NoSuchUpload') return
    const why = error instanceof Error ? error.message : String(error)
    options.onNotice?.(`The upload ${uploadId} could not be aborted and keeps its parts: ${why}`)
  }
}

/** What CopyObject would have made of source and options, for an upload, which copies nothing by itself. */
async function copiedAttributes(copying: Copying): Promise<ObjectAttributes> {
  const { client, source, head, options, call } = copying
  const given = attributesOf(options)
  const tagging = given.tagging ?? (await client.getObjectTagging(source, call)).tagging
  const headers: ObjectAttributes = replacesMetadata(given)
    ? { contentType: given.contentType ?? head.contentType }
    : {
        contentType: head.contentType,
        cacheControl: head.cacheControl,
        contentDisposition: head.contentDisposition,
        contentEncoding: head.contentEncoding,
        contentLanguage: head.contentLanguage,
        expires: head.expires,
        metadata: head.metadata,
      }
  return { ...given, ...headers, tagging: Object.keys(tagging).length > 0 ? tagging : undefined }
}
