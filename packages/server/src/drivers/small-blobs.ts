/** Where bytes go that are too few for a file of their own. */

import type { BlobId, StoredBlob } from '../ports/blob-store.ts'

/**
 * Blobs whose bytes lie beside the row that names them. They become durable in the transaction that
 * does so and not before, which is as early as anybody can reach them; none is ever an orphan.
 */
export interface SmallBlobs {
  /** Bytes that such a blob has at most. */
  readonly limit: number
  /** Holds the bytes in memory until a transaction names the blob, or `drop`. */
  hold(id: BlobId, bytes: Uint8Array): void
  /**
   * `undefined` when the blob is none of these.
   *
   * @throws {BlobDamagedError}
   */
  find(id: BlobId): Uint8Array | undefined
  /** Forgets bytes that are only held; those in rows go when the collector settles their garbage. */
  drop(id: BlobId): void
  /** Those that are only held. Of those in rows none can be an orphan. */
  held(): Iterable<StoredBlob>
}
