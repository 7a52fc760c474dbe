/** From a range of an object to ranges of blobs, and their bytes. */

import type { BlobStore, ByteRange } from '../ports/blob-store.ts'
import type {
  ManifestEntry,
  ManifestPage,
  OpenObject,
  StoredObject,
} from '../ports/metadata-store.ts'

/** An object whose bytes stay readable until `release`, whatever happens to its key meanwhile. */
export interface ObjectReader {
  readonly object: StoredObject
  /**
   * Resolves once the first bytes of `range` are at hand, so that a missing blob is known before
   * anything is promised, and rejects if they are not. Once only.
   */
  read(range: ByteRange): Promise<AsyncIterable<Uint8Array>>
  /** Ends the read, begun or not. May be repeated, and never rejects. */
  release(): Promise<void>
}

/** A run of bytes of one blob. */
interface BlobRange extends ByteRange {
  readonly blobId: ManifestEntry['blobId']
}

/** The object's reader over what the metadata holds open; releases that too. */
export function beginReading(blobs: BlobStore, open: OpenObject): ObjectReader {
  let reading: AsyncGenerator<Uint8Array> | undefined

  return {
    object: open.object,
    async read(range) {
      if (reading) throw new TypeError('An object that was opened once is read once.')
      reading = readRange(blobs, open, range)
      const first = await reading.next()
      return resume(first, reading)
    },
    async release() {
      try {
        await reading?.return(undefined)
      } catch {
        // Closing a blob that was only read changes nothing, and nobody is left to be told.
      } finally {
        open.release()
      }
    },
  }
}

/**
 * Yields the bytes of `range`, which the object must hold, and never others in their place: when the
 * manifest or a blob falls short, throws.
 */
export async function* readRange(
  blobs: BlobStore,
  open: OpenObject,
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  if (range.length === 0) return
  let missing = range.length
  for await (const page of open.manifest(range.offset)) {
    for (const { blobId, offset, length } of blobRanges(page, range)) {
      yield* blobs.read(blobId, { offset, length })
      missing -= length
    }
    if (missing === 0) return
  }
  throw new Error(`The manifest of the object ends ${missing} bytes before the range does.`)
}

/** The pieces of `range` that lie in this page of the manifest, in order; none is empty. */
export function* blobRanges(page: ManifestPage, range: ByteRange): Generator<BlobRange> {
  const rangeEnd = range.offset + range.length
  let start = page.start
  for (const { blobId, blobOffset, length } of page.entries) {
    const from = Math.max(start, range.offset)
    const to = Math.min(start + length, rangeEnd)
    if (from < to) yield { blobId, offset: blobOffset + from - start, length: to - from }
    start += length
    if (start >= rangeEnd) return
  }
}

async function* resume(
  first: IteratorResult<Uint8Array, unknown>,
  rest: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.done) return
  yield first.value
  yield* rest
}
