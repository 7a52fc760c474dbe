/** The core of `copy`: by one request or in parts, proved before it counts. */

import { combineCrc64, type ETag, MAX_PUT_SIZE, multipartETag, OssError } from '@lading/protocol'
import { Lanes } from '../engine/parallel.ts'
import type { Steered } from '../engine/steering.ts'
import { IntegrityError, withFacts } from '../errors.ts'
import { attributesOf, type ObjectAttributes } from '../operations/attributes.ts'
import { type CopyObjectAnswer, replacesMetadata } from '../operations/copies.ts'
import type { ObjectInput } from '../operations/multipart.ts'
import type { HeadObjectAnswer, VersionInput } from '../operations/objects.ts'
import type { Proof } from '../operations/prove.ts'
import { repeatable } from '../operations/repeated.ts'
import type { CallOptions } from '../options.ts'
import type { OssClient } from '../oss-client.ts'
import { completeOrConfirm } from '../uploader/complete-or-confirm.ts'
import { forEachConcurrent } from '../uploader/for-each-concurrent.ts'
import { initiate } from '../uploader/initiate.ts'
import { forbidsOverwrite, headOrNothing } from '../uploader/on-exists.ts'
import { choosePartSize, countParts, planParts } from '../uploader/plan-parts.ts'
import {
  type CopyOptions,
  type CopyProgress,
  DEFAULT_COPY_PART_SIZE,
  DEFAULT_COPY_THRESHOLD,
} from './options.ts'

export interface CopyResult extends ObjectInput {
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  readonly versionId: string | undefined
  /** Of the source; `undefined` where there are no versions. */
  readonly sourceVersionId: string | undefined
  /** Bytes. */
  readonly size: number
  /** `undefined` when it was copied by one request, or not at all. */
  readonly uploadId: string | undefined
  /** 0 when it was copied by one request, or not at all. */
  readonly parts: number
  /** Which of the copy's sums was compared with the source's. Empty where the service gives none. */
  readonly verified: readonly Proof[]
  /** The key had an object that `onExists` says to leave alone: the sums here are that object's. */
  readonly skipped: boolean
  readonly status: number
  readonly requestId: string | undefined
}

/** What the handle shares with its copy. */
export interface CopyControl extends Steered {
  /** Told as soon as there is something to abort. */
  began(uploadId: string): void
  copied(progress: CopyProgress): void
}

/** @throws {IntegrityError} when the copy has other bytes than its source. */
export async function copyObject(
  client: OssClient,
  source: VersionInput,
  target: ObjectInput,
  given: CopyOptions,
  control: CopyControl,
): Promise<CopyResult> {
  const { multipartThreshold = DEFAULT_COPY_THRESHOLD, onExists, retries, onRetry } = given
  const options = forbidsOverwrite(onExists) ? { ...given, forbidOverwrite: true } : given
  const call = { signal: control.signal, retries, onRetry }
  const head = await client.headObject(source, call)
  control.copied({ copied: 0, total: head.size })
  const pinned = { ...source, versionId: source.versionId ?? head.versionId }
  const copying = { client, source: pinned, head, target, options, control, call }
  const present = await findPresent(copying)
  if (present) return present
  // The service copies no parts of these.
  const isWhole = head.objectType === 'Appendable' || head.objectType === 'Symlink'
  try {
    return head.size <= multipartThreshold || (isWhole && head.size <= MAX_PUT_SIZE)
      ? await copyWhole(copying)
      : await copyInParts(copying)
  } catch (error) {
    // Others were faster: what they made is what was to be left alone.
    const isTaken = error instanceof OssError && error.code === 'FileAlreadyExists'
    const taken = isTaken && onExists === 'skip' ? await findPresent(copying) : undefined
    if (!taken) throw error
    return taken
  }
}

interface Copying {
  readonly client: OssClient
  readonly source: VersionInput
  readonly head: HeadObjectAnswer
  readonly target: ObjectInput
  readonly options: CopyOptions
  readonly control: CopyControl
  readonly call: CallOptions
}

