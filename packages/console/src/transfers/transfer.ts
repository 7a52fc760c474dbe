/** One file on its way, with everything that its row shows. */

import {
  OssError,
  type RetryNotice,
  type Upload,
  type UploadOptions,
  type UploadProgress,
  upload,
} from '@lading/client'
import { followNetwork } from '@lading/client/browser'
import { type Signal, signal } from '@preact/signals'
import { requireSession } from '../session.ts'
import { PartStates } from './part-states.ts'
import { watchParts } from './part-watch.ts'
import { Speed } from './speed.ts'

/**
 * `waiting` for its turn, `asking` what the service has, `uploading`, `retrying` what failed, `offline` until
 * there is a network, `paused`, `checking` what was made of the parts; then `done`, `failed`, or `cancelled`. One that was restored
 * after a reload is `unopened` until its file is opened or chosen again.
 */
export type TransferState =
  | 'unopened'
  | 'waiting'
  | 'asking'
  | 'uploading'
  | 'retrying'
  | 'offline'
  | 'paused'
  | 'checking'
  | 'done'
  | 'failed'
  | 'cancelled'

export interface Target {
  readonly bucket: string
  readonly key: string
}

/** What a file is known by when it is chosen again. */
export interface FileFacts {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly lastModified: number
}

const NOTHING: UploadProgress = {
  loaded: 0,
  confirmed: 0,
  total: undefined,
  partsDone: 0,
  partsResumed: 0,
  parts: undefined,
}

export class Transfer {
  readonly id: string
  readonly target: Target
  readonly facts: FileFacts
  readonly state: Signal<TransferState>
  readonly progress: Signal<UploadProgress> = signal(NOTHING)
  /** Bytes a second. */
  readonly speed: Signal<number> = signal(0)
  readonly error: Signal<unknown> = signal(undefined)
  readonly retry: Signal<RetryNotice | undefined> = signal(undefined)
  readonly parts: PartStates = new PartStates()
  /** By which its file can be opened again; `undefined` where it has to be chosen. */
  readonly handle: FileSystemFileHandle | undefined
  readonly #meter = new Speed()
  #file: File | undefined
  #upload: Upload | undefined
  #unwatch: (() => void) | undefined
  #uploadId: string | undefined

  constructor(given: {
    readonly id: string
    readonly target: Target
    readonly facts: FileFacts
    /** `undefined`: it has to be opened or chosen first. */
    readonly file: File | undefined
    readonly uploadId?: string | undefined
    readonly handle?: FileSystemFileHandle | undefined
  }) {
    this.id = given.id
    this.handle = given.handle
    this.target = given.target
    this.facts = given.facts
    this.#file = given.file
    this.#uploadId = given.uploadId
    this.state = signal(given.file ? 'waiting' : 'unopened')
  }

  /** `undefined` until it is begun. */
  get uploadId(): string | undefined {
    return this.#upload?.uploadId ?? this.#uploadId
  }

  /** Whether its upload at the service has been seen. */
  get isBegun(): boolean {
    return this.#unwatch !== undefined
  }

  /** Whether it takes one of the places of those that send. */
  get isActive(): boolean {
    return ['asking', 'uploading', 'retrying', 'offline', 'checking'].includes(this.state.value)
  }

  /** Whether nothing more will come of it by itself. */
  get isOver(): boolean {
    return ['done', 'failed', 'cancelled'].includes(this.state.value)
  }

  /** Gives it its file, so that it may go on when its turn comes. */
  give(file: File): void {
    this.#file = file
    this.state.value = 'waiting'
  }

  /** Sends what the service does not have. Resolves when it is over, however it ends; never rejects. */
  async run(options: UploadOptions): Promise<void> {
    const file = this.#file
    if (!file) return
    this.error.value = undefined
    this.state.value = 'asking'
    this.#meter.forget()
    const { client } = requireSession()
    try {
      this.#upload = upload(client, file, this.target, {
        ...options,
        ...(this.#uploadId !== undefined
          ? { uploadId: this.#uploadId }
          : file.type !== '' && { contentType: file.type }),
        onPart: (part) => this.parts.stored(part.partNumber, part),
        onRetry: (notice) => {
          this.retry.value = notice
        },
      })
      followNetwork(this.#upload)
      await this.#upload.done
      this.#look()
      this.state.value = 'done'
    } catch (error) {
      if (this.state.peek() !== 'cancelled') {
        this.error.value = error
        this.state.value = 'failed'
      }
    } finally {
      this.#uploadId = this.#isGone() ? undefined : this.uploadId
      this.#unwatch?.()
      this.#unwatch = undefined
      this.speed.value = 0
      this.parts.stopped()
    }
  }

  /** Brings what is shown up to date; called a few times a second while it is active. */
  tick(now: number): void {
    if (!this.#upload || this.isOver) return
    const before = this.progress.peek().loaded
    const { loaded, total } = this.#look()
    if (this.state.peek() === 'paused') return
    this.#meter.note(now, loaded)
    this.speed.value = this.#meter.now
    if (loaded > before) this.retry.value = undefined
    if (this.#upload.state === 'paused') this.state.value = 'offline'
    else if (total !== undefined && loaded === total) this.state.value = 'checking'
    else if (this.retry.peek()) this.state.value = 'retrying'
    else if (total !== undefined) this.state.value = 'uploading'
  }

  async pause(): Promise<void> {
    if (this.state.peek() === 'waiting' || !this.isActive) {
      if (this.state.peek() === 'waiting') this.state.value = 'paused'
      return
    }
    this.state.value = 'paused'
    this.speed.value = 0
    this.#meter.forget()
    await this.#upload?.pause()
    this.parts.stopped()
  }

  /** Goes on; one that has not begun waits for its turn. */
  resume(): void {
    if (this.state.peek() === 'failed') this.state.value = 'waiting'
    if (this.state.peek() !== 'paused') return
    const isHeld = this.#upload?.state === 'paused' || this.#upload?.state === 'running'
    this.state.value = isHeld ? 'asking' : 'waiting'
    if (isHeld) this.#upload?.resume()
  }

  /**
   * Ends it. With `keepParts` the service keeps what it has.
   *
   * @throws what AbortMultipartUpload throws.
   */
  async cancel(options: { readonly keepParts: boolean }): Promise<void> {
    const uploadId = this.uploadId
    const isRunning = this.#upload && !this.isOver
    this.state.value = 'cancelled'
    if (isRunning) await this.#upload?.abort(options)
    else if (!options.keepParts && uploadId !== undefined) {
      await requireSession().client.abortMultipartUpload({ ...this.target, uploadId })
    }
  }

  /** Whether the upload that was to be gone on with is over at the service; the next try begins anew. */
  #isGone(): boolean {
    const error = this.error.peek()
    return error instanceof OssError && error.code === 'NoSuchUpload'
  }

  #look(): UploadProgress {
    const { progress, uploadId } = this.#upload ?? { progress: NOTHING, uploadId: undefined }
    this.progress.value = progress
    if (progress.parts !== undefined) this.parts.expect(progress.parts)
    if (uploadId !== undefined) this.#unwatch ??= watchParts(uploadId, this.parts)
    return progress
  }
}
