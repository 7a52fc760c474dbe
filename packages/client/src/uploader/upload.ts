/** `upload`: a source to an object, and the handle to watch and steer it by. */

import { OssError } from '@lading/protocol'
import type { ObjectInput } from '../operations/multipart.ts'
import type { UploadClient } from '../upload-client.ts'
import { Gate } from './gate.ts'
import { requireUploadOptions, type UploadOptions } from './options.ts'
import { ProgressMeter, type UploadProgress } from './progress.ts'
import type { OpenUpload } from './session.ts'
import { type Source, toSource, type UploadSource } from './source.ts'
import { type UploadResult, uploadObject } from './upload-object.ts'

export type UploadState = 'running' | 'paused' | 'completed' | 'failed' | 'aborted'

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
  readonly done: Promise<UploadResult>
  readonly #client: UploadClient
  readonly #target: ObjectInput
  readonly #gate = new Gate()
  readonly #stop = new AbortController()
  readonly #progress: ProgressMeter
  #open: OpenUpload | undefined
  #state: UploadState = 'running'

  constructor(
    client: UploadClient,
    open: () => Promise<Source>,
    target: ObjectInput,
    options: UploadOptions,
  ) {
    this.#client = client
    this.#target = { bucket: target.bucket, key: target.key }
    this.#progress = new ProgressMeter(options.onProgress)
    this.done = this.#run(open, options)
  }

  get state(): UploadState {
    return this.#state
  }

  get uploadId(): string | undefined {
    return this.#open?.uploadId
  }

  get progress(): UploadProgress {
    return this.#progress.current
  }

  async pause(): Promise<void> {
    if (this.#state === 'running') this.#state = 'paused'
    if (this.#state === 'paused') await this.#gate.close()
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.#gate.open()
  }

  async abort({ keepParts = false }: AbortOptions = {}): Promise<void> {
    if (this.#state === 'completed') return
    this.#stop.abort(new DOMException('The upload was aborted.', 'AbortError'))
    // Whoever aborts knows that it will not be done; a rejection nobody waits for is no accident.
    await this.done.then(
      () => {},
      () => {},
    )
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

  async #run(open: () => Promise<Source>, options: UploadOptions): Promise<UploadResult> {
    const { signal: outer } = options
    const stop = (): void => this.#stop.abort(outer?.reason)
    if (outer?.aborted) stop()
    outer?.addEventListener('abort', stop, { once: true })
    const { signal } = this.#stop
    try {
      signal.throwIfAborted()
      const result = await uploadObject(this.#client, await open(), this.#target, options, {
        gate: this.#gate,
        progress: this.#progress,
        signal,
        began: (upload) => {
          this.#open = upload
        },
      })
      this.#state = 'completed'
      return result
    } catch (error) {
      this.#state = signal.aborted ? 'aborted' : 'failed'
      throw error
    } finally {
      outer?.removeEventListener('abort', stop)
    }
  }
}
