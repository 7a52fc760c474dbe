/** What can be uploaded: bytes at known places, or a stream of unknown length. */

import type { PartHasher } from '@lading/protocol'
import { isAsyncIterable, readableStreamChunks } from '../body.ts'
import { IntegrityError } from '../errors.ts'

/** What a checkpoint remembers a source by. */
export interface SourceIdentity {
  /** Stays the same when the content changes, as a path does. */
  readonly name: string
  /** Changes with the content, as size and modification time do. */
  readonly version: string
}

/** Bytes that can be read at any place, any number of times. */
export interface RangeSource {
  readonly kind: 'ranges'
  /** Bytes. */
  readonly size: number
  /** `undefined`: nothing to remember it by, so there is no checkpoint. */
  readonly identity: SourceIdentity | undefined
  /**
   * Fills `target` with the bytes from `offset` on.
   *
   * @throws {IntegrityError} when there are too few: the source has changed.
   */
  readInto(target: Uint8Array, offset: number): Promise<void>
  /** The bytes themselves where they are in memory anyway, so that nobody copies them. */
  view?(offset: number, size: number): Uint8Array
  /** The bytes where the platform keeps them, so that nobody need hold them in memory. */
  slice?(offset: number, size: number): Blob
  /** What hashes `count` of its parts of `size` bytes in buffers of its own, where the platform has that. */
  partHasher?(count: number, size: number): Promise<PartHasher | undefined>
  /** @throws {IntegrityError} when the source is not what it was in the beginning. */
  requireUnchanged(): Promise<void>
  close(): Promise<void>
}

/** Bytes that come once, and nobody knows how many. */
export interface StreamSource {
  readonly kind: 'stream'
  readonly identity: SourceIdentity | undefined
  /** Called once. */
  chunks(): AsyncIterable<Uint8Array>
}

export type Source = RangeSource | StreamSource

/** What `upload` takes; under Node also the path of a file. */
export type UploadSource =
  | Uint8Array
  | Blob
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | RangeSource

/**
 * @param name What to call a source that has no name of its own.
 * @throws {TypeError} for anything else.
 */
export function toSource(input: UploadSource, name?: string): Source {
  if (input instanceof Uint8Array) return bytesSource(input, name)
  if (input instanceof Blob) return blobSource(input, name)
  if (isRangeSource(input)) return input
  if (input instanceof ReadableStream) return streamSource(readableStreamChunks(input), name)
  if (isAsyncIterable(input)) return streamSource(input, name)
  throw new TypeError(
    'A source must be a Uint8Array, a Blob, a ReadableStream, an AsyncIterable of Uint8Array or a RangeSource.',
  )
}

function bytesSource(bytes: Uint8Array, name: string | undefined): RangeSource {
  const view = (offset: number, size: number): Uint8Array => bytes.subarray(offset, offset + size)
  return {
    kind: 'ranges',
    size: bytes.length,
    identity: identify(name, `${bytes.length}`),
    readInto: async (target, offset) => target.set(view(offset, target.length)),
    view,
    requireUnchanged: async () => {},
    close: async () => {},
  }
}

/** A `File`'s own name is not enough to call it by: many folders have a `movie.mov`. */
function blobSource(blob: Blob, name: string | undefined): RangeSource {
  const modified = 'lastModified' in blob ? blob.lastModified : ''
  return {
    kind: 'ranges',
    size: blob.size,
    identity: identify(name, `${blob.size}-${modified}`),
    slice: (offset, size) => blob.slice(offset, offset + size),
    async readInto(target, offset) {
      const bytes = await readBlob(blob.slice(offset, offset + target.length))
      if (bytes.byteLength !== target.length) throw tooShort()
      target.set(new Uint8Array(bytes))
    },
    // A file that has been written to since it was chosen can no longer be read.
    requireUnchanged: async () => void (await readBlob(blob.slice(0, 1))),
    close: async () => {},
  }
}

async function readBlob(blob: Blob): Promise<ArrayBuffer> {
  try {
    return await blob.arrayBuffer()
  } catch (cause) {
    throw new IntegrityError(
      'source',
      'The file can no longer be read: it has been changed, moved or deleted since it was chosen. Nothing was completed; choose it again to send what it is now.',
      { cause },
    )
  }
}

function streamSource(chunks: AsyncIterable<Uint8Array>, name: string | undefined): StreamSource {
  return { kind: 'stream', identity: identify(name, ''), chunks: () => chunks }
}

export function tooShort(): IntegrityError {
  return new IntegrityError(
    'source',
    'The source has become shorter while it was being uploaded. Nothing was completed; upload it again to send what it is now.',
  )
}

function identify(name: string | undefined, version: string): SourceIdentity | undefined {
  return name === undefined ? undefined : { name, version }
}

function isRangeSource(value: unknown): value is RangeSource {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'ranges'
}
