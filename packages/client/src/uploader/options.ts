/** What an upload can be told: every default, unit and bound. */

import { type ETag, MAX_PUT_SIZE, type Sums } from '@lading/protocol'
import { type BandwidthLimit, requireBandwidth } from '../engine/bandwidth.ts'
import { type Parallel, requireParallel } from '../engine/parallel.ts'
import type { CallbackOptions, ObjectAcl, ObjectAttributes } from '../operations/attributes.ts'
import { requireVerify, type Verify } from '../operations/prove.ts'
import { requireInteger } from '../options.ts'
import type { RetryNotice } from '../retry.ts'
import type { CheckpointStore } from './checkpoint.ts'
import { type OnExists, requireOnExists } from './on-exists.ts'
import { requirePartSize } from './plan-parts.ts'
import type { UploadProgress } from './progress.ts'

export interface UploadOptions extends ObjectAttributes, CallbackOptions {
  /**
   * Bytes, 100 KiB to 5 GiB, of a stream at most 512 MiB. Default 8 MiB. Grown where the source would make more than 10,000 parts.
   * An upload that is resumed keeps the part size it began with.
   */
  readonly partSize?: number
  /**
   * Parts being sent at the same time: a number from 1 to 256, or `adaptive`, the default, which
   * begins with 5 and goes by what more of them bring.
   */
  readonly parallel?: Parallel
  /**
   * Bytes per second, 1 or more; or a `BandwidthLimit` that several transfers share. Default: none.
   */
  readonly bandwidthLimit?: number | BandwidthLimit
  /** Repetitions of each request after the first attempt. Default: the client's, which is 3. */
  readonly retries?: number
  /**
   * Bytes, 0 to 5 GiB. A source of at most so many is sent by PutObject, in one request. Default 0: only an empty
   * one is, which has no part to send. A stream's length is not known before its end: it is sent in
   * parts unless it is empty.
   */
  readonly multipartThreshold?: number
  /**
   * How each part and the object are proved. Default `md5`: the parts by their MD5, and what the
   * service made of them by the ETag computed from theirs and the CRC-64 combined from theirs. Under
   * `strict` the CRC-64 are our own. What a service reports too little of to be proved, `onNotice` names.
   */
  readonly verify?: Verify
  readonly acl?: ObjectAcl
  /** What to do about an object that the key has already. Default `overwrite`, or `fail` with `forbidOverwrite`. */
  readonly onExists?: OnExists
  /**
   * Where to remember the upload between runs. Default: nowhere. Parts are kept at the service when
   * an upload fails or is interrupted, with or without it.
   */
  readonly checkpoint?: CheckpointStore
  /** What to call, in checkpoints, a source without a name: bytes, blobs and streams. Default none. */
  readonly sourceName?: string
  /**
   * Resume this upload, and fail with `NoSuchUpload` if it is over. Default: what the checkpoint says.
   * It keeps the headers and metadata it was initiated with: any given here are not used, and
   * `onNotice` says so.
   */
  readonly uploadId?: string
  /**
   * Without a checkpoint, resume the newest open upload of the same key, whoever began it: its parts
   * are taken only where they equal the source's. Its headers and metadata are those it was initiated
   * with, as with `uploadId`. Default `false`.
   */
  readonly findUpload?: boolean
  /**
   * What takes the sums of a `Blob`'s parts, such as `workerHasher` of `@lading/client/browser`. Default:
   * the thread of the caller.
   */
  readonly blobHasher?: BlobHasher
  /** Aborting closes the connections and keeps the parts; `done` rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Called whenever bytes have moved. Must not throw. */
  readonly onProgress?: (progress: UploadProgress) => void
  /**
   * Hears, in a sentence, why a checkpoint, an upload, or headers and metadata were not used, and that
   * the object could not be proved.
   */
  readonly onNotice?: (notice: string) => void
  readonly onRetry?: (notice: RetryNotice) => void
  /**
   * Hears of each part once the service is proved to have it; the upload waits for the promise, and
   * fails with its rejection. Not called where the object is sent by PutObject.
   */
  readonly onPart?: (part: StoredPart) => void | Promise<void>
}

/** Takes sums beside the caller's thread. */
export interface BlobHasher {
  /** Rejects where it cannot: the caller then does it. */
  sums(blob: Blob, options: { readonly crc64: boolean }): Promise<Sums>
}

/** A part that the service is proved to have. */
export interface StoredPart {
  readonly partNumber: number
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  /** Bytes. */
  readonly size: number
  /** The service had it before this run. */
  readonly resumed: boolean
  /** Of the request that stored it; `undefined` where it is resumed. */
  readonly requestId: string | undefined
}

/** Parts read and hashed ahead of those being sent: Content-MD5 goes before the bytes. */
export const HASH_AHEAD = 4

/** @throws {RangeError} for a number out of its bounds. */
export function requireUploadOptions(options: UploadOptions): void {
  const { partSize, parallel, bandwidthLimit, multipartThreshold, retries, verify, onExists } =
    options
  requireOnExists(onExists, options.forbidOverwrite)
  if (verify !== undefined) requireVerify(verify)
  if (partSize !== undefined) requirePartSize(partSize)
  if (parallel !== undefined) requireParallel(parallel)
  if (typeof bandwidthLimit === 'number') requireBandwidth(bandwidthLimit)
  if (retries !== undefined) requireInteger('retries', retries, 0, Number.MAX_SAFE_INTEGER)
  if (multipartThreshold !== undefined) {
    requireInteger('multipartThreshold', multipartThreshold, 0, MAX_PUT_SIZE)
  }
}
