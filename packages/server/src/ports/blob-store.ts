/**
 * Where bytes live. A blob is written once, never changed, and unreachable until metadata names it;
 * only the garbage collector deletes.
 *
 * Every driver passes `blob-store.contract.ts`, which is the authority on what this file leaves out.
 */

declare const brand: unique symbol

/** Names one blob: 32 lower-case hex characters, chosen by the driver and never by a user. */
export type BlobId = string & { readonly [brand]: 'BlobId' }

export interface BlobRef {
  readonly id: BlobId
  /** Bytes. */
  readonly size: number
}

/** A blob as the collector finds it. */
export interface StoredBlob {
  readonly id: BlobId
  /** When it was last written to. */
  readonly writtenAt: Date
}

export interface ByteRange {
  /** The first byte, from 0. */
  readonly offset: number
  /** Bytes. */
  readonly length: number
}

/** The bytes of a blob, or what makes them once the blob has its id. */
export type BlobSource = AsyncIterable<Uint8Array> | ((id: BlobId) => AsyncIterable<Uint8Array>)

export interface BlobStore {
  /**
   * Stores `bytes` as a new blob, resolving once it would survive a power cut. Reads no faster than
   * it writes. If `bytes` throws or `signal` aborts, rejects with that reason and leaves no blob; a
   * throw at the very end of `bytes` comes before any sync. A failed sync is never retried.
   *
   * @throws {NoSpaceError} the disk is full; nothing is left behind.
   * @throws {BlobLostError} somebody deleted the blob before it was whole.
   */
  write(bytes: BlobSource, options?: { signal?: AbortSignal }): Promise<BlobRef>

  /**
   * Yields the bytes of `range`, which the blob must hold. Chunks may be reused after the next one
   * is asked for.
   *
   * @throws {BlobNotFoundError} before the first byte, never after.
   * @throws {BlobDamagedError} the blob is shorter than its range.
   */
  read(id: BlobId, range: ByteRange): AsyncIterable<Uint8Array>

  /**
   * How large the blob is; `undefined` when there is none.
   *
   * @throws {BlobDamagedError} it cannot be told.
   */
  find(id: BlobId): Promise<BlobRef | undefined>

  /** Forgets a blob. Deleting one that is already gone succeeds: the collector may repeat itself. */
  delete(id: BlobId): Promise<void>

  /** Every blob last written before `before`, in no order, for the collector to compare. */
  list(options: { before: Date }): AsyncIterable<StoredBlob>

  /** Resolves once nothing is being written; the store must not be used afterwards. */
  close(): Promise<void>
}

export class BlobNotFoundError extends Error {
  override readonly name = 'BlobNotFoundError'

  constructor(id: BlobId, options?: ErrorOptions) {
    super(`Blob ${id} does not exist.`, options)
  }
}

export class BlobDamagedError extends Error {
  override readonly name = 'BlobDamagedError'

  constructor(id: BlobId, detail: string, options?: ErrorOptions) {
    super(`Blob ${id} is damaged: ${detail}`, options)
  }
}

/**
 * A blob was deleted while it was being written: the collector, perhaps of another process, took it
 * for one that was left behind. Writing the same bytes again is all it takes.
 */
export class BlobLostError extends Error {
  override readonly name = 'BlobLostError'

  constructor(id: BlobId, options?: ErrorOptions) {
    super(`Blob ${id} was deleted while it was written.`, options)
  }
}

/** The engine has no room. What was asked did not happen; reads go on, and so does all else once there is room. */
export class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError'

  constructor(options?: ErrorOptions) {
    super('There is no space left on the device.', options)
  }
}

/**
 * The engine cannot be reached, does not answer in time, or has too much to do. Reads did not happen. Whether
 * a change did, nobody can say: it was not acknowledged, and whatever names its blob would keep it.
 */
export class EngineUnavailableError extends Error {
  override readonly name = 'EngineUnavailableError'
}
