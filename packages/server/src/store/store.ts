/** What OSS means, over whatever keeps it: the face that `api/` sees. */

import type { MakeHasher, PartReference } from '@lading/protocol'
import type { BlobStore, ByteRange } from '../ports/blob-store.ts'
import type {
  Bucket,
  ListingEntry,
  ListingQuery,
  MetadataStore,
  ObjectAttributes,
  Page,
  Part,
  StoredObject,
  Upload,
  UploadListingQuery,
  UploadRef,
} from '../ports/metadata-store.ts'
import type { Expectations } from './digests.ts'

export interface StoreDependencies {
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
  /** Makes hashers that take the CRC-64 beside the MD5. */
  readonly makeHasher: MakeHasher
  readonly now: () => Date
}

export interface PutBucketRequest {
  readonly name: string
  readonly owner: string
  /** `undefined` keeps what there is; a new bucket is `private`. */
  readonly acl?: string | undefined
  /** `undefined` keeps what there is; a new bucket is `Standard`. */
  readonly storageClass?: string | undefined
  /** `undefined` keeps what there is; a new bucket is `LRS`. */
  readonly dataRedundancyType?: string | undefined
}

export interface ListBucketsQuery {
  readonly owner: string
  readonly prefix: string
  /** Names after this one. */
  readonly after: string | undefined
  readonly limit: number
}

/** What a request says of an object; without a storage class it takes its bucket's. */
export interface RequestedAttributes extends Omit<ObjectAttributes, 'storageClass'> {
  readonly storageClass: string | undefined
}

export interface InitiateRequest {
  readonly bucket: string
  readonly key: string
  readonly attributes: RequestedAttributes
  readonly forbidOverwrite: boolean
}

export interface PutPartRequest {
  readonly upload: UploadRef
  readonly partNumber: number
  readonly bytes: AsyncIterable<Uint8Array>
  readonly expected: Expectations
}

export interface ListPartsQuery {
  /** Parts with a greater number. */
  readonly after: number
  readonly limit: number
}

export interface CompleteRequest {
  readonly upload: UploadRef
  /** In the order given; `'all'` takes every part there is. */
  readonly parts: readonly PartReference[] | 'all'
  readonly forbidOverwrite: boolean
}

export interface PutObjectRequest {
  readonly bucket: string
  readonly key: string
  readonly attributes: RequestedAttributes
  readonly forbidOverwrite: boolean
  readonly bytes: AsyncIterable<Uint8Array>
  readonly expected: Expectations
}

/** An object whose bytes stay readable until `release`, whatever happens to its key meanwhile. */
export interface ObjectReader {
  readonly object: StoredObject
  /**
   * Resolves once the first bytes of `range` are at hand, so that a missing blob is known before
   * anything is promised; rejects if they are not. Read the result to its end, or release.
   */
  read(range: ByteRange): Promise<AsyncIterable<Uint8Array>>
  /** Ends the read, begun or not. May be repeated, and never rejects. */
  release(): Promise<void>
}

export interface CollectionOptions {
  /** Collects what became garbage before this. */
  readonly before: Date
  /** Collects blobs that nothing names and that were last written before this. */
  readonly orphanBefore: Date
  readonly signal?: AbortSignal | undefined
}

export interface CollectionReport {
  /** Blobs of replaced, deleted, aborted and unlisted things. */
  readonly garbageBlobs: number
  /** Blobs that nothing ever named. */
  readonly orphanBlobs: number
  /** Blobs that could not be deleted; they are tried again next time. */
  readonly failures: number
  /** The first of those failures. */
  readonly failure: unknown
}

/**
 * Every refusal is an `OssError`. A full disk is `ServiceUnavailable`; anything else that is thrown
 * is a fault of ours.
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
  /** @throws {OssError} `NoSuchBucket`, `BucketNotEmpty`. */
  deleteBucket(name: string): Promise<void>

  /** @throws {OssError} `NoSuchBucket`, `FileAlreadyExists`. */
  initiateUpload(request: InitiateRequest): Promise<Upload>
  /**
   * Stores one part, replacing one of the same number. Durable and visible when it resolves.
   *
   * @throws {OssError} `NoSuchUpload`, `InvalidDigest`, `InvalidCRC64`.
   */
  putPart(request: PutPartRequest, options?: { signal?: AbortSignal }): Promise<Part>
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
  /** @throws {OssError} `NoSuchBucket`, `NoSuchKey`. */
  getObject(bucket: string, key: string): Promise<StoredObject>
  /** @throws {OssError} `NoSuchBucket`, `NoSuchKey`. */
  openObject(bucket: string, key: string): Promise<ObjectReader>
  /** Succeeds also when there is no such object. @throws {OssError} `NoSuchBucket`. */
  deleteObject(bucket: string, key: string): Promise<void>
  /** @throws {OssError} `NoSuchBucket`. */
  listObjects(bucket: string, query: ListingQuery): Promise<Page<ListingEntry<StoredObject>>>

  /** Deletes the bytes that nobody can reach any more. Runs one at a time. */
  collectGarbage(options: CollectionOptions): Promise<CollectionReport>
}
