/** Request bodies: what callers give, and the one form the rest of the client works with. */

/** A body that can be sent more than once, because `open` starts again at its first byte. */
export interface ReplayableBody {
  /** Bytes. */
  readonly size: number
  open(): AsyncIterable<Uint8Array>
  /** The same bytes in one piece, for what cannot send a stream, as browsers. */
  readonly whole?: Uint8Array | Blob | undefined
  /** Told how many bytes of an attempt have left, by whoever sends `whole` instead of reading. */
  readonly sent?: ((bytes: number) => void) | undefined
}

/**
 * What `uploadPart` and `putObject` take. An `AsyncIterable` (a stream) can be read once, so a
 * request with one is never repeated; everything else is sent again when an attempt fails.
 */
export type BodyInput = Uint8Array | string | Blob | ReplayableBody | AsyncIterable<Uint8Array>

export interface HttpBody {
  /** Bytes; `undefined` when nobody knows before the end, which is sent as chunks. */
  readonly size: number | undefined
  readonly replayable: boolean
  open(): AsyncIterable<Uint8Array>
  readonly whole?: Uint8Array | Blob | undefined
  readonly sent?: ((bytes: number) => void) | undefined
}

/** Bytes handed to the socket at a time: a sixteenth of the body, for progress; large ones are cheaper. */
const MIN_SLICE = 128 * 1024
const MAX_SLICE = 512 * 1024
/** Where a large one is taken within so many milliseconds, the next has twice as many bytes, up to these. */
const AT_ONCE = 50
const MAX_QUICK_SLICE = 2 * 1024 * 1024

const encoder = new TextEncoder()

/** @throws {TypeError} for anything that is not a body. */
export function toHttpBody(input: BodyInput): HttpBody {
  if (typeof input === 'string') return bytesBody(encoder.encode(input))
  if (input instanceof Uint8Array) return bytesBody(input)
  if (input instanceof Blob) return blobBody(input)
  if (isReplayable(input)) {
    const { size, whole, sent } = input
    return { size, replayable: true, open: () => input.open(), whole, sent }
  }
  if (isAsyncIterable(input)) return { size: undefined, replayable: false, open: () => input }
  throw new TypeError(
    'A body must be a Uint8Array, a string, a Blob, { size, open() } or an AsyncIterable of Uint8Array.',
  )
}

export function bytesBody(bytes: Uint8Array): HttpBody & ReplayableBody {
  return { size: bytes.length, replayable: true, open: () => slices(bytes), whole: bytes }
}

export function blobBody(blob: Blob): HttpBody & ReplayableBody {
  const open = (): AsyncIterable<Uint8Array> =>
    readableStreamChunks(blob.stream() as ReadableStream<Uint8Array>)
  // Of no type, which a page would send as a Content-Type that nobody signed.
  const whole = blob.type === '' ? blob : blob.slice()
  return { size: blob.size, replayable: true, open, whole }
}

/** `bytes` in pieces, without copying. */
async function* slices(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  let size = Math.min(MAX_SLICE, Math.max(MIN_SLICE, Math.ceil(bytes.length / 16)))
  for (let offset = 0; offset < bytes.length; ) {
    const slice = bytes.subarray(offset, offset + size)
    const since = performance.now()
    yield slice
    offset += slice.length
    const isQuick = performance.now() - since < AT_ONCE
    if (isQuick && size >= MAX_SLICE && size < MAX_QUICK_SLICE) size *= 2
  }
}

/**
 * The chunks of a web stream. Not its own iterator: browsers had none for long. Leaving early cancels
 * the stream.
 */
export async function* readableStreamChunks(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        ended = true
        return
      }
      yield value
    }
  } finally {
    if (!ended) await reader.cancel()
    reader.releaseLock()
  }
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<Uint8Array> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

function isReplayable(value: object): value is ReplayableBody {
  return 'open' in value && typeof value.open === 'function' && 'size' in value
}
