/** Objects: put, get, delete, list. */

import { md5ETag, type OssError } from '@lading/protocol'
import type {
  ListingEntry,
  ListingQuery,
  MetadataStore,
  NewObject,
  ObjectVersion,
  Page,
  StoredObject,
  UnversionedObject,
  VersionId,
  VersionListingQuery,
} from '../ports/metadata-store.ts'
import { type RequestedAttributes, settleAttributes } from './attributes.ts'
import { getBucket } from './buckets.ts'
import type { StoreDependencies } from './dependencies.ts'
import { type Expectations, observe } from './digests.ts'
import { opened } from './encryption.ts'
import { type ObjectReader, readerOf } from './manifest.ts'
import {
  deletedObject,
  discard,
  guardOf,
  noSuchBucket,
  noSuchKey,
  noSuchVersion,
  tryAgain,
} from './refusals.ts'
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
  dependencies: StoreDependencies,
  request: PutObjectRequest,
  options: { signal?: AbortSignal } = {},
): Promise<StoredObject> {
  const { blobs, metadata, makeHasher, now } = dependencies
  const { bucket: name, key } = request
  const bucket = await getBucket(metadata, name)
  const guard = guardOf(request, bucket)
  guard?.(await metadata.findObject(name, key))

  const observed = observe(request.bytes, makeHasher, request.expected)
  const attributes = await settleAttributes(dependencies, request.attributes, bucket)
  const { encryption } = attributes
  return storeBlob(
    dependencies,
    observed,
    { ...options, encryption },
    async (blobId, { md5, crc64, size }) => {
      const object: NewObject = {
        bucket: name,
        key,
        type: 'Normal',
        size,
        etag: md5ETag(md5),
        crc64,
        md5,
        modifiedAt: now(),
        attributes,
        manifest: size > 0 ? [{ blobId, blobOffset: 0, length: size }] : [],
      }
      const published = await metadata.putObject(object, guard)
      if (published === 'no-bucket') throw noSuchBucket(name)
      if (published === 'condemned') throw tryAgain()
      // No manifest names a blob without bytes.
      if (size === 0) await discard(blobs, blobId)
      return published
    },
  )
}

/** Which object is meant; without a version, the newest. */
export interface ObjectRef {
  readonly bucket: string
  readonly key: string
  readonly versionId?: VersionId | undefined
}

export async function getObject(
  { metadata }: StoreDependencies,
  ref: ObjectRef,
): Promise<StoredObject> {
  const { bucket, key, versionId } = ref
  const found = await metadata.findVersion(bucket, key, versionId)
  if (found?.kind === 'object') return found.object
  throw await absence(metadata, ref, found)
}

export async function openObject(
  { blobs, metadata, masterKeys }: StoreDependencies,
  ref: ObjectRef,
): Promise<ObjectReader> {
  const { bucket, key, versionId } = ref
  const open = await metadata.openObject(bucket, key, versionId)
  if (open) {
    const { encryption } = open.object.attributes
    return readerOf(opened(blobs, masterKeys, encryption), open)
  }
  throw await absence(metadata, ref, await metadata.findVersion(bucket, key, versionId))
}

/** Changes what is said of an object; its bytes stay. A throw from `change` changes nothing. */
export async function updateObject(
  { metadata }: StoreDependencies,
  ref: ObjectRef,
  change: (object: StoredObject) => UnversionedObject,
): Promise<StoredObject> {
  const changed = await metadata.updateObject(ref, change)
  if (changed) return changed
  throw await absence(metadata, ref, await metadata.findVersion(ref.bucket, ref.key, ref.versionId))
}

/** What came of a deletion, as its answer says it. */
export interface DeletionOutcome {
  /** The version that is gone, or the marker that was put. */
  readonly versionId: VersionId | undefined
  /** Whether that version is a delete marker. */
  readonly deleteMarker: boolean
}

export async function deleteObject(
  { metadata }: StoreDependencies,
  { bucket, key, versionId }: ObjectRef,
): Promise<DeletionOutcome> {
  if (versionId !== undefined) {
    const outcome = await metadata.deleteVersion(bucket, key, versionId)
    if (outcome === 'missing') await getBucket(metadata, bucket)
    return { versionId, deleteMarker: outcome === 'marker' }
  }
  const deletion = await metadata.deleteObject(bucket, key)
  if (deletion.kind === 'marked') return { versionId: deletion.versionId, deleteMarker: true }
  if (deletion.kind === 'missing') await getBucket(metadata, bucket)
  return { versionId: undefined, deleteMarker: false }
}

/** Why there is no such object. */
async function absence(
  metadata: MetadataStore,
  { bucket, key, versionId }: ObjectRef,
  found: ObjectVersion | undefined,
): Promise<OssError> {
  await getBucket(metadata, bucket)
  if (found?.kind === 'marker') return deletedObject(found.marker, versionId)
  return versionId === undefined ? noSuchKey(key) : noSuchVersion(key, versionId)
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

export async function listVersions(
  { metadata }: StoreDependencies,
  bucket: string,
  query: VersionListingQuery,
): Promise<Page<ListingEntry<ObjectVersion>>> {
  const page = await metadata.listVersions(bucket, query)
  if (page.rows.length === 0) await getBucket(metadata, bucket)
  return page
}
