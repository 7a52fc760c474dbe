/**
 * What exists and what is visible. Each method is one atomic, durable step: when it resolves, the
 * step would survive a power cut, and when it rejects, nothing changed. A missing row is a value,
 * never an error: `store/` decides what the caller is told. Drivers do not know OSS.
 *
 * Every driver passes `metadata-store.contract.ts`, which is the authority on what this file leaves
 * out. Keys are ordered by their UTF-8 bytes everywhere.
 */

import type { ETag, UploadId } from '@lading/protocol'
import type { BlobId } from './blob-store.ts'

export interface Bucket {
  readonly name: string
  readonly owner: string
  readonly createdAt: Date
  readonly acl: string
  readonly storageClass: string
  readonly dataRedundancyType: string
  /** Absent until it is first set; it cannot be taken back after that, only suspended. */
  readonly versioning?: 'Enabled' | 'Suspended' | undefined
}

/** What a PUT or an initiate says about an object besides its bytes. */
export interface ObjectAttributes {
  /** Stored verbatim; never guessed. */
  readonly contentType: string
  /** `cache-control`, `content-disposition`, … by lower-case name, replayed on GET. */
  readonly headers: Readonly<Record<string, string>>
  /** `x-oss-meta-*` by lower-case name without the prefix. */
  readonly userMetadata: Readonly<Record<string, string>>
  readonly storageClass: string
  /** By key. Absent means none. */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** The object's own ACL; absent means that the bucket's holds. */
  readonly acl?: string | undefined
  /** How the bytes lie in the blobs; absent means as they are. */
  readonly encryption?: ObjectEncryption | undefined
}

/** As `x-oss-server-side-encryption` and its companions name it. */
export interface ObjectEncryption {
  readonly algorithm: string
  readonly dataAlgorithm?: string | undefined
  readonly keyId?: string | undefined
  /** Which master key the bytes are under; set by whoever encrypts them. */
  readonly masterKeyId?: string | undefined
}

/** Which upload is meant. All three must agree: an upload id is bound to its bucket and key. */
export interface UploadRef {
  readonly bucket: string
  readonly key: string
  readonly uploadId: UploadId
}

export interface Upload extends UploadRef {
  readonly initiatedAt: Date
  readonly attributes: ObjectAttributes
  /** Whether its parts come in order and each once. Absent means that they need not. */
  readonly sequential?: boolean | undefined
}

export interface Part {
  readonly partNumber: number
  readonly blobId: BlobId
  /** Bytes. */
  readonly size: number
  /** 16 bytes. */
  readonly md5: Uint8Array
  readonly crc64: bigint
  readonly uploadedAt: Date
}

/** A run of an object's bytes: `length` bytes of a blob from `blobOffset`. */
export interface ManifestEntry {
  readonly blobId: BlobId
  readonly blobOffset: number
  readonly length: number
}

export type ObjectType = 'Normal' | 'Multipart' | 'Appendable' | 'Symlink'

/** Which version of an object: 32 upper hexadecimal digits that sort by time, or `null`. */
export type VersionId = string

/** The version that an object has while its bucket keeps none; there is at most one of a key. */
export const NULL_VERSION: VersionId = 'null'

export interface StoredObject {
  readonly bucket: string
  readonly key: string
  readonly type: ObjectType
  /** Bytes. */
  readonly size: number
  readonly etag: ETag
  readonly crc64: bigint
  /** The MD5 of all its bytes, 16 bytes, where one is known. */
  readonly md5: Uint8Array | undefined
  readonly modifiedAt: Date
  readonly attributes: ObjectAttributes
  readonly versionId: VersionId
  /** The key that a symlink names. */
  readonly symlinkTarget?: string | undefined
  /** Of an object in an archive: from when until when its bytes can be read. */
  readonly restore?: { readonly readyAt: Date; readonly expiresAt: Date } | undefined
}

/** An object before it has its place among the versions of its key. */
export type UnversionedObject = Omit<StoredObject, 'versionId'>

/** An object about to be published, with the bytes that it is. */
export interface NewObject extends UnversionedObject {
  /** In the order of the bytes; no entry is empty. Its blobs become the object's own. */
  readonly manifest: readonly ManifestEntry[]
}

/** Says that the object is deleted, as its newest version. */
export interface DeleteMarker {
  readonly bucket: string
  readonly key: string
  readonly versionId: VersionId
  readonly modifiedAt: Date
}

/** One version of a key. `latest` is the newest, which decides what is there. */
export type ObjectVersion = { readonly key: string; readonly latest: boolean } & (
  | { readonly kind: 'object'; readonly object: StoredObject }
  | { readonly kind: 'marker'; readonly marker: DeleteMarker }
)

/** What came of a deletion without a version. */
export type Deletion =
  | { readonly kind: 'missing' }
  | { readonly kind: 'deleted' }
  /** The object stays as an older version, behind a delete marker of this id. */
  | { readonly kind: 'marked'; readonly versionId: VersionId }

