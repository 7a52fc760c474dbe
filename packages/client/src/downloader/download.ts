/** `download`: an object to a sink, and the handle to watch and steer it by. */

import type { OssClient } from '../oss-client.ts'
import { Gate } from '../uploader/gate.ts'
import { downloadObject } from './download-object.ts'
import { type DownloadOptions, type DownloadResult, requireDownloadOptions } from './options.ts'
import { DownloadMeter, type DownloadProgress } from './progress.ts'
import type { ObjectToRead } from './read-object.ts'
import type { Sink } from './sink.ts'

export type DownloadState = 'running' | 'paused' | 'completed' | 'failed' | 'aborted'

export interface AbortDownloadOptions {
  /**
   * Leave what was fetched, and the checkpoint, to be gone on with. Default `false`. Without a
   * checkpoint nothing is left.
   */
  readonly keepParts?: boolean
}

/** One download under way. Any number may share a client; none touches another. */
export interface Download {
  /**
   * Resolves once the bytes are there and proved to be the object's: a file has its name then, and
   * not before; a stream has been given them all and was ended. Rejects once everything has stopped:
   * with the reason of an abort, an `IntegrityError`, or what else went wrong. With a checkpoint
   * another `download` of the same object to the same file then fetches only what is missing, except
   * after `abort({ keepParts: false })`.
   */
  readonly done: Promise<DownloadResult>
  readonly state: DownloadState
  readonly progress: DownloadProgress

  /** Resolves when no byte is on its way any more. Nothing that came is fetched again. */
  pause(): Promise<void>

  resume(): void

  /**
   * Resolves once all connections of this download are closed and, unless it is kept, what was
   * fetched is removed. One that comes after the file got its name is too late, and harmless.
   */
  abort(options?: AbortDownloadOptions): Promise<void>
}

/** Downloads to `sink`. Starts at once and returns the handle. */
export function startDownload(
  client: OssClient,
  object: ObjectToRead,
  sink: Sink,
  options: DownloadOptions,
): Download {
  return new RunningDownload(client, object, sink, options)
}

class RunningDownload implements Download {
  readonly done: Promise<DownloadResult>
  readonly #gate = new Gate()
  readonly #stop = new AbortController()
  readonly #meter: DownloadMeter
  #state: DownloadState = 'running'
  #isGivenUp = false

  constructor(client: OssClient, object: ObjectToRead, sink: Sink, options: DownloadOptions) {
    requireDownloadOptions(options)
    this.#meter = new DownloadMeter(options.onProgress)
    this.done = this.#run(client, object, sink, options)
  }

  get state(): DownloadState {
    return this.#state
  }

  get progress(): DownloadProgress {
    return this.#meter.current
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

  async abort({ keepParts = false }: AbortDownloadOptions = {}): Promise<void> {
    if (!keepParts) this.#isGivenUp = true
    this.#stop.abort(new DOMException('The download was aborted.', 'AbortError'))
    // Whoever aborts knows that it will not be done; a rejection nobody waits for is no accident.
    await this.done.then(
      () => {},
      () => {},
    )
  }

  async #run(
    client: OssClient,
    object: ObjectToRead,
    sink: Sink,
    options: DownloadOptions,
  ): Promise<DownloadResult> {
    const { signal: outer } = options
    const stop = (): void => this.#stop.abort(outer?.reason)
    if (outer?.aborted) stop()
    outer?.addEventListener('abort', stop, { once: true })
    const { signal } = this.#stop
    const { bucket, key, versionId } = object
    try {
      signal.throwIfAborted()
      const control = {
        gate: this.#gate,
        meter: this.#meter,
        signal,
        isGivenUp: () => this.#isGivenUp,
      }
      const result = await downloadObject(
        client,
        { bucket, key, versionId },
        sink,
        options,
        control,
      )
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
