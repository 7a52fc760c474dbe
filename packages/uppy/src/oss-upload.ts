/** The plugin: what Uppy asks of an uploader, done by the engine of `@lading/client`. */

import {
  OssError,
  TransportError,
  type Upload,
  type UploadResult,
  upload,
} from '@lading/client/upload'
import { BasePlugin, EventManager, type Meta, type Uppy } from '@uppy/core'
import { FileUpload } from './file-upload.ts'
import { locale } from './locale.ts'
import type { FileOptions, OssFile, OssUploadOptions, UploadedObject } from './options.ts'
import { Turns } from './turns.ts'

const DEFAULT_FILES = 3

/**
 * Uploads Uppy's files to OSS in parts that are parallel, proved and resumable. What Uppy and its
 * dashboard steer works for each file and for all: pause, resume, cancel, retry.
 *
 * - A file that is removed or cancelled is aborted at the service too, which frees its parts.
 * - A file that failed keeps its parts: a retry sends what is missing. So does adding the same file
 *   again after a reload.
 * - Offline everything waits, and goes on once there is a network, but for what the user paused.
 */
export class OssUpload<M extends Meta = Meta> extends BasePlugin<
  OssUploadOptions<M>,
  M,
  UploadedObject
> {
  readonly #turns: Turns
  /** By the file's id: those under way, and those that failed. */
  readonly #uploads = new Map<string, FileUpload>()
  readonly #events: EventManager<M, UploadedObject>
  #isOffline = false

  /** @throws {RangeError} for a number of files that is none. */
  constructor(uppy: Uppy<M, UploadedObject>, options: OssUploadOptions<M>) {
    super(uppy, options)
    const { filesAtATime = DEFAULT_FILES, id = 'OssUpload' } = options
    if (!Number.isInteger(filesAtATime) || filesAtATime < 1) {
      throw new RangeError(`filesAtATime must be an integer from 1 on, and not ${filesAtATime}.`)
    }
    this.id = id
    this.type = 'uploader'
    this.defaultLocale = locale
    this.i18nInit()
    this.#turns = new Turns(filesAtATime)
    this.#events = new EventManager(uppy)
  }

  override install(): void {
    this.#setCapability(true)
    this.uppy.addUploader(this.#uploadFiles)
    const events = this.#events
    events.on('upload-pause', (file, isPaused) => file && this.#setPaused(file.id, isPaused))
    events.on('pause-all', () => this.#setAllPaused(true))
    events.on('resume-all', () => this.#setAllPaused(false))
    events.on('file-removed', ({ id, name }) => void this.#remove(id, name))
    events.on('is-offline', () => this.#setOffline(true))
    events.on('back-online', () => this.#setOffline(false))
  }

  override uninstall(): void {
    this.#setCapability(false)
    this.uppy.removeUploader(this.#uploadFiles)
    this.#events.remove()
  }

  /** Resolves when each of the files is uploaded, has failed or is removed. */
  readonly #uploadFiles = async (ids: readonly string[]): Promise<void> => {
    const files = this.uppy.getFilesByIds([...ids]).filter((file) => file !== undefined)
    this.uppy.emit('upload-start', files)
    await Promise.all(files.map((file) => this.#uploadFile(file)))
  }

  async #uploadFile(file: OssFile<M>): Promise<void> {
    const upload = new FileUpload(
      this.#turns,
      () => this.#begin(file),
      (error) => error instanceof TransportError,
    )
    this.#uploads.set(file.id, upload)
    if (this.#isOffline) upload.hold('offline')
    // It may have been paused before it was its turn.
    if (this.uppy.getFile(file.id)?.isPaused) upload.hold('user')
    upload.start()
    try {
      const result = await upload.done
      this.#uploads.delete(file.id)
      this.#succeeded(file.id, result)
    } catch (error) {
      if (!upload.isRemoved) this.uppy.emit('upload-error', this.uppy.getFile(file.id), tell(error))
    }
  }

  async #begin(file: OssFile<M>): Promise<Upload> {
    if (file.isRemote) throw new TypeError(this.i18n('notLocal'))
    if (!file.data) throw new TypeError(this.i18n('chooseAgain'))
    const { client, target, checkpoint } = this.opts
    const options = this.#optionsFor(file)
    return upload(client, file.data, await target(file), {
      contentType: file.type,
      ...options,
      sourceName: file.id,
      ...(checkpoint && { checkpoint }),
      onProgress: ({ loaded, total }) => {
        this.#progressed(file, loaded, total ?? file.size)
      },
      onNotice: (notice) => this.uppy.log(`${file.name}: ${notice}`, 'warning'),
    })
  }

  #optionsFor(file: OssFile<M>): FileOptions {
    const { uploadOptions = {} } = this.opts
    return typeof uploadOptions === 'function' ? uploadOptions(file) : uploadOptions
  }

  #progressed({ id }: OssFile<M>, bytesUploaded: number, bytesTotal: number | null): void {
    const file = this.uppy.getFile(id)
    if (!file) return
    const uploadStarted = file.progress.uploadStarted ?? Date.now()
    this.uppy.emit('upload-progress', file, { uploadStarted, bytesUploaded, bytesTotal })
  }

  #succeeded(id: string, result: UploadResult): void {
    const { bucket, key, etag, hashCrc64ecma, versionId, size, parts, resumedParts } = result
    this.uppy.emit('upload-success', this.uppy.getFile(id), {
      status: result.status,
      bytesUploaded: size,
      body: {
        bucket,
        key,
        etag,
        hashCrc64ecma: hashCrc64ecma?.toString(),
        versionId,
        size,
        parts,
        resumedParts,
        verified: result.verified,
      },
    })
  }

  #setPaused(id: string, isPaused: boolean): void {
    const upload = this.#uploads.get(id)
    if (isPaused) upload?.hold('user')
    else upload?.release('user')
  }

  #setAllPaused(isPaused: boolean): void {
    for (const [id, upload] of [...this.#uploads]) {
      if (!upload.isOver) this.#setPaused(id, isPaused)
      // Uppy has cleared its error, and would show it as under way.
      else if (!isPaused) this.uppy.retryUpload(id).catch((error) => this.uppy.log(error, 'error'))
    }
  }

  #setOffline(isOffline: boolean): void {
    this.#isOffline = isOffline
    for (const upload of this.#uploads.values()) {
      if (isOffline) upload.hold('offline')
      else upload.release('offline')
    }
  }

  async #remove(id: string, file: string): Promise<void> {
    const upload = this.#uploads.get(id)
    this.#uploads.delete(id)
    try {
      await upload?.remove()
    } catch (error) {
      const { message, details } = tell(error)
      const why = this.i18n('partsMayBeLeft', { file })
      this.uppy.log(`${why} ${message} ${details}`, 'warning')
    }
  }

  #setCapability(resumableUploads: boolean): void {
    const { capabilities } = this.uppy.getState()
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads } })
  }
}

/** What Uppy shows of an error: its sentence, and below it what support asks for. */
function tell(error: unknown): { name: string; message: string; details: string } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), details: '' }
  const { name, message } = error
  if (!(error instanceof OssError)) return { name, message, details: '' }
  const request = error.requestId ? `, request ${error.requestId}` : ''
  return { name, message, details: `(${error.code}${request})` }
}
