/** What a download can be told: every default, unit and bound. */

import { type BandwidthLimit, requireBandwidth } from '../engine/bandwidth.ts'
import { type Parallel, requireParallel } from '../engine/parallel.ts'
import type { HeadObjectAnswer } from '../operations/objects.ts'
import { type Proof, requireVerify, type Verify } from '../operations/prove.ts'
import { type CallOptions, requireInteger } from '../options.ts'
import type { DownloadCheckpoints } from './checkpoint.ts'
import type { DownloadProgress } from './progress.ts'

/**
 * What a download does about a file that is there already.
 *
 * - `overwrite`, the default: it is replaced, once the object is there and proved.
 * - `fail`: refused with an error whose `code` is `EEXIST`.
 * - `skip`: nothing is fetched, whatever the file is.
 * - `skip-if-same`: nothing is fetched if the file has the object's bytes, which reads it; else it is
 *   replaced.
 */
export type OnExistingFile = 'overwrite' | 'fail' | 'skip' | 'skip-if-same'

export interface DownloadOptions extends CallOptions {
  /** Bytes of each ranged request, 64 KiB or more. Default 8 MiB. */
  readonly partSize?: number
  /** Ranges being read at the same time. Default `adaptive`. A stream is read in one. */
  readonly parallel?: Parallel
  /**
   * Bytes per second, 1 or more; or a `BandwidthLimit` that several transfers share. Default: none.
   */
  readonly bandwidthLimit?: number | BandwidthLimit
  /**
   * How it is proved that the bytes are the object's. Default `crc64`, and `md5` is the same: by the
   * CRC-64, and where the service knows none, by the MD5 if the ETag can be one. `strict` reads a file
   * again from the disk, compares both, and refuses what nothing can prove. `off` compares nothing.
   */
  readonly verify?: Verify
  /** What to do about a file that is there already. Default `overwrite`. */
  readonly onExists?: OnExistingFile
  /**
   * Where to remember the download between runs. Default: nowhere, and what is not completed is
   * removed. Of a file only: a stream or memory begins anew each time.
   */
  readonly checkpoint?: DownloadCheckpoints
  /**
   * What to do when the object is replaced while it is downloaded: bytes of two objects are never
   * mixed. Default `restart`: the download begins anew, once, and then fails. `fail`: it fails with
   * `PreconditionFailed`. A stream has been given bytes already, so it always fails.
   */
  readonly onReplaced?: 'restart' | 'fail'
  /** Called whenever bytes have come. Must not throw. */
  readonly onProgress?: (progress: DownloadProgress) => void
  /**
   * Hears, in a sentence, why what an earlier run left was not used, that the object was replaced
   * meanwhile, and that it could not be proved.
   */
  readonly onNotice?: (notice: string) => void
}

export interface DownloadResult extends HeadObjectAnswer {
  /**
   * Which of the object's sums was compared with the bytes before success was reported. Empty where
   * the service says nothing that could prove them, and with `verify: 'off'`.
   */
  readonly verified: readonly Proof[]
  /** Ranges that the object was fetched in; 0 where nothing was. */
  readonly parts: number
  /** Of them, those of which an earlier run had fetched bytes. */
  readonly resumedParts: number
  /** Bytes that an earlier run had fetched. */
  readonly resumedBytes: number
  /** Requests that were repeated. */
  readonly retries: number
  /** There was a file that `onExists` says to leave alone. */
  readonly skipped: boolean
}

export const MIN_RANGE: number = 64 * 1024

/** @throws {RangeError} for a number out of its bounds, or no such choice. */
export function requireDownloadOptions(options: DownloadOptions): void {
  const { partSize, parallel, bandwidthLimit, retries, verify, onExists, onReplaced } = options
  if (partSize !== undefined) requireInteger('partSize', partSize, MIN_RANGE, MAX)
  if (parallel !== undefined) requireParallel(parallel)
  if (typeof bandwidthLimit === 'number') requireBandwidth(bandwidthLimit)
  if (retries !== undefined) requireInteger('retries', retries, 0, MAX)
  if (verify !== undefined) requireVerify(verify)
  requireChoice('onExists', onExists, ['overwrite', 'fail', 'skip', 'skip-if-same'])
  requireChoice('onReplaced', onReplaced, ['restart', 'fail'])
}

const MAX = Number.MAX_SAFE_INTEGER

function requireChoice(name: string, value: string | undefined, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value)) return
  throw new RangeError(`${name} must be one of ${choices.join(', ')}, and not ${value}.`)
}
