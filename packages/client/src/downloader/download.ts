/** `download`: an object to a sink, and the handle to watch and steer it by. */

import { Steering, type TransferState } from '../engine/steering.ts'
import type { OssClient } from '../oss-client.ts'
import { downloadObject } from './download-object.ts'
import { type DownloadOptions, type DownloadResult, requireDownloadOptions } from './options.ts'
import { DownloadMeter, type DownloadProgress } from './progress.ts'
import type { ObjectToRead } from './read-object.ts'
import type { Sink } from './sink.ts'

export type DownloadState = TransferState

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
  readonly #meter: DownloadMeter
  readonly #steering: Steering<DownloadResult>
  #isGivenUp = false

  constructor(
    client: OssClient,
    { bucket, key, versionId }: ObjectToRead,
    sink: Sink,
    options: DownloadOptions,
  ) {
    requireDownloadOptions(options)
    this.#meter = new DownloadMeter(options.onProgress)
    this.#steering = new Steering(options.signal, (steered) =>
      downloadObject(client, { bucket, key, versionId }, sink, options, {
        ...steered,
        meter: this.#meter,
        isGivenUp: () => this.#isGivenUp,
      }),
    )
  }

  get done(): Promise<DownloadResult> {
    return this.#steering.done
  }

  get state(): DownloadState {
    return this.#steering.state
  }

  get progress(): DownloadProgress {
    return this.#meter.current
  }

  pause(): Promise<void> {
    return this.#steering.pause()
  }

  resume(): void {
    this.#steering.resume()
  }

  async abort({ keepParts = false }: AbortDownloadOptions = {}): Promise<void> {
    if (!keepParts) this.#isGivenUp = true
    await this.#steering.stop('The download was aborted.')
  }
}
