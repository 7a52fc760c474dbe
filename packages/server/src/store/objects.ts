/** Objects: put, get, delete, list. */

import { md5ETag } from '@lading/protocol'
import type {
  ListingEntry,
  ListingQuery,
  NewObject,
  Page,
  StoredObject,
} from '../ports/metadata-store.ts'
import { type RequestedAttributes, settleAttributes } from './attributes.ts'
import { getBucket } from './buckets.ts'
import type { StoreDependencies } from './dependencies.ts'
import { type Expectations, observe } from './digests.ts'
import { type ObjectReader, readerOf } from './manifest.ts'
import { discard, forbidOverwrite, noSuchBucket, noSuchKey, tryAgain } from './refusals.ts'
import { storeBlob } from './store-blob.ts'

export interface PutObjectRequest {
  readonly bucket: string
  readonly key: string
  readonly attributes: RequestedAttributes
  readonly forbidOverwrite: boolean
  readonly bytes: AsyncIterable<Uint8Array>
  readonly expected: Expectations
}

/** Stores a whole object; as with a part, nothing refers to its blob before the last step. */
export async function putObject(
  { blobs, metadata, makeHasher, now }: StoreDependencies,
  request: PutObjectRequest,
  options: { signal?: AbortSignal } = {},
): Promise<StoredObject> {
  const { bucket: name, key } = request
  const bucket = await getBucket(metadata, name)
  const guard = request.forbidOverwrite ? forbidOverwrite : undefined
  guard?.(await metadata.findObject(name, key))

  const observed = observe(request.bytes, makeHasher, request.expected)
  return storeBlob(blobs, observed, options, async (blobId, { md5, crc64, size }) => {
    const object: NewObject = {
      bucket: name,
      key,
      type: 'Normal',
      size,
      etag: md5ETag(md5),
      crc64,
      md5,
      modifiedAt: now(),
      attributes: settleAttributes(request.attributes, bucket),
      manifest: size > 0 ? [{ blobId, blobOffset: 0, length: size }] : [],
    }
    const outcome = await metadata.putObject(object, guard)
    if (outcome !== 'published') throw outcome === 'no-bucket' ? noSuchBucket(name) : tryAgain()
    // No manifest names a blob without bytes.
    if (size === 0) await discard(blobs, blobId)
    return object
  })
}

export async function getObject(
  { metadata }: StoreDependencies,
  bucket: string,
  key: string,
): Promise<StoredObject> {
  const object = await metadata.findObject(bucket, key)
  if (object) return object
  await getBucket(metadata, bucket)
  throw noSuchKey(key)
}

export async function openObject(
  { blobs, metadata }: StoreDependencies,
  bucket: string,
  key: string,
): Promise<ObjectReader> {
  const open = await metadata.openObject(bucket, key)
  if (open) return readerOf(blobs, open)
  await getBucket(metadata, bucket)
  throw noSuchKey(key)
}

export async function deleteObject(
  { metadata }: StoreDependencies,
  bucket: string,
  key: string,
): Promise<void> {
  if (!(await metadata.deleteObject(bucket, key))) await getBucket(metadata, bucket)
}

export async function listObjects(
  { metadata }: StoreDependencies,
  bucket: string,
  query: ListingQuery,
): Promise<Page<ListingEntry<StoredObject>>> {
  const page = await metadata.listObjects(bucket, query)
  if (page.rows.length === 0) await getBucket(metadata, bucket)
  return page
}
