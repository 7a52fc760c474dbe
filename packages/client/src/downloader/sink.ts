/** Where downloaded bytes go: to known places in any order, or one after the other. */

import { withSignal } from '../abort.ts'
import type { HeadObjectAnswer } from '../operations/objects.ts'
import type { Proof } from '../operations/prove.ts'
import type { OssClient } from '../oss-client.ts'
import type { KeptRange } from './checkpoint.ts'
import type { ObjectToRead } from './read-object.ts'

/** What takes bytes at any place. */
export interface RangeSink {
  readonly kind: 'ranges'
  /**
   * Gets ready for the object that `head` describes, and finds out what of it is there already.
   * Called again, after the session before has ended, where the object was replaced.
   */
  begin(beginning: Beginning): Promise<SinkSession | PresentFile>
  /** The object is gone: nobody will go on with what an earlier run left. */
  forget(client: OssClient, object: ObjectToRead): Promise<void>
}

export interface Beginning {
  readonly client: OssClient
  readonly object: ObjectToRead
  readonly head: HeadObjectAnswer
  /** Bytes; that of the earlier run counts where it is gone on with. */
  readonly partSize: number
  readonly signal: AbortSignal
  /** Told once it is known how the object is cut, before anything is found. */
  planned(partSize: number): void
  /** Told of each range that is found and proved. */
  found(range: KeptRange): void
  notice(text: string): void
}

/** What is there is to be left alone, and nothing is fetched. */
export interface PresentFile {
  readonly kind: 'present'
  /** Which of its sums was compared with the object's: none where it was not asked for. */
  readonly verified: readonly Proof[]
}

export interface SinkSession {
  readonly kind: 'session'
  /** Bytes. */
  readonly partSize: number
  /** What was found, and proved by its CRC-64. */
  readonly held: ReadonlyMap<number, KeptRange>
  /** Writes from `position` on; several may write at the same time, each to its own place. */
  writesFrom(position: number): RangeWrites
  /** Fills `target` with what was written from `offset` on. */
  readInto(target: Uint8Array, offset: number): Promise<void>
  /** Remembers that these bytes are written. */
  keep(range: KeptRange): Promise<void>
  /** All is there and proved: shows it. Returns whether something that came first was left alone. */
  publish(): Promise<'published' | 'skipped'>
  /** Removes what was written, and what remembers it. */
  discard(): Promise<void>
  /** Lets go. What was written stays where it is remembered, unless it was discarded. May be repeated. */
  close(): Promise<void>
}

export interface RangeWrites {
  /** The chunk must stay as it is until the next `flush` has resolved. */
  add(chunk: Uint8Array): Promise<void> | void
  flush(): Promise<void>
}

/** What takes bytes in their order, once. */
export interface StreamSink {
  readonly kind: 'stream'
  /** Resolves when it wants a chunk. */
  ready(signal: AbortSignal): Promise<void>
  write(chunk: Uint8Array): void
  /** Resolves once it has taken everything. */
  end(signal: AbortSignal): Promise<void>
  fail(error: unknown): void
}

export type Sink = RangeSink | StreamSink

/** Memory that an object is downloaded to. */
export interface BytesSink extends RangeSink {
  /** Empty until `done` has resolved. */
  readonly bytes: Uint8Array
}

export function bytesSink(): BytesSink {
  let bytes = new Uint8Array(0)
  return {
    kind: 'ranges',
    get bytes() {
      return bytes
    },
    async begin({ head, partSize, planned }) {
      const filled = new Uint8Array(head.size)
      planned(partSize)
      return {
        kind: 'session',
        partSize,
        held: new Map(),
        writesFrom(position) {
          let next = position
          return {
            add(chunk) {
              filled.set(chunk, next)
              next += chunk.length
            },
            flush: async () => {},
          }
        },
        readInto: async (target, offset) =>
          target.set(filled.subarray(offset, offset + target.length)),
        keep: async () => {},
        async publish() {
          bytes = filled
          return 'published'
        },
        discard: async () => {},
        close: async () => {},
      }
    },
    forget: async () => {},
  }
}

export function webStreamSink(stream: WritableStream<Uint8Array>): StreamSink {
  const writer = stream.getWriter()
  return {
    kind: 'stream',
    ready: (signal) => withSignal(writer.ready, signal),
    write: (chunk) => void writer.write(chunk).catch(() => {}),
    end: (signal) => withSignal(writer.close(), signal),
    fail: (error) => void writer.abort(error).catch(() => {}),
  }
}
