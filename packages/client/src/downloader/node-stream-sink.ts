/** Node's streams as sinks. */

import { finished, type Writable } from 'node:stream'
import { withSignal } from '../abort.ts'
import type { StreamSink } from './sink.ts'

/** Ends the stream with the last byte, but for stdout and stderr, which are everybody's. */
export function nodeStreamSink(stream: Writable): StreamSink {
  return new NodeStreamSink(stream)
}

class NodeStreamSink implements StreamSink {
  readonly kind = 'stream'
  readonly #stream: Writable
  readonly #isShared: boolean
  /** Resolves when it has taken all and was ended; rejects when it failed, or was closed before. */
  readonly #finished: Promise<void>

  constructor(stream: Writable) {
    this.#stream = stream
    this.#isShared = stream === process.stdout || stream === process.stderr
    this.#finished = new Promise((resolve, reject) => {
      finished(stream, { readable: false }, (error) => (error ? reject(error) : resolve()))
    })
    this.#finished.catch(() => {})
  }

  async ready(signal: AbortSignal): Promise<void> {
    const stream = this.#stream
    if (stream.destroyed) await this.#finished
    if (!stream.writableNeedDrain) return
    let drained = (): void => {}
    const drain = new Promise<void>((resolve) => {
      drained = resolve
      stream.once('drain', drained)
    })
    try {
      await withSignal(Promise.race([drain, this.#finished]), signal)
    } finally {
      stream.off('drain', drained)
    }
  }

  write(chunk: Uint8Array): void {
    this.#stream.write(chunk)
  }

  async end(signal: AbortSignal): Promise<void> {
    if (this.#isShared) return this.ready(signal)
    this.#stream.end()
    await withSignal(this.#finished, signal)
  }

  fail(error: unknown): void {
    if (this.#isShared) return
    this.#stream.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}