/** What a bucket holds, counted in the transactions that change it. */
export interface BucketUsage {
  /** By storage class, all versions. */
  readonly classes: Readonly<Record<string, { readonly objects: number; readonly bytes: number }>>
  readonly deleteMarkers: number
  /** Open uploads, their parts, and the bytes of those. */
  readonly uploads: number
  readonly parts: number
  readonly partBytes: number
}

/** What a completion comes to. */
export interface Completion {
  readonly object: NewObject
  /** Blobs of the upload that the object does not use; they become garbage in the same step. */
  readonly dropped: readonly BlobId[]
}

/**
 * The rule that decides a completion. Pure: it may be fed again from the start when parts arrive
 * meanwhile. A throw from either method refuses, changes nothing and is passed on as it is.
 */
export interface CompletionRule {
  /** Takes the next parts, ascending by part number. Called until there are no more. */
  page(parts: readonly Part[]): void
  /** Called once after the last page, inside the transaction, with the object that is there now. */
  finish(current: StoredObject | undefined): Completion
}

/** Looks at what is there now and throws to refuse; runs inside the transaction, perhaps repeatedly. */
export type PublishGuard = (current: StoredObject | undefined) => void

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** Whether more rows follow. */
  readonly truncated: boolean
}

/** A page in which keys that share a prefix up to a delimiter stand together as one entry. */
export type ListingEntry<Row> =
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'prefix'; readonly prefix: string }

export interface ListingQuery {
  readonly prefix: string
  /** The empty text groups nothing. */
  readonly delimiter: string
  /**
   * Entries after this key, exclusive. When it ends a common prefix (it begins with `prefix` and its
   * first delimiter after that is its end), the whole of that prefix has been seen.
   */
  readonly after: string | undefined
  /** Entries in a page: rows and common prefixes together. At least 1. */
  readonly limit: number
}

export interface VersionListingQuery extends ListingQuery {
  /** With `after`: versions of that very key that are older than this one come first. */
  readonly afterVersionId: VersionId | undefined
}

export interface UploadListingQuery extends ListingQuery {
  /** With `after`: uploads of that very key whose id is greater come first. */
  readonly afterUploadId: string | undefined
}

/** A piece of an object's manifest and where it lies in the object. */
export interface ManifestPage {
  /** The object's byte at which `entries` begin. */
  readonly start: number
  readonly entries: readonly ManifestEntry[]
}

/** One thing to collect. What it means is the driver's; the collector hands it back. */
export interface Garbage {
  readonly id: string
  /** When it became garbage. */
  readonly since: Date
  /** Blobs to delete before `settleGarbage`; a bounded slice of what the item names. */
  readonly blobs: readonly BlobId[]
}

/** What waits to be ended or collected. */
export interface Survey {
  readonly openUploads: number
  /** Bytes of their parts. */
  readonly openUploadBytes: number
  /** Open uploads that were begun before the moment asked for. */
  readonly staleUploads: number
  readonly staleUploadBytes: number
  readonly garbageItems: number
}

export interface MetadataStore {
  /** Creates the bucket unless there is one of that name; resolves with the one that stands. */
  createBucket(bucket: Bucket): Promise<{ readonly created: boolean; readonly bucket: Bucket }>
  findBucket(name: string): Promise<Bucket | undefined>
  /** Replaces the row by what `change` makes of it; `undefined` if there is none. A throw changes nothing. */
  updateBucket(name: string, change: (bucket: Bucket) => Bucket): Promise<Bucket | undefined>
  /** Ascending by name, after `after`, of one owner, or of all when there is none. */
  listBuckets(query: {
    readonly owner: string | undefined
    readonly prefix: string
    readonly after: string | undefined
    readonly limit: number
  }): Promise<Page<Bucket>>
  /** Its settings go with it. Versions and delete markers count as objects. */
  deleteBucket(name: string): Promise<'deleted' | 'missing' | 'has-objects' | 'has-uploads'>
  /** Keeps `value` with the bucket under `name`, or forgets it. False when there is no such bucket. */
  putBucketSetting(bucket: string, name: string, value: string | undefined): Promise<boolean>
  findBucketSetting(bucket: string, name: string): Promise<string | undefined>
  /** `undefined` when there is no such bucket. */
  usage(bucket: string): Promise<BucketUsage | undefined>

