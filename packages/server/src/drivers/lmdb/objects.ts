/**
 * Objects, their older versions and their manifests in the tables. The methods that write belong
 * inside a transaction.
 *
 * The newest version of a key, if it is an object, is in `objects`, so that listings meet nothing
 * else; every other version is in `versions`.
 */

import type { BlobId } from '../../ports/blob-store.ts'
import {
  type DeleteMarker,
  type Deletion,
  type ManifestEntry,
  type ManifestPage,
  type NewObject,
  NULL_VERSION,
  type ObjectVersion,
  type StoredObject,
  type UnversionedObject,
  type VersionId,
} from '../../ports/metadata-store.ts'
import type { GarbageQueue } from './garbage-queue.ts'
import {
  afterAll,
  blobKey,
  isTimeOrdered,
  position,
  reversed,
  segmentKey,
  textKey,
} from './keys.ts'
import {
  decodeEntries,
  decodeMarkerIfAny,
  decodeObject,
  decodeObjectAndWhereabouts,
  decodeText,
  encodeEntries,
  encodeMarker,
  encodeObject,
  encodeText,
  type Whereabouts,
} from './records.ts'
import type { Row } from './sealed-table.ts'
import type { LmdbSmallBlobs } from './small-blobs.ts'
import { findRow, nothing, rowsBetween, type Tables } from './tables.ts'
import type { TimeOrder } from './time-order.ts'
import type { Usage } from './usage.ts'

/** Entries that a row of an object holds itself. */
const INLINE = 16

/** Entries of a segment; 32 KB, of which a ranged read needs one or two. */
const SEGMENT = 1_000

/** Behind every order, which has hexadecimal digits. */
const LAST = 'G'

/** What keeps the versions of a bucket apart; absent where it never kept any. */
type Versioning = 'Enabled' | 'Suspended' | undefined

export interface Located {
  readonly object: StoredObject
  readonly whereabouts: Whereabouts
}

/** A row of either table, and where it is. */
interface Found {
  readonly place: 'objects' | 'versions'
  readonly row: Row
}

export class Objects {
  readonly #tables: Tables
  readonly #garbage: GarbageQueue
  readonly #order: TimeOrder
  readonly #usage: Usage
  readonly #small: LmdbSmallBlobs

  constructor(
    tables: Tables,
    rooms: {
      readonly garbage: GarbageQueue
      readonly order: TimeOrder
      readonly usage: Usage
      readonly small: LmdbSmallBlobs
    },
  ) {
    this.#tables = tables
    this.#garbage = rooms.garbage
    this.#order = rooms.order
    this.#usage = rooms.usage
    this.#small = rooms.small
  }

