/** What OSS means, over whatever keeps it: the face that `api/` sees. */

import type {
  Bucket,
  BucketUsage,
  ListingEntry,
  ListingQuery,
  ObjectVersion,
  Page,
  Part,
  StoredObject,
  UnversionedObject,
  Upload,
  UploadListingQuery,
  UploadRef,
  VersionId,
  VersionListingQuery,
} from '../ports/metadata-store.ts'
import { type AppendObjectRequest, appendObject } from './append-object.ts'
import { type BucketSettingName, findBucketSetting, putBucketSetting } from './bucket-settings.ts'
import {
  deleteBucket,
  getBucket,
  type ListBucketsQuery,
  listBuckets,
  type PutBucketRequest,
  putBucket,
  setVersioning,
  usageOf,
} from './buckets.ts'
import {
  type CollectionOptions,
  type CollectionReport,
  type CollectorDependencies,
  collectGarbage,
} from './collect-garbage.ts'
import { type CompleteRequest, completeUpload } from './complete-upload.ts'
import type { StoreDependencies } from './dependencies.ts'
import { type LifecycleOptions, type LifecycleReport, runLifecycle } from './lifecycle.ts'
import type { ObjectReader } from './manifest.ts'
import {
  type DeletionOutcome,
  deleteObject,
  getObject,
  listObjects,
  listVersions,
  type ObjectRef,
  openObject,
  type PutObjectRequest,
  putObject,
  updateObject,
} from './objects.ts'
import { OpenWrites } from './open-writes.ts'
import { type PutPartRequest, putPart, type StoredPart } from './put-part.ts'
import { refusePassingFailures } from './refusals.ts'
import { type PutSymlinkRequest, putSymlink } from './symlinks.ts'
import {
  abortUpload,
  type InitiateRequest,
  initiateUpload,
  type ListPartsQuery,
  listParts,
  listUploads,
} from './uploads.ts'

export type { ByteRange } from '../ports/blob-store.ts'
export type {
  Bucket,
  BucketUsage,
  ListingEntry,
  ObjectVersion,
  StoredObject,
  UnversionedObject,
  Upload,
  UploadRef,
  VersionId,
} from '../ports/metadata-store.ts'
export type { BucketSettingName } from './bucket-settings.ts'
export type { CollectionOptions, CollectionReport } from './collect-garbage.ts'
export type { StoreDependencies } from './dependencies.ts'
export type { LifecycleReport } from './lifecycle.ts'
export type { ObjectReader } from './manifest.ts'

/**
 * Every refusal is an `OssError`. A full disk and an engine that cannot be reached are
 * `ServiceUnavailable`; anything else that is thrown is a fault of ours.
 */
export interface Store {
  /**
   * Creates the bucket. On a bucket that the owner has already, changes the ACL if one is given.
   *
   * @throws {OssError} `BucketAlreadyExists` for somebody else's, or another storage class;
   *   `TooManyBuckets`.
   */
  putBucket(request: PutBucketRequest): Promise<Bucket>
  findBucket(name: string): Promise<Bucket | undefined>
  /** @throws {OssError} `NoSuchBucket`. */
  getBucket(name: string): Promise<Bucket>
  listBuckets(query: ListBucketsQuery): Promise<Page<Bucket>>
  /** @throws {OssError} `NoSuchBucket`. */
  setVersioning(name: string, versioning: 'Enabled' | 'Suspended'): Promise<void>
  /** What the bucket holds at this moment. @throws {OssError} `NoSuchBucket`. */
  usageOf(name: string): Promise<BucketUsage>
  /** The text as it was put; `undefined` where none is, or no bucket. */
  findBucketSetting(bucket: string, name: BucketSettingName): Promise<string | undefined>
  /** `undefined` forgets it. @throws {OssError} `NoSuchBucket`. */
  putBucketSetting(
    bucket: string,
    name: BucketSettingName,
    value: string | undefined,
  ): Promise<void>
  /** @throws {OssError} `NoSuchBucket`, `BucketNotEmpty`. */
  deleteBucket(name: string): Promise<void>

  /** @throws {OssError} `NoSuchBucket`, `FileAlreadyExists`. */
  initiateUpload(request: InitiateRequest): Promise<Upload>
  /**
   * Stores one part, replacing one of the same number. Durable and visible when it resolves.
   *
   * @throws {OssError} `NoSuchUpload`, `InvalidDigest`, `InvalidCRC64`.
   */
  putPart(request: PutPartRequest, options?: { signal?: AbortSignal }): Promise<StoredPart>
  /** @throws {OssError} `NoSuchUpload`. */
  listParts(
    upload: UploadRef,
    query: ListPartsQuery,
  ): Promise<{ readonly upload: Upload; readonly page: Page<Part> }>
  /** @throws {OssError} `NoSuchBucket`. */
  listUploads(bucket: string, query: UploadListingQuery): Promise<Page<ListingEntry<Upload>>>
  /**
   * Makes the object of the parts and ends the upload, both or neither. Cannot be cancelled.
   *
   * @throws {OssError} `InvalidPartOrder`, `NoSuchUpload`, `InvalidPart`, `EntityTooSmall`,
   *   `FileAlreadyExists`; the upload then stays as it was.
   */
  completeUpload(request: CompleteRequest): Promise<StoredObject>
  /** @throws {OssError} `NoSuchUpload`. */
  abortUpload(upload: UploadRef): Promise<void>