  /**
   * Opens an upload under a new id, greater than every id issued before, also before a restart and
   * with a clock that went back. `guard` sees the object that is there now.
   * `undefined` when the bucket is gone.
   */
  createUpload(upload: Omit<Upload, 'uploadId'>, guard?: PublishGuard): Promise<Upload | undefined>
  findUpload(ref: UploadRef): Promise<Upload | undefined>
  /**
   * Adds the part, replacing one of the same number, whose blob becomes garbage. `guard` is given how
   * many parts the upload holds, and throws to refuse. `'no-upload'` when
   * the upload is gone and `'condemned'` when the collector has claimed the blob; the blob is then
   * nobody's.
   */
  commitPart(
    ref: UploadRef,
    part: Part,
    guard?: (held: number) => void,
  ): Promise<'committed' | 'no-upload' | 'condemned'>
  /** Parts with a number above `after`; `undefined` when the upload is gone. */
  listParts(
    ref: UploadRef,
    query: { readonly after: number; readonly limit: number },
  ): Promise<Page<Part> | undefined>
  /** Ascending by key, then by upload id. */
  listUploads(bucket: string, query: UploadListingQuery): Promise<Page<ListingEntry<Upload>>>
  /**
   * Ends the upload and publishes the object that the rule makes, both or neither; what the object
   * replaces becomes garbage. Moves no bytes and does not hold up others for longer than a few
   * milliseconds, whatever the number of parts. `undefined` when the upload is gone.
   */
  completeUpload(
    ref: UploadRef,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | undefined>
  /** Ends the upload; its parts become garbage. False when it is gone. */
  abortUpload(ref: UploadRef): Promise<boolean>

  /**
   * Publishes the object as the newest version of its key. What it replaces becomes garbage, unless
   * the bucket keeps versions.
   */
  putObject(
    object: NewObject,
    guard?: PublishGuard,
  ): Promise<StoredObject | 'no-bucket' | 'condemned'>
  /**
   * Adds `entries`, whose blobs become the object's own, behind the bytes of the object that is there,
   * which keeps its version, or makes them a new one. `decide` gives the object as it is afterwards.
   */
  appendObject(
    place: { readonly bucket: string; readonly key: string },
    entries: readonly ManifestEntry[],
    decide: (current: StoredObject | undefined) => UnversionedObject,
  ): Promise<StoredObject | 'no-bucket' | 'condemned'>
  /**
   * Replaces what is said of an object, the newest one without a version, by what `change` makes of
   * it; bytes, place and version stay. `undefined` when there is none. A throw changes nothing.
   */
  updateObject(
    place: {
      readonly bucket: string
      readonly key: string
      readonly versionId?: VersionId | undefined
    },
    change: (object: StoredObject) => UnversionedObject,
  ): Promise<StoredObject | undefined>
  /** The newest version if that is an object. */
  findObject(bucket: string, key: string): Promise<StoredObject | undefined>
  /** Without an id: the newest version, which may be a delete marker. */
  findVersion(
    bucket: string,
    key: string,
    versionId: VersionId | undefined,
  ): Promise<ObjectVersion | undefined>
  /**
   * Finds the object, the newest one without a version, together with a reader of its bytes'
   * whereabouts. Until `release` is called the blobs of this very object are not collected, even when
   * it is replaced or deleted meanwhile.
   */
  openObject(bucket: string, key: string, versionId?: VersionId): Promise<OpenObject | undefined>
  /**
   * Deletes the object; its bytes become garbage. In a bucket that keeps versions it is marked as
   * deleted instead, even when there is none. `guard` sees the object that is there now.
   */
  deleteObject(bucket: string, key: string, guard?: PublishGuard): Promise<Deletion>
  /**
   * Deletes this very version for good; the one before it is then the newest. `guard` sees it inside the
   * transaction, and throws to refuse.
   */
  deleteVersion(
    bucket: string,
    key: string,
    versionId: VersionId,
    guard?: (version: ObjectVersion | undefined) => void,
  ): Promise<'missing' | 'object' | 'marker'>
  /** Ascending by key, the versions of one key from the newest. */
  listVersions(
    bucket: string,
    query: VersionListingQuery,
  ): Promise<Page<ListingEntry<ObjectVersion>>>
  listObjects(bucket: string, query: ListingQuery): Promise<Page<ListingEntry<StoredObject>>>

  /**
   * The oldest garbage that became so before `before`, and before any read that is still open began,
   * in this process or another one. Each item's blobs are a bounded slice.
   */
  dueGarbage(query: { readonly before: Date; readonly limit: number }): Promise<readonly Garbage[]>
  /** Forgets the slice that `dueGarbage` gave, whose blobs are deleted; the item stays while it has more. */
  settleGarbage(item: Garbage): Promise<void>
  /**
   * Claims for deletion those of `blobIds` that nothing names and nothing has as garbage, and
   * resolves with them, in the order given. From then on every publish refuses them.
   */
  condemnBlobs(blobIds: readonly BlobId[]): Promise<readonly BlobId[]>
  /** Blobs condemned and not yet absolved: their deletion was begun, perhaps by a process that died. */
  listCondemned(limit: number): Promise<readonly BlobId[]>
  /** Forgets condemned blobs, once they are deleted. */
  absolveBlobs(blobIds: readonly BlobId[]): Promise<void>

  /** Counts it all, which takes time in proportion to the open uploads but holds up nobody. */
  survey(query: { readonly staleBefore: Date }): Promise<Survey>

  /** Resolves once nothing is being committed; the store must not be used afterwards. */
  close(): Promise<void>

  /**
   * Resolves with the error after which this store can promise nothing more (a failed commit other
   * than a full disk). Its process must end and start again. Never rejects.
   */
  readonly failed: Promise<Error>
}

export interface OpenObject {
  readonly object: StoredObject
  /** The manifest from the entry that holds byte `offset`, in pages. */
  manifest(offset: number): AsyncIterable<ManifestPage>
  /** Ends the read. May be repeated. */
  release(): void
}
