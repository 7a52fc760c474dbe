/**
 * How a blob lies where it is kept: blocks, each followed by a sum of it, so that a byte which changed
 * there is never given to anybody, whichever range is asked for.
 *
 * The sum is CRC-32, which `node:zlib` takes several times faster than bytes come from a socket. It
 * starts from the blob's id and the block's place: a block that turns up where another belongs is
 * found as well. Files of the first layout hold nothing but the bytes; they have names of their own.
 */

import { crc32 } from 'node:zlib'
import type { BlobId } from '../ports/blob-store.ts'

/** Bytes of the blob in a block; only the last may have fewer. */
export const BLOCK: number = 128 * 1024

/** Bytes of a sum. */
export const SUM = 4

/** Bytes that a full block takes in its file. */
export const FULL: number = BLOCK + SUM

/** Behind the id in a file's name. Without it, the layout is the first. */
export const SUFFIX = '.2'

/** How long a blob is whose file has `fileSize` bytes. */
export function blobSize(fileSize: number): number {
  return Math.max(0, fileSize - SUM * Math.ceil(fileSize / FULL))
}

/** Takes the sums of a blob's blocks, one after the other. */
export class BlockSums {
  readonly #seed: number
  #block: number
  #sum: number
  /** Bytes that the block still takes. */
  #left: number = BLOCK

  /** From the block of that number on. */
  constructor(id: BlobId, firstBlock = 0) {
    this.#seed = crc32(Buffer.from(id, 'hex'))
    this.#block = firstBlock
    this.#sum = this.#start()
  }

  /** Bytes that the block still takes; below a full one while there is something to be summed. */
  get left(): number {
    return this.#left
  }

  /** @param bytes at most as many as are `left`. */
  add(bytes: Uint8Array): void {
    this.#sum = crc32(bytes, this.#sum)
    this.#left -= bytes.length
  }

  /** The sum of what was added, and on to the next block. */
  take(): number {
    const sum = this.#sum
    this.#block += 1
    this.#left = BLOCK
    this.#sum = this.#start()
    return sum
  }

  #start(): number {
    return (this.#seed ^ this.#block) >>> 0
  }
}

export function writeSum(into: Uint8Array, at: number, sum: number): void {
  new DataView(into.buffer, into.byteOffset + at, SUM).setUint32(0, sum, true)
}

export function readSum(from: Uint8Array, at: number): number {
  return new DataView(from.buffer, from.byteOffset + at, SUM).getUint32(0, true)
}