  /**
   * Stores a whole object. Durable and visible when it resolves.
   *
   * @throws {OssError} `NoSuchBucket`, `FileAlreadyExists`, `InvalidDigest`, `InvalidCRC64`.
   */
  putObject(request: PutObjectRequest, options?: { signal?: AbortSignal }): Promise<StoredObject>
  /**
   * Stores a link, whose target need not be there.
   *
   * @throws {OssError} `NoSuchBucket`, `FileAlreadyExists`.
   */
  putSymlink(request: PutSymlinkRequest): Promise<StoredObject>
  /**
   * Adds bytes to an appendable object, or makes one. Durable and visible when it resolves.
   *
   * @throws {OssError} `NoSuchBucket`, `ObjectNotAppendable`, `PositionNotEqualToLength`,
   *   `EntityTooLarge`, `InvalidDigest`, `InvalidCRC64`.
   */
  appendObject(
    request: AppendObjectRequest,
    options?: { signal?: AbortSignal },
  ): Promise<StoredObject>
  /**
   * @throws {OssError} `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`; `MethodNotAllowed` for the id of
   *   a delete marker.
   */
  getObject(bucket: string, key: string, versionId?: VersionId): Promise<StoredObject>
  /** @throws {OssError} As `getObject`. */
  openObject(bucket: string, key: string, versionId?: VersionId): Promise<ObjectReader>
  /**
   * Changes what is said of an object; its bytes stay.
   *
   * @throws {OssError} `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed`; what `change`
   *   throws, and then nothing has changed.
   */
  updateObject(
    ref: ObjectRef,
    change: (object: StoredObject) => UnversionedObject,
  ): Promise<StoredObject>
  /**
   * Deletes the object, or of a version that very one for good. Succeeds also when there is none.
   *
   * @throws {OssError} `NoSuchBucket`.
   */
  deleteObject(bucket: string, key: string, versionId?: VersionId): Promise<DeletionOutcome>
  /** @throws {OssError} `NoSuchBucket`. */
  listObjects(bucket: string, query: ListingQuery): Promise<Page<ListingEntry<StoredObject>>>
  /** @throws {OssError} `NoSuchBucket`. */
  listVersions(
    bucket: string,
    query: VersionListingQuery,
  ): Promise<Page<ListingEntry<ObjectVersion>>>

  /** Ends what has grown too old. What another process does at the same time is harmless. */
  runLifecycle(options: LifecycleOptions): Promise<LifecycleReport>
  /** Deletes the bytes that nobody can reach any more. Runs one at a time. */
  collectGarbage(options: CollectionOptions): Promise<CollectionReport>
}

export function createStore(dependencies: StoreDependencies): Store {
  const { blobs, metadata, patientNow = dependencies.now } = dependencies
  const writes = new OpenWrites()
  const deleted: CollectorDependencies['deleted'] = new Map()
  const collector = { blobs, metadata, now: patientNow, writes, deleted }
  let collection: Promise<unknown> = Promise.resolve()

  return {
    putBucket: (request) => refusePassingFailures(putBucket(dependencies, request)),
    findBucket: (name) => refusePassingFailures(metadata.findBucket(name)),
    getBucket: (name) => refusePassingFailures(getBucket(metadata, name)),
    listBuckets: (query) => refusePassingFailures(listBuckets(dependencies, query)),
    setVersioning: (name, versioning) =>
      refusePassingFailures(setVersioning(dependencies, name, versioning)),
    usageOf: (name) => refusePassingFailures(usageOf(dependencies, name)),
    findBucketSetting: (bucket, name) =>
      refusePassingFailures(findBucketSetting(dependencies, bucket, name)),
    putBucketSetting: (bucket, name, value) =>
      refusePassingFailures(putBucketSetting(dependencies, bucket, name, value)),
    deleteBucket: (name) => refusePassingFailures(deleteBucket(dependencies, name)),

    initiateUpload: (request) => refusePassingFailures(initiateUpload(dependencies, request)),
    putPart: (request, options) =>
      refusePassingFailures(writes.during(() => putPart(dependencies, request, options))),
    listParts: (upload, query) => refusePassingFailures(listParts(dependencies, upload, query)),
    listUploads: (bucket, query) => refusePassingFailures(listUploads(dependencies, bucket, query)),
    completeUpload: (request) => refusePassingFailures(completeUpload(dependencies, request)),
    abortUpload: (upload) => refusePassingFailures(abortUpload(dependencies, upload)),

    putObject: (request, options) =>
      refusePassingFailures(writes.during(() => putObject(dependencies, request, options))),
    putSymlink: (request) => refusePassingFailures(putSymlink(dependencies, request)),
    appendObject: (request, options) =>
      refusePassingFailures(writes.during(() => appendObject(dependencies, request, options))),
    getObject: (bucket, key, versionId) =>
      refusePassingFailures(getObject(dependencies, { bucket, key, versionId })),
    openObject: (bucket, key, versionId) =>
      refusePassingFailures(openObject(dependencies, { bucket, key, versionId })),
    updateObject: (ref, change) => refusePassingFailures(updateObject(dependencies, ref, change)),
    deleteObject: (bucket, key, versionId) =>
      refusePassingFailures(deleteObject(dependencies, { bucket, key, versionId })),
    listObjects: (bucket, query) => refusePassingFailures(listObjects(dependencies, bucket, query)),
    listVersions: (bucket, query) =>
      refusePassingFailures(listVersions(dependencies, bucket, query)),

    runLifecycle: (options) => runLifecycle(dependencies, options),

    collectGarbage(options) {
      const run = collection.then(() => collectGarbage(collector, options))
      // The next run waits for this one and has nothing to do with how it ended.
      collection = run.catch(() => undefined)
      return run
    },
  }
}
