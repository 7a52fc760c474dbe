/** Blobs in a table of their own: put in the transaction that claims them, removed with the claim. */

import { BlobDamagedError, type BlobId, type StoredBlob } from '../../ports/blob-store.ts'
import type { SmallBlobs } from '../small-blobs.ts'
import { blobKey } from './keys.ts'
import { RowDamagedError } from './sealed-table.ts'
import type { Tables } from './tables.ts'

/** Bytes. Four times as many were put hardly faster than into a file, and hold up other rows' commits. */
export const SMALL: number = 16 * 1024

export class LmdbSmallBlobs implements SmallBlobs {
  readonly limit: number = SMALL

  readonly #tables: Tables
  readonly #requireUsable: () => void
  /** Written, and not yet named. */
  readonly #held = new Map<BlobId, { readonly bytes: Uint8Array; readonly writtenAt: Date }>()

  constructor(tables: Tables, requireUsable: () => void) {
    this.#tables = tables
    this.#requireUsable = requireUsable
  }

  hold(id: BlobId, bytes: Uint8Array): void {
    this.#held.set(id, { bytes, writtenAt: new Date() })
  }

  find(id: BlobId): Uint8Array | undefined {
    this.#requireUsable()
    const held = this.#held.get(id)
    if (held) return held.bytes
    try {
      return this.#tables.small.get(blobKey(id))
    } catch (error) {
      if (!(error instanceof RowDamagedError)) throw error
      throw new BlobDamagedError(id, error.message, { cause: error })
    }
  }

  drop(id: BlobId): void {
    this.#held.delete(id)
  }

  *held(): Iterable<StoredBlob> {
    for (const [id, { writtenAt }] of this.#held) yield { id, writtenAt }
  }

  /** Within the transaction that claims the blob. It stays held until that is durable. */
  put(id: BlobId): void {
    const held = this.#held.get(id)
    if (held) this.#tables.small.putSync(blobKey(id), held.bytes)
  }
}
