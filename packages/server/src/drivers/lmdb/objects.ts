/** Objects and their manifests in the tables. The methods that write belong inside a transaction. */

import type { BlobId } from '../../ports/blob-store.ts'
import type {
  ManifestEntry,
  ManifestPage,
  NewObject,
  StoredObject,
} from '../../ports/metadata-store.ts'
import type { GarbageQueue } from './garbage-queue.ts'
import { blobKey, segmentKey, textKey } from './keys.ts'
import {
  decodeEntries,
  decodeObject,
  decodeObjectAndWhereabouts,
  encodeEntries,
  encodeObject,
  type Whereabouts,
} from './records.ts'
import { findRow, nothing, type Tables } from './tables.ts'

/** Entries that a row of an object holds itself. */
const INLINE = 16

/** Entries of a segment; 32 KB, of which a ranged read needs one or two. */
const SEGMENT = 1_000

export class Objects {
  readonly #tables: Tables
  readonly #garbage: GarbageQueue

  constructor(tables: Tables, garbage: GarbageQueue) {
    this.#tables = tables
    this.#garbage = garbage
  }

  find(bucket: string, key: string): StoredObject | undefined {
    const row = findRow(this.#tables.objects, bucket, key)
    return row && decodeObject(bucket, key, row)
  }

  locate(
    bucket: string,
    key: string,
  ): { readonly object: StoredObject; readonly whereabouts: Whereabouts } | undefined {
    const row = findRow(this.#tables.objects, bucket, key)
    return row && decodeObjectAndWhereabouts(bucket, key, row)
  }

  /** Writes the object; what was at its key becomes garbage. */
  publish(object: NewObject): void {
    this.#discard(object.bucket, object.key)
    const row = encodeObject(object, this.#keepManifest(object.manifest))
    this.#tables.objects.putSync(textKey(object.bucket, object.key), row)
  }

  /** False when there is none. */
  remove(bucket: string, key: string): boolean {
    const found = this.#discard(bucket, key)
    if (found) this.#tables.objects.removeSync(textKey(bucket, key))
    return found
  }

  /** @throws {Error} one of them has an owner already, or is garbage. */
  claim(blobs: Iterable<BlobId>): void {
    for (const blob of blobs) {
      const key = blobKey(blob)
      if (this.#tables.blobs.get(key)) throw new Error(`Blob ${blob} has an owner already.`)
      this.#tables.blobs.putSync(key, nothing)
    }
  }

  isCondemned(blob: BlobId): boolean {
    return this.#tables.condemned.get(blobKey(blob)) !== undefined
  }

  /** From the entry that holds byte `offset`; `read` runs each look at the tables. */
  async *manifest(
    whereabouts: Whereabouts,
    offset: number,
    read: <Result>(look: () => Result) => Result,
  ): AsyncIterable<ManifestPage> {
    if (whereabouts.kind === 'inline') {
      const page = pageFrom(whereabouts.entries, 0, offset)
      if (page) yield page
      return
    }
    const { id, starts } = whereabouts
    let segment = Math.max(
      0,
      starts.findLastIndex((start) => start <= offset),
    )
    for (; segment < starts.length; segment++) {
      const row = read(() => this.#tables.manifests.get(segmentKey(id, segment)))
      if (!row) throw new Error(`Segment ${segment} of manifest ${id} is gone.`)
      const page = pageFrom(decodeEntries(row), starts[segment] ?? 0, offset)
      if (page) yield page
    }
  }

  #discard(bucket: string, key: string): boolean {
    const found = this.locate(bucket, key)
    if (found) this.#garbage.addManifest(found.whereabouts)
    return found !== undefined
  }

  #keepManifest(entries: readonly ManifestEntry[]): Whereabouts {
    if (entries.length <= INLINE) return { kind: 'inline', entries }
    const id = this.#garbage.nextNumber()
    const starts: number[] = []
    let start = 0
    for (let at = 0; at < entries.length; at += SEGMENT) {
      const segment = entries.slice(at, at + SEGMENT)
      this.#tables.manifests.putSync(segmentKey(id, starts.length), encodeEntries(segment))
      starts.push(start)
      for (const { length } of segment) start += length
    }
    return { kind: 'segments', id, starts }
  }
}

/** What is left of `entries`, which begin at byte `start`, once those before `offset` are gone. */
function pageFrom(
  entries: readonly ManifestEntry[],
  start: number,
  offset: number,
): ManifestPage | undefined {
  let at = start
  for (const [index, { length }] of entries.entries()) {
    if (at + length > offset) return { start: at, entries: entries.slice(index) }
    at += length
  }
  return undefined
}
