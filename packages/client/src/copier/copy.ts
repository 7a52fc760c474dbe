/** `copy`: an object to another one by the service itself, and the handle to watch and steer it by. */

import { Steering, type TransferState } from '../engine/steering.ts'
import type { ObjectInput } from '../operations/multipart.ts'
import type { VersionInput } from '../operations/objects.ts'
import type { OssClient } from '../oss-client.ts'
import { type CopyResult, copyObject } from './copy-object.ts'
import { type CopyOptions, type CopyProgress, requireCopyOptions } from './options.ts'

/** One copy under way. Any number may share a client; none touches another. */
export interface Copy {
  /**
   * Resolves once the copy is there and proved to be the source. Rejects once everything has stopped,
   * and no part is left: with the reason of an abort, an `IntegrityError` when the copy has other
   * bytes, `PreconditionFailed` when the source changed meanwhile, or what else went wrong.
   */
  readonly done: Promise<CopyResult>
  readonly state: TransferState
  /** `undefined` until it is initiated, and when one request copies all. */
  readonly uploadId: string | undefined
  readonly progress: CopyProgress

  /**
   * Resolves when no part is being copied any more. What was on the way is copied again afterwards; a
   * copy by one request is waited for.
   */
  pause(): Promise<void>

  resume(): void

  /** Resolves once all connections of this copy are closed and its parts are gone. */
  abort(): Promise<void>
}

/**
 * Copies `source`, as it is now: one that changes meanwhile is refused, and never mixed. Starts at
 * once and returns the handle.
 *
 * @throws {RangeError} for options that make no sense.
 */
export function copy(
  client: OssClient,
  source: VersionInput,
  target: ObjectInput,
  options: CopyOptions = {},
): Copy {
  requireCopyOptions(options)
  return new RunningCopy(client, source, target, options)
}

class RunningCopy implements Copy {
  readonly #steering: Steering<CopyResult>
  #uploadId: string | undefined
  #progress: CopyProgress = { copied: 0, total: undefined }

  constructor(
    client: OssClient,
    source: VersionInput,
    { bucket, key }: ObjectInput,
    options: CopyOptions,
  ) {
    this.#steering = new Steering(options.signal, (steered) =>
      copyObject(client, source, { bucket, key }, options, {
        ...steered,
        began: (uploadId) => {
          this.#uploadId = uploadId
        },
        copied: (progress) => {
          this.#progress = progress
          options.onProgress?.(progress)
        },
      }),
    )
  }

  get done(): Promise<CopyResult> {
    return this.#steering.done
  }

  get state(): TransferState {
    return this.#steering.state
  }

  get uploadId(): string | undefined {
    return this.#uploadId
  }

  get progress(): CopyProgress {
    return this.#progress
  }

  pause(): Promise<void> {
    return this.#steering.pause()
  }

  resume(): void {
    this.#steering.resume()
  }

  abort(): Promise<void> {
    return this.#steering.stop('The copy was aborted.')
  }
}
