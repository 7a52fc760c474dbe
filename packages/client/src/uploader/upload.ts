/** `upload`: a source to an object, and the handle to watch and steer it by. */

import { OssError } from '@lading/protocol'
import { Steering, type TransferState } from '../engine/steering.ts'
import type { ObjectInput } from '../operations/multipart.ts'
import type { UploadClient } from '../upload-client.ts'
import { requireUploadOptions, type UploadOptions } from './options.ts'
import { ProgressMeter, type UploadProgress } from './progress.ts'
import type { OpenUpload } from './session.ts'
import { type Source, toSource, type UploadSource } from './source.ts'
import { type UploadResult, uploadObject } from './upload-object.ts'

export type UploadState = TransferState

export interface AbortOptions {
  /** Leave the parts at the service, to be resumed from. Default `false`: abort the upload there too. */
  readonly keepParts?: boolean
}

/** One upload under way. Any number may share a client; none touches another. */
export interface Upload {
  /**
   * Resolves once the object is there and proved to be the source. Rejects once everything has
   * stopped: with the reason of an abort, an `IntegrityError`, or what else went wrong. Except after
   * `abort({ keepParts: false })`, the parts stay and another `upload` of the same source resumes.
   */
  readonly done: Promise<UploadResult>
  readonly state: UploadState
  /** `undefined` until it is initiated or found. */
  readonly uploadId: string | undefined
  readonly progress: UploadProgress

  /** Resolves when no part is being sent any more. What was on the way is sent again afterwards. */
  pause(): Promise<void>

  resume(): void

  /**
   * Resolves once all connections of this upload are closed and, unless its parts are kept, the
   * service has aborted it and its checkpoint is removed. While it is being initiated, that waits
   * for the service's answer, which alone says what to abort. An abort that comes while the service
   * completes the upload may be too late; `done` rejects all the same. Harmless when the upload is
   * over.
   *
   * @throws what AbortMultipartUpload throws; `NoSuchUpload` is what was wanted.
   */
  abort(options?: AbortOptions): Promise<void>
}

/**
 * Uploads `source` in parts. Starts at once and returns the handle.
 *
 * @throws {TypeError | RangeError} for options that make no sense.
 */
export function upload(
  client: UploadClient,
  source: UploadSource,
  target: ObjectInput,
  options: UploadOptions = {},
): Upload {
  const opened = toSource(source, options.sourceName)
  return startUpload(client, async () => opened, target, options)
}

/** As `upload`, for a source that has to be opened first. */
export function startUpload(
  client: UploadClient,
  open: () => Promise<Source>,
  target: ObjectInput,
  options: UploadOptions,
): Upload {
  requireUploadOptions(options)
  return new RunningUpload(client, open, target, options)
}

class RunningUpload implements Upload {
  readonly #client: UploadClient
  readonly #target: ObjectInput
  readonly #progress: ProgressMeter
  readonly #steering: Steering<UploadResult>
  #open: OpenUpload | undefined

  constructor(
    client: UploadClient,
    open: () => Promise<Source>,
    { bucket, key }: ObjectInput,
    options: UploadOptions,
  ) {
    this.#client = client
    this.#target = { bucket, key }
    this.#progress = new ProgressMeter(options.onProgress)
    this.#steering = new Steering(options.signal, async (steered) =>
      uploadObject(client, await open(), this.#target, options, {
        ...steered,
        progress: this.#progress,
        began: (upload) => {
          this.#open = upload
        },
      }),
    )
  }

  get done(): Promise<UploadResult> {
    return this.#steering.done
  }

  get state(): UploadState {
    return this.#steering.state
  }

  get uploadId(): string | undefined {
    return this.#open?.uploadId
  }

  get progress(): UploadProgress {
    return this.#progress.current
  }

  pause(): Promise<void> {
    return this.#steering.pause()
  }

  resume(): void {
    this.#steering.resume()
  }

  async abort({ keepParts = false }: AbortOptions = {}): Promise<void> {
    await this.#steering.stop('The upload was aborted.')
    if (keepParts || this.state === 'completed' || !this.#open) return
    try {
      await this.#client.abortMultipartUpload({
        ...this.#target,
        uploadId: this.#open.uploadId,
      })
    } catch (error) {
      if (!(error instanceof OssError && error.code === 'NoSuchUpload')) throw error
    }
    await this.#open.forget()
  }
}
