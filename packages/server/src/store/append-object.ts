/** Bytes behind the bytes of an object, where the sender thinks that it ends. */

import { createHash } from 'node:crypto'
import { combineCrc64, MAX_PUT_SIZE, md5ETag, OssError } from '@lading/protocol'
import type { Bucket, StoredObject, UnversionedObject } from '../ports/metadata-store.ts'
import { type RequestedAttributes, settleAttributes, withAcl } from './attributes.ts'
import { getBucket } from './buckets.ts'
import type { StoreDependencies } from './dependencies.ts'
import { type Digests, type Expectations, observe } from './digests.ts'
import { sameEncryption } from './encryption.ts'
import { discard, noSuchBucket, tryAgain } from './refusals.ts'
import { storeBlob } from './store-blob.ts'

export interface AppendObjectRequest {
  readonly bucket: string
  readonly key: string
  /** Where the bytes are to begin; only the end of the object will do. */
  readonly position: number
  /** Asked only for an object that is new: of any other they count for nothing, and may be wrong. */
  readonly attributes: () => RequestedAttributes
  /** The ACL that the object has from now on; `undefined` leaves it as it is. */
  readonly acl: string | undefined
  readonly bytes: AsyncIterable<Uint8Array>
  /** Bytes, where the sender says how many there are. */
  readonly declaredLength: number | undefined
  readonly expected: Expectations
}

/**
 * Appends, or makes the object at position 0. Of several that append at one position exactly one
 * succeeds: the position is held against the object again in the transaction that adds the bytes.
 */
export async function appendObject(
  dependencies: StoreDependencies,
  request: AppendObjectRequest,
  options: { signal?: AbortSignal } = {},
): Promise<StoredObject> {
  const { blobs, metadata, makeHasher, now } = dependencies
  const bucket = await getBucket(metadata, request.bucket)
  const before = await metadata.findObject(bucket.name, request.key)
  // Ask before reading: nobody should have to send 5 GiB to learn that the position is wrong.
  requirePlace(request, before, request.declaredLength ?? 0)
  const settled =
    before?.attributes ?? (await settleAttributes(dependencies, request.attributes(), bucket))
  const { encryption } = settled

  const observed = observe(request.bytes, makeHasher, request.expected)
  return storeBlob(dependencies, observed, { ...options, encryption }, async (blobId, digests) => {
    const { size } = digests
    const place = { bucket: bucket.name, key: request.key }
    // No manifest names a blob without bytes.
    const entries = size > 0 ? [{ blobId, blobOffset: 0, length: size }] : []
    const appended = await metadata.appendObject(place, entries, (current) => {
      requirePlace(request, current, size)
      if (before && !current) throw replacedMeanwhile()
      const object = current ?? emptyObject(request, bucket, settled, now())
      if (!sameEncryption(object.attributes.encryption, encryption)) throw replacedMeanwhile()
      const { acl } = request
      const attributes = acl === undefined ? object.attributes : withAcl(object.attributes, acl)
      return { ...extended(object, digests, now()), attributes }
    })
    if (appended === 'no-bucket') throw noSuchBucket(bucket.name)
    if (appended === 'condemned') throw tryAgain()
    if (size === 0) await discard(blobs, blobId)
    return appended
  })
}

/** @throws {OssError} `ObjectNotAppendable`, `PositionNotEqualToLength`, `EntityTooLarge`. */
function requirePlace(
  { position }: AppendObjectRequest,
  current: StoredObject | undefined,
  length: number,
): void {
  if (current && current.type !== 'Appendable') throw new OssError('ObjectNotAppendable')
  const end = current?.size ?? 0
  if (position !== end) {
    throw new OssError('PositionNotEqualToLength', {
      ec: '0026-00000016',
      headers: { 'x-oss-next-append-position': String(end) },
    })
  }
  // Source: AppendObject, OSS API reference.
  if (end + length > MAX_PUT_SIZE) {
    throw new OssError('EntityTooLarge', {
      details: { MaxSizeAllowed: String(MAX_PUT_SIZE), ProposedSize: String(end + length) },
    })
  }
}

/** What was made ready for an object that is gone would be wrong for the one that came after it. */
function replacedMeanwhile(): OssError {
  return new OssError('ServiceUnavailable', {
    message: 'The object was replaced meanwhile. Please append again.',
  })
}

function emptyObject(
  { key }: AppendObjectRequest,
  bucket: Bucket,
  attributes: StoredObject['attributes'],
  modifiedAt: Date,
): UnversionedObject {
  return {
    bucket: bucket.name,
    key,
    type: 'Appendable',
    size: 0,
    etag: md5ETag(createHash('md5').digest()),
    crc64: 0n,
    // Nobody keeps the state from which the MD5 of all bytes could go on.
    md5: undefined,
    modifiedAt,
    attributes,
  }
}

/** The ETag is opaque and another one after each append; no bytes are no append. */
function extended(
  object: UnversionedObject,
  { md5, crc64, size }: Digests,
  modifiedAt: Date,
): UnversionedObject {
  if (size === 0) return object
  return {
    ...object,
    size: object.size + size,
    etag: md5ETag(createHash('md5').update(object.etag).update(md5).digest()),
    crc64: combineCrc64(object.crc64, crc64, size),
    modifiedAt,
  }
}
