/** What a copy can be told: every default, unit and bound. */

import { MAX_PUT_SIZE } from '@lading/protocol'
import { type Parallel, requireParallel } from '../engine/parallel.ts'
import type { ObjectAcl, ObjectAttributes } from '../operations/attributes.ts'
import type { CopyObjectInput } from '../operations/copies.ts'
import { type CallOptions, requireInteger } from '../options.ts'
import { type OnExists, requireOnExists } from '../uploader/on-exists.ts'
import { requirePartSize } from '../uploader/plan-parts.ts'

const MiB = 1024 * 1024
/** Bytes. The service copies long before an idle connection is given up. */
export const DEFAULT_COPY_PART_SIZE: number = 64 * MiB
export const DEFAULT_COPY_THRESHOLD: number = 128 * MiB

/**
 * Headers, metadata and tags of the source are copied, unless any of them is given: then those given
 * are the copy's, as with `copyObject`. Storage class, encryption and ACL are never copied.
 */
export interface CopyOptions extends ObjectAttributes, CallOptions {
  readonly acl?: ObjectAcl | undefined
  /** `REPLACE`: headers and metadata are those given, also when none is. Default as said above. */
  readonly metadataDirective?: CopyObjectInput['metadataDirective']
  /** `REPLACE`: tags are those given, also when none is. Default as said above. */
  readonly taggingDirective?: CopyObjectInput['taggingDirective']
  /**
   * What to do about an object that the key has already. Default `overwrite`, or `fail` with
   * `forbidOverwrite`. `skip-if-same` goes by size and CRC-64.
   */
  readonly onExists?: OnExists | undefined
  /** Bytes, 0 to 5 GiB. What is longer is copied in parts. Default 128 MiB. */
  readonly multipartThreshold?: number | undefined
  /** Bytes, 100 KiB to 5 GiB. Default 64 MiB. Grown where there would be more than 10,000 parts. */
  readonly partSize?: number | undefined
  /** Parts being copied at the same time, as with `upload`. Default `adaptive`. */
  readonly parallel?: Parallel | undefined
  /** Called when a part has been copied. Must not throw. */
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined
  /** Hears, in a sentence, of an upload that could not be aborted and keeps its parts. */
  readonly onNotice?: ((notice: string) => void) | undefined
}

export interface CopyProgress {
  /** Bytes that the service has copied. */
  readonly copied: number
  /** Bytes; `undefined` until the source has been looked at. */
  readonly total: number | undefined
}

/** @throws {RangeError} for a number out of its bounds, or choices that contradict each other. */
export function requireCopyOptions(options: CopyOptions): void {
  const { multipartThreshold, partSize, parallel, onExists, forbidOverwrite, retries } = options
  requireOnExists(onExists, forbidOverwrite)
  if (partSize !== undefined) requirePartSize(partSize)
  if (parallel !== undefined) requireParallel(parallel)
  if (retries !== undefined) requireInteger('retries', retries, 0, Number.MAX_SAFE_INTEGER)
  if (multipartThreshold !== undefined) {
    requireInteger('multipartThreshold', multipartThreshold, 0, MAX_PUT_SIZE)
  }
}
