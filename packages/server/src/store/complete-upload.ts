/** Parts asked for and parts held come to an object, or to a refusal. Pure, but for the clock. */

import {
  combineCrc64,
  type ETag,
  formatETag,
  MIN_PART_SIZE,
  md5ETag,
  multipartETag,
  OssError,
  type PartReference,
  sameETag,
} from '@lading/protocol'
import type { BlobId } from '../ports/blob-store.ts'
import type {
  Completion,
  CompletionRule,
  ManifestEntry,
  Part,
  StoredObject,
  Upload,
  UploadRef,
} from '../ports/metadata-store.ts'
import { withAcl } from './attributes.ts'
import type { StoreDependencies } from './dependencies.ts'
import {
  forbidOverwrite,
  guardOf,
  noSuchUpload,
  noSuchUploadEc,
  notSequential,
} from './refusals.ts'
import { keepWholeMd5 } from './whole-md5.ts'

export interface CompleteRequest {
  readonly upload: UploadRef
  /** In the order given; `'all'` takes every part there is. */
  readonly parts: readonly PartReference[] | 'all'
  readonly forbidOverwrite: boolean
  /** In place of what the initiation said. */
  readonly acl?: string | undefined
}

/**
 * Makes the object and ends the upload. Takes no signal: once asked for, it happens whether or not
 * anybody is still there to hear of it.
 */
export async function completeUpload(
  dependencies: StoreDependencies,
  request: CompleteRequest,
): Promise<StoredObject> {
  const { metadata, now } = dependencies
  // Before the upload is looked for, as the service does.
  if (request.parts !== 'all') requireAscending(request.parts, request.upload.uploadId)
  const bucket = await metadata.findBucket(request.upload.bucket)
  const rules = { ...request, forbidOverwrite: guardOf(request, bucket) !== undefined }
  let inOrder = false
  const object = await metadata.completeUpload(request.upload, (upload) => {
    inOrder = upload.sequential === true
    return decide(upload, rules, now())
  })
  if (!object) throw noSuchUpload(request.upload.uploadId, noSuchUploadEc.complete)
  if (!inOrder) return object
  // It is complete either way: bytes that cannot be read are told to whoever reads them.
  return await keepWholeMd5(dependencies, object).catch(() => object)
}

/** @throws {OssError} `InvalidPartOrder` unless every part number is above the one before it. */
export function requireAscending(parts: readonly PartReference[], uploadId: string): void {
  let previous = 0
  for (const { partNumber } of parts) {
    if (partNumber <= previous) {
      throw new OssError('InvalidPartOrder', {
        ec: '0042-00000209',
        details: { UploadId: uploadId },
      })
    }
    previous = partNumber
  }
}

/** @throws {OssError} `PartNotSequential` unless the parts are numbered from 1 without a gap. */
function requireSequential(parts: readonly PartReference[]): void {
  const stray = parts.find(({ partNumber }, index) => partNumber !== index + 1)
  if (stray) throw notSequential(stray.partNumber)
}

/**
 * The rule for one upload. Every listed part must be held with the ETag that is listed for it, and
 * all but the last listed one must have their least size; an empty list makes an empty object. Parts
 * that are held and not listed are dropped.
 */
export function decide(
  upload: Upload,
  { parts: asked, forbidOverwrite: mustBeNew, acl }: Omit<CompleteRequest, 'upload'>,
  modifiedAt: Date,
): CompletionRule {
  if (upload.sequential && asked !== 'all') requireSequential(asked)
  const taken = new TakenParts()
  const dropped: BlobId[] = []
  let next = 0

  return {
    page(parts) {
      for (const part of parts) {
        const etag = md5ETag(part.md5)
        if (asked === 'all') {
          taken.add(part, etag)
          continue
        }
        const wanted = asked[next]
        if (wanted && wanted.partNumber < part.partNumber) throw invalidPart(wanted, upload)
        if (wanted?.partNumber !== part.partNumber) {
          dropped.push(part.blobId)
          continue
        }
        if (!sameETag(wanted.etag, etag)) throw invalidPart(wanted, upload)
        taken.add(part, etag)
        next += 1
      }
    },

    finish(current): Completion {
      const unheld = asked === 'all' ? undefined : asked[next]
      if (unheld) throw invalidPart(unheld, upload)
      taken.requireSizes()
      if (mustBeNew) forbidOverwrite(current)
      return {
        object: {
          bucket: upload.bucket,
          key: upload.key,
          type: 'Multipart',
          size: taken.size,
          etag: multipartETag(taken.etags),
          crc64: taken.crc64,
          md5: undefined,
          modifiedAt,
          attributes: acl === undefined ? upload.attributes : withAcl(upload.attributes, acl),
          manifest: taken.manifest,
        },
        dropped: [...dropped, ...taken.emptyBlobs],
      }
    },
  }
}

/** What the parts taken so far come to. */
class TakenParts {
  readonly etags: ETag[] = []
  readonly manifest: ManifestEntry[] = []
  /** Blobs of parts without bytes, which no manifest names. */
  readonly emptyBlobs: BlobId[] = []
  size = 0
  crc64 = 0n
  #last: Part | undefined
  #tooSmall: Part | undefined

  add(part: Part, etag: ETag): void {
    // Only now is it known that the part before this one is not the last.
    if (this.#last && this.#last.size < MIN_PART_SIZE) this.#tooSmall ??= this.#last
    this.#last = part
    this.etags.push(etag)
    this.crc64 = combineCrc64(this.crc64, part.crc64, part.size)
    this.size += part.size
    if (part.size === 0) this.emptyBlobs.push(part.blobId)
    else this.manifest.push({ blobId: part.blobId, blobOffset: 0, length: part.size })
  }

  /** Asked last: a part that is missing or wrong comes before one that is small. */
  requireSizes(): void {
    const part = this.#tooSmall
    if (!part) return
    throw new OssError('EntityTooSmall', {
      ec: '0042-00000213',
      details: {
        MinSizeAllowed: String(MIN_PART_SIZE),
        ProposedSize: String(part.size),
        ETag: formatETag(md5ETag(part.md5)),
        PartNumber: String(part.partNumber),
      },
    })
  }
}

function invalidPart({ partNumber, etag }: PartReference, { uploadId }: Upload): OssError {
  return new OssError('InvalidPart', {
    details: { ETag: etag, PartNumber: String(partNumber), UploadId: uploadId },
  })
}
