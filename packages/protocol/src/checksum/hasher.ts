/** The contract of the hash core: both sums of a run of bytes, taken in one pass. */

/** What is known of a run of bytes once all of it has been seen. */
export interface Sums {
  /** 16 bytes. */
  readonly md5: Uint8Array
  /** CRC-64/XZ; `undefined` when the hasher was made without it. */
  readonly crc64: bigint | undefined
  /** Bytes. */
  readonly size: number
}

/**
 * Takes the sums of one part while it passes. Asynchronous on purpose: a hasher may gather bytes and
 * work on several parts at once, and then makes its feeder wait.
 */
export interface ByteHasher {
  /**
   * Adds `chunk`, which may be reused once this returns, or once the promise it returns resolves.
   * Wait for the promise before the next call.
   */
  update(chunk: Uint8Array): void | Promise<void>

  /** Resolves with the sums of everything added. The hasher is finished afterwards. */
  finish(): Promise<Sums>

  /** Gives up: frees what the hasher holds. Harmless after `finish`, and may be repeated. */
  abandon(): void
}

/** Makes a hasher for one part. */
export type MakeHasher = () => ByteHasher
