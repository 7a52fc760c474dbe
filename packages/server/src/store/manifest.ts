/** From a range of an object to ranges of blobs, and their bytes. */

import { type BlobStore, type ByteRange, EngineUnavailableError } from '../ports/blob-store.ts'
import type {
  ManifestEntry,
  ManifestPage,
  OpenObject,
  StoredObject,
} from '../ports/metadata-store.ts'
import { unreachable } from './refusals.ts'

/** An object whose bytes stay readable until `release`, whatever happens to its key meanwhile. */
export interface ObjectReader {
  readonly object: StoredObject
  /**
   * Yields the bytes of `range`, which the object must hold, and never others in their place: what
   * is missing ends them with an error, before the first byte if it is the first that is missing.
   *
   * @throws {OssError} `ServiceUnavailable` while what keeps them cannot be reached.
   */
  read(range: ByteRange): AsyncIterable<Uint8Array>
  /** Ends the read, begun or not. May be repeated. */
  release(): void
}

/** A run of bytes of one blob. */
interface BlobRange extends ByteRange {
  readonly blobId: ManifestEntry['blobId']
}

/** The object's reader over what the metadata holds open; releases that. */
export function readerOf(blobs: Pick<BlobStore, 'read'>, open: OpenObject): ObjectReader {
  return {
    object: open.object,
    read: (range) => readRange(blobs, open, range),
    release: () => open.release(),
  }
}

async function* readRange(
  blobs: Pick<BlobStore, 'read'>,
  open: OpenObject,
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  if (range.length === 0) return
  let missing = range.length
  try {
    for await (const page of open.manifest(range.offset)) {
      for (const { blobId, offset, length } of blobRanges(page, range)) {
        yield* blobs.read(blobId, { offset, length })
        missing -= length
      }
      if (missing === 0) return
    }
  } catch (error) {
    throw error instanceof EngineUnavailableError ? unreachable(error) : error
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
