/**
 * What may be deleted, in the order in which it came to be. An item is queued in the transaction that
 * made it garbage, says little, and is worked off in slices, so that ending an upload of 10,000 parts
 * costs no more than ending one of ten.
 */

import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import type { Garbage } from '../../ports/metadata-store.ts'
import {
  afterAll,
  blobKey,
  fromHex,
  garbageKey,
  justAfter,
  partKey,
  partNumberOf,
  readUint,
  segmentKey,
  textKey,
  toHex,
  uploadIdKey,
} from './keys.ts'
import {
  blobOfPart,
  decodeEntries,
  decodeGarbage,
  decodeNumber,
  encodeGarbage,
  encodeNumber,
  type GarbageRow,
  type Whereabouts,
} from './records.ts'
import { keysBetween, nothing, rowsBetween, type Tables } from './tables.ts'

/** Blobs, or rows, that one slice holds. */
export const SLICE = 1_000

/** Items that a read still needs and that are passed over in one look at the queue. */
const PASSED_OVER = 2_000

const countKey = textKey('garbage-count')

export class GarbageQueue {
  readonly #tables: Tables
  readonly #now: () => Date

  constructor(tables: Tables, now: () => Date) {
    this.#tables = tables
    this.#now = now
  }

  /** How many items there have been. */
  count(): number {
    return decodeNumber(this.#tables.meta.get(countKey))
  }

  /** Within a transaction: a number that nothing else has, which also counts as an item. */
  nextNumber(): number {
    const number = this.count() + 1
    this.#tables.meta.putSync(countKey, encodeNumber(number))
    return number
  }

  /** Within a transaction. */
  addBlobs(blobs: readonly BlobId[]): void {
    for (let at = 0; at < blobs.length; at += SLICE) {
      this.#add({ kind: 'blobs', blobs: blobs.slice(at, at + SLICE) })
    }
  }

  /** Within a transaction: the bytes of an object that is no more. */
  addManifest(whereabouts: Whereabouts): void {
    if (whereabouts.kind === 'segments') this.#add({ kind: 'manifest', id: whereabouts.id })
    else this.addBlobs([...new Set(whereabouts.entries.map(({ blobId }) => blobId))])
  }

  /** Within a transaction: the parts of an ended upload, with their blobs or without. */
  addParts(kind: 'parts' | 'part-rows', uploadId: UploadId): void {
    this.#add({ kind, uploadId })
  }

  /** The oldest items from before `before` whose count is not above `horizon`. */
  due(before: Date, horizon: number, limit: number): Garbage[] {
    const due: Garbage[] = []
    const end = garbageKey(before.getTime(), 0)
    let start = garbageKey(0, 0)
    for (let passed = 0; due.length < limit && passed < PASSED_OVER; ) {
      const keys = keysBetween(this.#tables.garbage, start, end, Math.min(limit, SLICE))
      for (const key of keys) {
        start = justAfter(key)
        if (readUint(key, 8) > horizon) passed++
        else if (due.length < limit) due.push(this.#slice(key))
      }
      if (keys.length < Math.min(limit, SLICE)) break
    }
    return due
  }

  /**
   * Within a transaction. The id says how far the slice went, so that to settle it again, or late,
   * touches nothing of the next.
   */
  settle({ id }: Garbage): void {
    const [keyText = '', bound = ''] = id.split(':')
    const key = fromHex(keyText)
    const row = this.#tables.garbage.get(key)
    if (!row) return
    if (!this.#settleSlice(decodeGarbage(row), Number(bound))) return
    this.#tables.garbage.removeSync(key)
  }

  #add(item: GarbageRow): void {
    const key = garbageKey(this.#now().getTime(), this.nextNumber())
    this.#tables.garbage.putSync(key, encodeGarbage(item))
  }

  #slice(key: Uint8Array): Garbage {
    const { parts, manifests, garbage } = this.#tables
    const item = decodeGarbage(garbage.get(key) ?? nothing)
    let blobs: readonly BlobId[] = []
    let bound = 0
    if (item.kind === 'blobs') {
      blobs = item.blobs
    } else if (item.kind === 'manifest') {
      const start = segmentKey(item.id)
      const [segment] = rowsBetween(manifests, start, segmentKey(item.id + 1), 1)
      if (segment) {
        blobs = [...new Set(decodeEntries(segment.value).map(({ blobId }) => blobId))]
        bound = segmentOf(segment.key)
      }
    } else {
      const start = uploadIdKey(item.uploadId)
      const rows = rowsBetween(parts, start, afterAll(start), SLICE)
      if (item.kind === 'parts') blobs = rows.map(({ value }) => blobOfPart(value))
      const last = rows.at(-1)
      if (last) bound = partNumberOf(last.key)
    }
    return { id: `${toHex(key)}:${bound}`, since: new Date(readUint(key, 0)), blobs }
  }

  /** Whether the item is done with. */
  #settleSlice(item: GarbageRow, bound: number): boolean {
    if (item.kind === 'blobs') {
      this.#forget(item.blobs)
      return true
    }
    if (item.kind === 'manifest') return this.#settleSegment(item.id, bound)
    return this.#settleParts(item, bound)
  }

  #settleSegment(manifest: number, segment: number): boolean {
    const { manifests } = this.#tables
    const key = segmentKey(manifest, segment)
    const row = manifests.get(key)
    if (row) {
      this.#forget(decodeEntries(row).map(({ blobId }) => blobId))
      manifests.removeSync(key)
    }
    return keysBetween(manifests, segmentKey(manifest), segmentKey(manifest + 1), 1).length === 0
  }

  #settleParts(item: Extract<GarbageRow, { uploadId: UploadId }>, last: number): boolean {
    const { parts } = this.#tables
    const start = uploadIdKey(item.uploadId)
    const rows = rowsBetween(parts, start, partKey(item.uploadId, last + 1), SLICE)
    for (const { key, value } of rows) {
      if (item.kind === 'parts') this.#forget([blobOfPart(value)])
      parts.removeSync(key)
    }
    return keysBetween(parts, start, afterAll(start), 1).length === 0
  }

  #forget(blobs: readonly BlobId[]): void {
    for (const blob of blobs) {
      const key = blobKey(blob)
      this.#tables.blobs.removeSync(key)
      this.#tables.small.removeSync(key)
    }
  }
}

function segmentOf(key: Uint8Array): number {
  return new DataView(key.buffer, key.byteOffset, key.length).getUint32(8)
}
