/** The upload of one file of Uppy's: it waits for its turn, is held and let go on, and is removed. */

import type { Upload, UploadResult } from '@lading/client/upload'
import type { Turns } from './turns.ts'

/** Why a file does not go on. */
export type Hold = 'user' | 'offline'

export class FileUpload {
  /** Rejects with what went wrong, or with an `AbortError` once the file is removed. */
  readonly done: Promise<UploadResult>
  readonly #turns: Turns
  readonly #begin: () => Promise<Upload>
  readonly #passes: (error: unknown) => boolean
  readonly #holds = new Set<Hold>()
  #resolve: (result: UploadResult) => void = () => {}
  #reject: (error: unknown) => void = () => {}
  #upload: Upload | undefined
  #beginning: Promise<Upload> | undefined
  #isRunning = false
  /** Something held it since the present attempt began. */
  #wasHeld = false
  #isOver = false
  #isRemoved = false
  #leaveTurn: (() => void) | undefined

  /**
   * @param begin Starts the upload; again, once nothing holds the file any more, where it was held and
   *   failed of something that goes away by itself.
   * @param passes Tells that of an error.
   */
  constructor(turns: Turns, begin: () => Promise<Upload>, passes: (error: unknown) => boolean) {
    this.#turns = turns
    this.#begin = begin
    this.#passes = passes
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  get isRemoved(): boolean {
    return this.#isRemoved
  }

  /** Done, failed or removed. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Goes on as soon as it is its turn, unless something holds it. */
  start(): void {
    if (this.#isOver || this.#holds.size > 0) return
    this.#leaveTurn ??= this.#turns.ask(() => this.#go())
  }

  hold(reason: Hold): void {
    this.#holds.add(reason)
    this.#wasHeld = true
    this.#leave()
    this.#upload?.pause().catch(() => {})
  }

  release(reason: Hold): void {
    this.#holds.delete(reason)
    this.start()
  }

  /**
   * Resolves once nothing is being sent and the service has freed the parts.
   *
   * @throws what `Upload.abort` throws: parts may be left.
   */
  async remove(): Promise<void> {
    this.#isRemoved = true
    this.#end()
    this.#reject(new DOMException('The file was removed.', 'AbortError'))
    const begun = await this.#beginning?.catch(() => undefined)
    await (this.#upload ?? begun)?.abort()
  }

  #go(): void {
    if (this.#upload) this.#upload.resume()
    else if (!this.#isRunning) void this.#run()
  }

  /** Never rejects: what it comes to is told by `done`. */
  async #run(): Promise<void> {
    this.#isRunning = true
    this.#wasHeld = false
    try {
      this.#beginning = this.#begin()
      const upload = await this.#beginning
      this.#upload = upload
      if (this.#holds.size > 0) upload.pause().catch(() => {})
      this.#resolve(await upload.done)
      this.#end()
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    this.#isRunning = false
    if (this.#isOver || !this.#wasHeld || !this.#passes(error)) {
      this.#end()
      this.#reject(error)
      return
    }
    this.#upload = undefined
    this.#leave()
    this.start()
  }

  #end(): void {
    this.#isOver = true
    this.#leave()
  }

  #leave(): void {
    this.#leaveTurn?.()
    this.#leaveTurn = undefined
  }
}
