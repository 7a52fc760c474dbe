/** What those need who look after a store: everything in it at one moment, and a copy of it. */

import type { BlobId } from './blob-store.ts'
import type {
  BucketUsage,
  ManifestEntry,
  MetadataStore,
  Part,
  StoredObject,
  Upload,
} from './metadata-store.ts'

export interface AuditedBucket {
  readonly name: string
  /** As it is kept, whatever the rows say. */
  readonly usage: BucketUsage
}

/** Any version of an object, with the bytes that it is. */
export interface AuditedObject {
  readonly object: StoredObject
  readonly entries: readonly ManifestEntry[]
}

export interface AuditedUpload {
  readonly upload: Upload
  /** As it is kept, whatever the rows say. */
  readonly counted: { readonly parts: number; readonly bytes: number }
  readonly parts: readonly Part[]
}

/** What can be put right without losing anything. */
export type Repair =
  /** A named blob that the collector would take for an orphan. */
  | { readonly kind: 'claim'; readonly blobId: BlobId }
  /** A blob that nothing names and nobody would ever collect. */
  | { readonly kind: 'unclaim'; readonly blobId: BlobId }
  /** A bucket whose counts are not what it holds. */
  | { readonly kind: 'recount'; readonly bucket: string }

/**
 * Everything as it was at one moment. Until it is closed no blob is collected that it names, and the
 * space of rows that change meanwhile is not used again.
 */
export interface MetadataAudit {
  buckets(): AsyncIterable<AuditedBucket>
  objects(): AsyncIterable<AuditedObject>
  deleteMarkers(): AsyncIterable<{ readonly bucket: string }>
  uploads(): AsyncIterable<AuditedUpload>
  /** Blobs that wait to be collected. */
  garbage(): AsyncIterable<BlobId>
  /** Blobs that are noted as named, or as garbage. */
  claimed(): AsyncIterable<BlobId>
  condemned(): AsyncIterable<BlobId>
  /** Rows that are not what was committed, each in words. Whatever is of them is missing elsewhere. */
  damagedRows(): AsyncIterable<string>
  /** What the rows say against one another. Told in full only once all the rest has been read. */
  contradictions(): AsyncIterable<string>
  /** Works on what is there now, also while others do. */
  repair(repair: Repair): Promise<void>
  /** May be repeated. */
  close(): void
}

export interface MaintainedStore extends MetadataStore {
  audit(): Promise<MetadataAudit>
  /** As those of an audit, but of the newest rows while they are read, so that nobody is held up. */
  damagedRows(): AsyncIterable<string>
  /**
   * Copies what is committed into `directory`, which must not exist yet. Until the release that this
   * resolves with is called, no blob is collected that the copy names.
   */
  copyTo(directory: string): Promise<() => void>
}
