/**
 * What moving a store from one pair of engines to another needs of them: all of the old one as rows in
 * an order that both have, a place in the new one for rows as they are, and notes of how far it is.
 */

import type { BlobId, BlobRef, BlobSource } from './blob-store.ts'
import type {
  Bucket,
  BucketUsage,
  DeleteMarker,
  ManifestEntry,
  Part,
  StoredObject,
  Upload,
} from './metadata-store.ts'

export interface ExportedBucket {
  readonly bucket: Bucket
  /** Ascending by name. */
  readonly settings: readonly { readonly name: string; readonly value: string }[]
  /** As it is kept. */
  readonly usage: BucketUsage
}

/**
 * A version of a key. `order` is what it stands by among the older ones of its key, 32 upper hexadecimal
 * digits, the greatest first; the newest version has none if it is an object.
 */
export type ExportedVersion = { readonly order: string | undefined } & (
  | {
      readonly kind: 'object'
      readonly object: StoredObject
      readonly entries: readonly ManifestEntry[]
    }
  | { readonly kind: 'marker'; readonly marker: DeleteMarker }
)

export interface ExportedUpload {
  readonly upload: Upload
  /** Ascending by number. */
  readonly parts: readonly Part[]
}

/**
 * All that a store shows, as it was at one moment. What waits to be collected is left out. Each method
 * begins anew, and throws at the first row that is not what was committed.
 */
export interface StoreExport {
  /** No id of an upload or a version was given out with more milliseconds than these. */
  lastIdMs(): Promise<number>
  /** Ascending by name. */
  buckets(): AsyncIterable<ExportedBucket>
  /** The newest objects by bucket and key, and then all others by bucket, key and order. */
  versions(): AsyncIterable<ExportedVersion>
  /** Ascending by bucket, key and id. */
  uploads(): AsyncIterable<ExportedUpload>
  /** May be repeated. */
  close(): Promise<void>
}

/** A store that somebody may have open, and that must stay as it is while it is moved. */
export interface WatchedExport extends StoreExport {
  /** Whether a process had it open when this one opened it. */
  readonly isOpenElsewhere: boolean
  /** Whether nothing was committed since this was opened. */
  isUnchanged(): boolean
}

/** A blob that is in the new store, and the sums of its bytes as they were before any encryption. */
export interface CopiedBlob extends BlobRef {
  /** 16 bytes. */
  readonly md5: Uint8Array
  readonly crc64: bigint
}

/** What is moved, and to where; two migrations are the same if all of it is. */
export interface MigrationNames {
  readonly source: string
  readonly blobs: string
}

export interface StoreImport {
  /**
   * Begins the migration, or goes on with the same one; nobody else does until this is closed. `prepare`
   * runs before one is begun, and its throw leaves the store as it was.
   *
   * @throws {Error} the store holds something else, or another process is at it.
   */
  begin(
    names: MigrationNames,
    prepare: () => Promise<void>,
  ): Promise<{
    readonly id: string
    readonly state: 'begun' | 'resumed' | 'finished'
  }>
  /** The blobs that were noted. */
  notes(): AsyncIterable<CopiedBlob>
  /** Notes a blob; durable when it resolves. */
  note(blob: CopiedBlob): Promise<void>
  forget(blobs: readonly BlobId[]): Promise<void>
  /** Puts the rows of `source` in the place of all that an earlier attempt has left. */
  replaceRows(source: StoreExport, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** What the store holds now. */
  export(): Promise<StoreExport>
  /** From now on the store can be served. */
  finish(): Promise<void>
  close(): Promise<void>
}

/** Where blobs come with the ids that they have: sums and keys are made of them. */
export interface BlobImport {
  /**
   * As `write`, under an id that another store gave. What an earlier attempt left of the same bytes is
   * kept.
   */
  writeAs(id: BlobId, bytes: BlobSource, options?: { signal?: AbortSignal }): Promise<BlobRef>
  /** All blobs that are whole, as far as their size tells, in no order. */
  sizes(): AsyncIterable<BlobRef>
  delete(id: BlobId): Promise<void>
}
