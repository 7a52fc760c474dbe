/** What of a store has bytes, one thing after the other, with the sums that its rows hold of them. */

import type { KeptSums } from '../inspect/verify-bytes.ts'
import type { ManifestEntry } from '../ports/metadata-store.ts'
import type { StoreExport } from '../ports/migration.ts'

/** An object's version, or a part of an open upload. */
export interface Item {
  /** In words. */
  readonly what: string
  readonly entries: readonly ManifestEntry[]
  readonly kept: KeptSums
}

export interface StoreCounts {
  buckets: number
  /** All versions. */
  objects: number
  deleteMarkers: number
  uploads: number
  parts: number
  /** Blobs that objects and parts name, and their bytes. */
  blobs: number
  bytes: number
}

/** Everything that has bytes; adds to `counts` what it comes by. */
export async function* walkItems(
  source: StoreExport,
  counts: StoreCounts = noCounts(),
): AsyncGenerator<Item, void, undefined> {
  for await (const _ of source.buckets()) counts.buckets += 1
  for await (const version of source.versions()) {
    if (version.kind === 'marker') {
      counts.deleteMarkers += 1
      continue
    }
    counts.objects += 1
    const { object, entries } = version
    // A symbolic link has no bytes of its own, whatever its size is said to be.
    if (object.type === 'Symlink') continue
    const { bucket, key, versionId, size, crc64, md5 } = object
    const { encryption } = object.attributes
    // The ETags of other types are no business of their parts.
    const etag = object.type === 'Multipart' ? object.etag : undefined
    countBytes(counts, entries)
    const what = `object ${bucket}/${key}${versionId === 'null' ? '' : ` (version ${versionId})`}`
    yield { what, entries, kept: { size, crc64, md5, etag, encryption } }
  }
  for await (const { upload, parts } of source.uploads()) {
    counts.uploads += 1
    counts.parts += parts.length
    const { bucket, key, uploadId, attributes } = upload
    for (const { partNumber, blobId, size, crc64, md5 } of parts) {
      const entries = [{ blobId, blobOffset: 0, length: size }]
      countBytes(counts, entries)
      const what = `part ${partNumber} of upload ${uploadId} of ${bucket}/${key}`
      yield { what, entries, kept: { size, crc64, md5, encryption: attributes.encryption } }
    }
  }
}

export function noCounts(): StoreCounts {
  return { buckets: 0, objects: 0, deleteMarkers: 0, uploads: 0, parts: 0, blobs: 0, bytes: 0 }
}

function countBytes(counts: StoreCounts, entries: readonly ManifestEntry[]): void {
  counts.blobs += new Set(entries.map(({ blobId }) => blobId)).size
  for (const { length } of entries) counts.bytes += length
}