  /** The newest version if it is an object. */
  find(bucket: string, key: string): StoredObject | undefined {
    const row = findRow(this.#tables.objects, bucket, key)
    return row && decodeObject(bucket, key, row)
  }

  findVersion(
    bucket: string,
    key: string,
    versionId: VersionId | undefined,
  ): ObjectVersion | undefined {
    const found = this.#findRow(bucket, key, versionId)
    return found && this.read(bucket, key, found.row)
  }

  /** The version in a row of either table. */
  read(bucket: string, key: string, { key: rowKey, value }: Row): ObjectVersion {
    const marker = decodeMarkerIfAny(bucket, key, value)
    if (!marker) {
      const newest = rowKey.length === textKey(bucket, key).length
      return { kind: 'object', key, latest: newest, object: decodeObject(bucket, key, value) }
    }
    const newest = this.#newestVersion(bucket, key)
    const latest =
      !findRow(this.#tables.objects, bucket, key) &&
      newest !== undefined &&
      Buffer.compare(newest.key, rowKey) === 0
    return { kind: 'marker', key, latest, marker }
  }

  locate(bucket: string, key: string, versionId?: VersionId): Located | undefined {
    const found = this.#findRow(bucket, key, versionId)
    if (!found || markerIn(bucket, key, found)) return undefined
    return decodeObjectAndWhereabouts(bucket, key, found.row.value)
  }

  /** Writes the object as the newest version of its key. */
  publish(object: NewObject, versioning: Versioning): StoredObject {
    const { manifest, ...unversioned } = object
    const versionId = this.#makeRoom(object.bucket, object.key, versioning)
    const stored = { ...unversioned, versionId }
    this.#putNewest(stored, this.#keepManifest(manifest))
    return stored
  }

  /** Puts `entries` behind the bytes of the object that is there, or makes one of them. */
  append(
    object: UnversionedObject,
    entries: readonly ManifestEntry[],
    versioning: Versioning,
  ): StoredObject {
    const current = this.locate(object.bucket, object.key)
    if (!current) return this.publish({ ...object, manifest: entries }, versioning)
    const stored = { ...object, versionId: current.object.versionId }
    this.#usage.addObject(current.object, -1)
    this.#putNewest(stored, this.#extendManifest(current.whereabouts, entries))
    return stored
  }

  /** Replaces what the row says of the object; its bytes stay. */
  update(
    { bucket, key, versionId }: { bucket: string; key: string; versionId?: VersionId | undefined },
    change: (object: StoredObject) => UnversionedObject,
  ): StoredObject | undefined {
    const found = this.#findRow(bucket, key, versionId)
    if (!found || markerIn(bucket, key, found)) return undefined
    const { object, whereabouts } = decodeObjectAndWhereabouts(bucket, key, found.row.value)
    const changed = {
      ...change(object),
      bucket,
      key,
      size: object.size,
      versionId: object.versionId,
    }
    this.#tables[found.place].putSync(found.row.key, encodeObject(changed, whereabouts))
    this.#usage.addObject(object, -1)
    this.#usage.addObject(changed, 1)
    return changed
  }

  /** Deletes the object, or where versions are kept marks it as deleted. */
  remove(bucket: string, key: string, versioning: Versioning, now: Date): Deletion {
    if (versioning === undefined) {
      const found = this.#findRow(bucket, key, undefined)
      if (!found) return { kind: 'missing' }
      this.#discard(bucket, key, found)
      return { kind: 'deleted' }
    }
    const versionId = this.#makeRoom(bucket, key, versioning)
    const marker: DeleteMarker = { bucket, key, versionId, modifiedAt: now }
    this.#putOlder(bucket, key, versionId, encodeMarker(marker))
    this.#usage.add(bucket, { deleteMarkers: 1 })
    return { kind: 'marked', versionId }
  }

  /** Deletes this version; what is then the newest is seen again if it is an object. */
  removeVersion(
    bucket: string,
    key: string,
    versionId: VersionId,
  ): 'missing' | 'object' | 'marker' {
    const found = this.#findRow(bucket, key, versionId)
    if (!found) return 'missing'
    const kind = this.#discard(bucket, key, found)
    this.#raiseNewest(bucket, key)
    return kind
  }

  /**
   * Where in `versions` the version stands, or would stand, so that what is older comes behind it.
   * The newest object stands before all, and a version that cannot be behind all.
   */
  orderOf(bucket: string, key: string, versionId: VersionId): string {
    if (versionId !== NULL_VERSION) return isTimeOrdered(versionId) ? reversed(versionId) : LAST
    const order = findRow(this.#tables.nulls, bucket, key)
    if (order) return reversed(decodeText(order))
    return this.find(bucket, key)?.versionId === NULL_VERSION ? '' : LAST
  }

  /** @throws {Error} one of them has an owner already, or is garbage. */
  claim(blobs: Iterable<BlobId>): void {
    for (const blob of blobs) {
      const key = blobKey(blob)
      if (this.#tables.blobs.get(key)) throw new Error(`Blob ${blob} has an owner already.`)
      this.#tables.blobs.putSync(key, nothing)
      this.#small.put(blob)
    }
  }

  isCondemned(blob: BlobId): boolean {
    return this.#tables.condemned.get(blobKey(blob)) !== undefined
  }

  /**
   * From the entry that holds byte `offset`; `read` runs each look at the tables. What was appended
   * since the object was located is left out.
   */
  async *manifest(
    { object: { size }, whereabouts }: Located,
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
      const page = pageFrom(decodeEntries(row), starts[segment] ?? 0, offset, size)
      if (page) yield page
    }
  }

  /**
   * Takes what is the newest out of the way of a version to come, and gives that its id. Where no
   * versions are kept, what would have the same id goes.
   */
  #makeRoom(bucket: string, key: string, versioning: Versioning): VersionId {
    const newest = this.find(bucket, key)
    if (versioning === 'Enabled') {
      if (newest) this.#lowerNewest(newest)
      return this.#order.next()
    }
    if (newest && newest.versionId !== NULL_VERSION) this.#lowerNewest(newest)
    const replaced = versioning
      ? this.#findRow(bucket, key, NULL_VERSION)
      : this.#findRow(bucket, key, undefined)
    if (replaced) this.#discard(bucket, key, replaced)
    return NULL_VERSION
  }

  /** Moves the newest object to the older versions. */
  #lowerNewest({ bucket, key, versionId }: StoredObject): void {
    const row = findRow(this.#tables.objects, bucket, key)
    if (!row) return
    this.#tables.objects.removeSync(textKey(bucket, key))
    this.#putOlder(bucket, key, versionId, row)
  }

  /** Moves the newest version back to where the newest objects are, if it is one. */
  #raiseNewest(bucket: string, key: string): void {
    if (findRow(this.#tables.objects, bucket, key)) return
    const newest = this.#newestVersion(bucket, key)
    if (!newest || decodeMarkerIfAny(bucket, key, newest.value)) return
    const { versionId } = decodeObject(bucket, key, newest.value)
    this.#tables.objects.putSync(textKey(bucket, key), newest.value)
    this.#tables.versions.removeSync(newest.key)
    if (versionId === NULL_VERSION) this.#tables.nulls.removeSync(textKey(bucket, key))
  }

  #putNewest(object: StoredObject, whereabouts: Whereabouts): void {
    const { bucket, key } = object
    this.#tables.objects.putSync(textKey(bucket, key), encodeObject(object, whereabouts))
    this.#usage.addObject(object, 1)
  }

  /** Only what is newer than all of `versions` comes here, so `null` may take an order of now. */
  #putOlder(bucket: string, key: string, versionId: VersionId, row: Uint8Array): void {
    const isNull = versionId === NULL_VERSION
    const order = isNull ? this.#order.next() : versionId
    this.#tables.versions.putSync(textKey(bucket, key, reversed(order)), row)
    if (isNull) this.#tables.nulls.putSync(textKey(bucket, key), encodeText(order))
  }

  /** Removes the row; the bytes that it names become garbage. */
  #discard(bucket: string, key: string, found: Found): 'object' | 'marker' {
    const { place, row } = found
    const marker = markerIn(bucket, key, found)
    this.#tables[place].removeSync(row.key)
    let versionId = marker?.versionId
    if (marker) {
      this.#usage.add(bucket, { deleteMarkers: -1 })
    } else {
      const { object, whereabouts } = decodeObjectAndWhereabouts(bucket, key, row.value)
      this.#usage.addObject(object, -1)
      this.#garbage.addManifest(whereabouts)
      versionId = object.versionId
    }
    if (place === 'versions' && versionId === NULL_VERSION) {
      this.#tables.nulls.removeSync(textKey(bucket, key))
    }
    return marker ? 'marker' : 'object'
  }