/** What the key has already, where that makes the copy needless. */
async function findPresent(copying: Copying): Promise<CopyResult | undefined> {
  const { client, source, head, target, options, control, call } = copying
  const { onExists } = options
  if (onExists !== 'skip' && onExists !== 'skip-if-same') return undefined
  const present = await headOrNothing(client, target, call)
  if (!present) return undefined
  const { etag, hashCrc64ecma, versionId, size, status, requestId } = present
  const isSame =
    size === head.size && hashCrc64ecma !== undefined && hashCrc64ecma === head.hashCrc64ecma
  if (onExists === 'skip-if-same' && !isSame) return undefined
  control.copied({ copied: head.size, total: head.size })
  return {
    ...target,
    etag,
    hashCrc64ecma,
    versionId,
    sourceVersionId: source.versionId,
    size,
    uploadId: undefined,
    parts: 0,
    verified: isSame && onExists === 'skip-if-same' ? ['crc64'] : [],
    skipped: true,
    status,
    requestId,
  }
}

async function copyWhole(copying: Copying): Promise<CopyResult> {
  const { client, source, head, target, options, control, call } = copying
  const { acl, metadataDirective, taggingDirective } = options
  const { gate, signal } = control
  const input = {
    ...target,
    ...attributesOf(options),
    acl,
    metadataDirective,
    taggingDirective,
    source,
    conditions: { ifMatch: head.etag },
  }
  const answer = await repeatable<Omit<CopyObjectAnswer, 'lastModified'>>(
    'FileAlreadyExists',
    call,
    (call) =>
      // A pause waits for it: who knows how far the service is.
      gate.run(() => client.copyObject(input, call), signal),
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
  control.copied({ copied: head.size, total: head.size })
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
    skipped: false,
    status,
    requestId,
  }
}

async function copyInParts(copying: Copying): Promise<CopyResult> {
  const { client, source, head, target, options, control, call } = copying
  const attributes = await copiedAttributes(copying)
  const notice = (text: string): void => options.onNotice?.(text)
  const { uploadId, sweep } = await initiate(client, target, attributes, call, notice)
  control.began(uploadId)
  try {
    const parts = await copyParts(copying, uploadId)
    requireSame(head.hashCrc64ecma, combined(parts), target)
    await control.gate.passed(control.signal)
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
      skipped: false,
      status,
      requestId,
    }
  } catch (error) {
    await abort(copying, uploadId)
    throw withFacts(error, { uploadId })
  } finally {
    await sweep()
  }
}

interface CopiedPart {
  readonly partNumber: number
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  readonly size: number
}

async function copyParts(copying: Copying, uploadId: string): Promise<readonly CopiedPart[]> {
  const { client, source, head, target, options, control, call } = copying
  const { parallel, partSize = DEFAULT_COPY_PART_SIZE } = options
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
      const input = {
        ...target,
        uploadId,
        partNumber,
        source,
        range: { start: offset, end: offset + size - 1 },
        conditions: { ifMatch: head.etag },
      }
      const { etag, hashCrc64ecma } = await control.gate.run(
        (signal) => client.uploadPartCopy(input, { ...call, onRetry, signal }),
        signal,
      )
      lanes.finished(size)
      copied.push({ partNumber, etag, hashCrc64ecma, size })
      bytes += size
      control.copied({ copied: bytes, total })
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
    `The copy oss://${bucket}/${key} has other bytes than its source: CRC-64 ${copied} instead of ${source}. Copy it again.`,
  )
}

/** Whatever the signal says: parts that nobody asks for again cost their owner. */
async function abort({ client, target, options }: Copying, uploadId: string): Promise<void> {
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
  const { metadataDirective, taggingDirective } = options
  const given = attributesOf(options)
  const replacesTags = (taggingDirective ?? (given.tagging && 'REPLACE')) === 'REPLACE'
  const tagging = replacesTags
    ? (given.tagging ?? {})
    : (await client.getObjectTagging(source, call)).tagging
  const replaces = (metadataDirective ?? (replacesMetadata(given) && 'REPLACE')) === 'REPLACE'
  const headers: ObjectAttributes = replaces
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