  /** The row of a version; without an id, of the newest. */
  #findRow(bucket: string, key: string, versionId: VersionId | undefined): Found | undefined {
    const value = findRow(this.#tables.objects, bucket, key)
    if (value) {
      const isIt =
        versionId === undefined || decodeObject(bucket, key, value).versionId === versionId
      if (isIt) return { place: 'objects', row: { key: textKey(bucket, key), value } }
    }
    if (versionId === undefined) {
      const newest = this.#newestVersion(bucket, key)
      return newest && { place: 'versions', row: newest }
    }
    const order = this.orderOf(bucket, key, versionId)
    const older = findRow(this.#tables.versions, bucket, key, order)
    return older && { place: 'versions', row: { key: textKey(bucket, key, order), value: older } }
  }

  #newestVersion(bucket: string, key: string): Row | undefined {
    const start = position(`${bucket}\0${key}\0`)
    return rowsBetween(this.#tables.versions, start, afterAll(start), 1)[0]
  }

  #extendManifest(whereabouts: Whereabouts, entries: readonly ManifestEntry[]): Whereabouts {
    if (whereabouts.kind === 'inline') {
      return this.#keepManifest([...whereabouts.entries, ...entries])
    }
    const { id, starts } = whereabouts
    const last = starts.length - 1
    const row = this.#tables.manifests.get(segmentKey(id, last))
    if (!row) throw new Error(`Segment ${last} of manifest ${id} is gone.`)
    const more = [...decodeEntries(row), ...entries]
    return this.#putSegments(id, starts.slice(0, last), starts[last] ?? 0, more)
  }

  #keepManifest(entries: readonly ManifestEntry[]): Whereabouts {
    if (entries.length <= INLINE) return { kind: 'inline', entries }
    return this.#putSegments(this.#garbage.nextNumber(), [], 0, entries)
  }

  /** Writes `entries`, which begin at byte `start`, as the segments behind those of `before`. */
  #putSegments(
    id: number,
    before: readonly number[],
    start: number,
    entries: readonly ManifestEntry[],
  ): Whereabouts {
    const starts = [...before]
    let next = start
    for (let at = 0; at < entries.length; at += SEGMENT) {
      const segment = entries.slice(at, at + SEGMENT)
      this.#tables.manifests.putSync(segmentKey(id, starts.length), encodeEntries(segment))
      starts.push(next)
      for (const { length } of segment) next += length
    }
    return { kind: 'segments', id, starts }
  }
}

/** The delete marker that was found, if it is one. */
function markerIn(bucket: string, key: string, { place, row }: Found): DeleteMarker | undefined {
  return place === 'versions' ? decodeMarkerIfAny(bucket, key, row.value) : undefined
}

/** Of `entries`, which begin at byte `start`, those from the one with byte `offset` to byte `size`. */
function pageFrom(
  entries: readonly ManifestEntry[],
  start: number,
  offset: number,
  size = Number.POSITIVE_INFINITY,
): ManifestPage | undefined {
  let first = 0
  let at = start
  for (const { length } of entries) {
    if (at + length > offset || at >= size) break
    at += length
    first++
  }
  const pageStart = at
  let end = first
  for (const { length } of entries.slice(first)) {
    if (at >= size) break
    at += length
    end++
  }
  return end > first ? { start: pageStart, entries: entries.slice(first, end) } : undefined
}
