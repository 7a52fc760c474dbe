/**
 * Metadata in memory: for tests, for `startServer()` without a directory, and the reference model
 * that other drivers are compared with. Written to be obviously right rather than fast: listings
 * sort everything, every time.
 */

import { randomBytes } from 'node:crypto'
import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import {
  type Bucket,
  type BucketUsage,
  type CompletionRule,
  type DeleteMarker,
  type Deletion,
  type Garbage,
  type ListingEntry,
  type ListingQuery,
  type ManifestEntry,
  type ManifestPage,
  type MetadataStore,
  type NewObject,
  NULL_VERSION,
  type ObjectVersion,
  type OpenObject,
  type Page,
  type Part,
  type PublishGuard,
  type StoredObject,
  type Survey,
  type UnversionedObject,
  type Upload,
  type UploadListingQuery,
  type UploadRef,
  type VersionId,
  type VersionListingQuery,
} from '../../ports/metadata-store.ts'
import { compareKeys } from '../compare-keys.ts'

/** Rows or blobs that are handed over at once: pages of a completion, of a manifest, of garbage. */
const SLICE = 1_000

export interface MemoryMetadataStoreOptions {
  /** What dates upload ids and garbage. Default: the system's clock. */
  readonly now?: () => Date
}

interface Item {
  readonly id: string
  /** Counts up; what was opened before it became garbage has a lower one. */
  readonly order: number
  readonly since: Date
  blobs: readonly BlobId[]
}

interface OpenUpload {
  readonly upload: Upload
  readonly parts: Map<number, Part>
}

interface KeptObject {
  readonly object: StoredObject
  readonly manifest: readonly ManifestEntry[]
}

/** A version of a key: an object, or the marker that there is none. */
type Version = KeptObject | { readonly marker: DeleteMarker }

export class MemoryMetadataStore implements MetadataStore {
  readonly failed: Promise<Error> = new Promise(() => {})

  readonly #now: () => Date
  readonly #buckets = new Map<string, Bucket>()
  readonly #uploads = new Map<UploadId, OpenUpload>()
  readonly #settings = new Map<string, Map<string, string>>()
  /** By bucket and key, the newest first; no list is empty. */
  readonly #versions = new Map<string, readonly Version[]>()
  /** Blobs that a part, an object or an item of garbage names. */
  readonly #known = new Set<BlobId>()
  readonly #condemned = new Set<BlobId>()
  readonly #readers = new Set<{ readonly order: number }>()
  #garbage: Item[] = []
  #order = 0
  #lastIdMs = 0

  constructor({ now = () => new Date() }: MemoryMetadataStoreOptions = {}) {
    this.#now = now
  }

  async createBucket(bucket: Bucket): Promise<{ created: boolean; bucket: Bucket }> {
    const standing = this.#buckets.get(bucket.name)
    if (standing) return { created: false, bucket: standing }
    this.#buckets.set(bucket.name, { ...bucket })
    return { created: true, bucket }
  }

  async findBucket(name: string): Promise<Bucket | undefined> {
    return this.#buckets.get(name)
  }

  async updateBucket(
    name: string,
    change: (bucket: Bucket) => Bucket,
  ): Promise<Bucket | undefined> {
    const standing = this.#buckets.get(name)
    if (!standing) return undefined
    const changed = { ...change(standing), name }
    this.#buckets.set(name, changed)
    return changed
  }

  async listBuckets(query: {
    readonly owner: string | undefined
    readonly prefix: string
    readonly after: string | undefined
    readonly limit: number
  }): Promise<Page<Bucket>> {
    const { owner, prefix, after, limit } = query
    const matching = [...this.#buckets.values()]
      .filter((bucket) => owner === undefined || bucket.owner === owner)
      .filter((bucket) => bucket.name.startsWith(prefix))
      .filter((bucket) => after === undefined || compareKeys(bucket.name, after) > 0)
      .sort((a, b) => compareKeys(a.name, b.name))
    return { rows: matching.slice(0, limit), truncated: matching.length > limit }
  }

  async deleteBucket(name: string): Promise<'deleted' | 'missing' | 'has-objects' | 'has-uploads'> {
    if (!this.#buckets.has(name)) return 'missing'
    if (this.#keysIn(name).length > 0) return 'has-objects'
    if ([...this.#uploads.values()].some(({ upload }) => upload.bucket === name)) {
      return 'has-uploads'
    }
    this.#buckets.delete(name)
    this.#settings.delete(name)
    return 'deleted'
  }

  async putBucketSetting(
    bucket: string,
    name: string,
    value: string | undefined,
  ): Promise<boolean> {
    if (!this.#buckets.has(bucket)) return false
    const settings = this.#settings.get(bucket) ?? new Map<string, string>()
    this.#settings.set(bucket, settings)
    if (value === undefined) settings.delete(name)
    else settings.set(name, value)
    return true
  }

  async findBucketSetting(bucket: string, name: string): Promise<string | undefined> {
    return this.#settings.get(bucket)?.get(name)
  }

  async usage(bucket: string): Promise<BucketUsage | undefined> {
    if (!this.#buckets.has(bucket)) return undefined
    const classes: Record<string, { objects: number; bytes: number }> = {}
    let deleteMarkers = 0
    for (const version of this.#keysIn(bucket).flatMap((key) => this.#versionsOf(bucket, key))) {
      if ('marker' in version) {
        deleteMarkers++
        continue
      }
      const { size, attributes } = version.object
      const { objects, bytes } = classes[attributes.storageClass] ?? { objects: 0, bytes: 0 }
      classes[attributes.storageClass] = { objects: objects + 1, bytes: bytes + size }
    }
    const uploads = [...this.#uploads.values()].filter(({ upload }) => upload.bucket === bucket)
    const parts = uploads.flatMap((upload) => [...upload.parts.values()])
    const partBytes = parts.reduce((sum, { size }) => sum + size, 0)
    return { classes, deleteMarkers, uploads: uploads.length, parts: parts.length, partBytes }
  }

  async createUpload(
    upload: Omit<Upload, 'uploadId'>,
    guard?: PublishGuard,
  ): Promise<Upload | undefined> {
    if (!this.#buckets.has(upload.bucket)) return undefined
    guard?.(this.#current(upload.bucket, upload.key))
    const uploadId = this.#nextId() as UploadId
    const opened = { ...upload, uploadId }
    this.#uploads.set(uploadId, { upload: opened, parts: new Map() })
    return opened
  }

  async findUpload(ref: UploadRef): Promise<Upload | undefined> {
    return this.#find(ref)?.upload
  }

  async commitPart(
    ref: UploadRef,
    part: Part,
    guard?: (held: number) => void,
  ): Promise<'committed' | 'no-upload' | 'condemned'> {
    const found = this.#find(ref)
    if (!found) return 'no-upload'
    guard?.(found.parts.size)
    if (this.#condemned.has(part.blobId)) return 'condemned'
    const replaced = found.parts.get(part.partNumber)
    if (replaced?.blobId !== part.blobId) {
      this.#claim([part.blobId])
      if (replaced) this.#discard([replaced.blobId])
    }
    found.parts.set(part.partNumber, { ...part, md5: new Uint8Array(part.md5) })
    return 'committed'
  }

  async listParts(
    ref: UploadRef,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<Page<Part> | undefined> {
    const found = this.#find(ref)
    if (!found) return undefined
    const matching = ascending(found.parts).filter(({ partNumber }) => partNumber > after)
    return { rows: matching.slice(0, limit), truncated: matching.length > limit }
  }

  async listUploads(
    bucket: string,
    query: UploadListingQuery,
  ): Promise<Page<ListingEntry<Upload>>> {
    const uploads = [...this.#uploads.values()]
      .map(({ upload }) => upload)
      .filter((upload) => upload.bucket === bucket)
      .sort((a, b) => compareKeys(a.key, b.key) || compareKeys(a.uploadId, b.uploadId))
    const { after, afterUploadId } = query
    return listing(uploads, query, ({ key, uploadId }) => {
      const order = after === undefined ? 1 : compareKeys(key, after)
      return order === 0 && afterUploadId !== undefined
        ? compareKeys(uploadId, afterUploadId) > 0
        : order > 0
    })
  }

  async completeUpload(
    ref: UploadRef,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | undefined> {
    const found = this.#find(ref)
    if (!found) return undefined
    const rule = decide(found.upload)
    const parts = ascending(found.parts)
    for (let at = 0; at < parts.length; at += SLICE) rule.page(parts.slice(at, at + SLICE))
    const { object, dropped } = rule.finish(this.#current(ref.bucket, ref.key))
    this.#uploads.delete(ref.uploadId)
    const published = this.#publish(object)
    this.#discard(dropped)
    return published
  }

  async abortUpload(ref: UploadRef): Promise<boolean> {
    const found = this.#find(ref)
    if (!found) return false
    this.#uploads.delete(ref.uploadId)
    this.#discard(ascending(found.parts).map(({ blobId }) => blobId))
    return true
  }

  async putObject(
    object: NewObject,
    guard?: PublishGuard,
  ): Promise<StoredObject | 'no-bucket' | 'condemned'> {
    if (!this.#buckets.has(object.bucket)) return 'no-bucket'
    const blobs = blobsOf(object.manifest)
    if (blobs.some((blob) => this.#condemned.has(blob))) return 'condemned'
    guard?.(this.#current(object.bucket, object.key))
    this.#claim(blobs)
    return this.#publish(object)
  }

  async appendObject(
    { bucket, key }: { readonly bucket: string; readonly key: string },
    entries: readonly ManifestEntry[],
    decide: (current: StoredObject | undefined) => UnversionedObject,
  ): Promise<StoredObject | 'no-bucket' | 'condemned'> {
    if (!this.#buckets.has(bucket)) return 'no-bucket'
    const blobs = blobsOf(entries)
    if (blobs.some((blob) => this.#condemned.has(blob))) return 'condemned'
    const newest = this.#newestObject(bucket, key)
    const object = { ...decide(newest?.object), bucket, key }
    this.#claim(blobs)
    if (!newest) return this.#publish({ ...object, manifest: entries })
    const appended = { ...object, versionId: newest.object.versionId }
    const manifest = [...newest.manifest, ...entries]
    this.#replace(bucket, key, newest, { object: appended, manifest })
    return appended
  }

  async updateObject(
    place: {
      readonly bucket: string
      readonly key: string
      readonly versionId?: VersionId | undefined
    },
    change: (object: StoredObject) => UnversionedObject,
  ): Promise<StoredObject | undefined> {
    const { bucket, key, versionId } = place
    const found = this.#findVersion(bucket, key, versionId)
    if (!found || 'marker' in found) return undefined
    const { object, manifest } = found
    const kept = { bucket, key, size: object.size, versionId: object.versionId }
    const changed = { ...change(object), ...kept }
    this.#replace(bucket, key, found, { object: changed, manifest })
    return changed
  }

  async findObject(bucket: string, key: string): Promise<StoredObject | undefined> {
    return this.#current(bucket, key)
  }

  async findVersion(
    bucket: string,
    key: string,
    versionId: VersionId | undefined,
  ): Promise<ObjectVersion | undefined> {
    const found = this.#findVersion(bucket, key, versionId)
    return found && this.#shown(bucket, key, found)
  }

  async openObject(
    bucket: string,
    key: string,
    versionId?: VersionId,
  ): Promise<OpenObject | undefined> {
    const found = this.#findVersion(bucket, key, versionId)
    if (!found || 'marker' in found) return undefined
    const { object, manifest } = found
    const reader = { order: this.#order }
    this.#readers.add(reader)
    return {
      object,
      manifest: (offset) => pages(manifest, offset),
      release: () => {
        this.#readers.delete(reader)
      },
    }
  }

  async deleteObject(bucket: string, key: string, guard?: PublishGuard): Promise<Deletion> {
    const versioning = this.#buckets.get(bucket)?.versioning
    guard?.(this.#current(bucket, key))
    if (versioning === undefined) {
      const [newest] = this.#versionsOf(bucket, key)
      if (!newest) return { kind: 'missing' }
      this.#remove(bucket, key, newest)
      return { kind: 'deleted' }
    }
    const versionId = this.#makeRoom(bucket, key)
    const marker = { bucket, key, versionId, modifiedAt: this.#now() }
    this.#versions.set(place(bucket, key), [{ marker }, ...this.#versionsOf(bucket, key)])
    return { kind: 'marked', versionId }
  }

  async deleteVersion(
    bucket: string,
    key: string,
    versionId: VersionId,
    guard?: (version: ObjectVersion | undefined) => void,
  ): Promise<'missing' | 'object' | 'marker'> {
    const found = this.#findVersion(bucket, key, versionId)
    guard?.(found && this.#shown(bucket, key, found))
    if (!found) return 'missing'
    this.#remove(bucket, key, found)
    return 'marker' in found ? 'marker' : 'object'
  }

  async listVersions(
    bucket: string,
    query: VersionListingQuery,
  ): Promise<Page<ListingEntry<ObjectVersion>>> {
    const { after, afterVersionId } = query
    const versions = this.#keysIn(bucket).flatMap((key) =>
      this.#versionsOf(bucket, key).map((version) => this.#shown(bucket, key, version)),
    )
    const within = after === undefined ? [] : versions.filter(({ key }) => key === after)
    const older = new Set(afterVersionId === undefined ? [] : olderThan(within, afterVersionId))
    return listing(
      versions,
      query,
      (version) => after === undefined || compareKeys(version.key, after) > 0 || older.has(version),
    )
  }

  async listObjects(
    bucket: string,
    query: ListingQuery,
  ): Promise<Page<ListingEntry<StoredObject>>> {
    const objects = this.#keysIn(bucket).flatMap((key) => this.#current(bucket, key) ?? [])
    const { after } = query
    return listing(objects, query, ({ key }) => after === undefined || compareKeys(key, after) > 0)
  }

  async dueGarbage(query: {
    readonly before: Date
    readonly limit: number
  }): Promise<readonly Garbage[]> {
    const oldestRead = Math.min(...[...this.#readers].map(({ order }) => order), this.#order)
    return this.#garbage
      .filter(({ order, since }) => order <= oldestRead && since < query.before)
      .sort((a, b) => a.since.getTime() - b.since.getTime() || a.order - b.order)
      .slice(0, query.limit)
      .map(({ id, since, blobs }) => ({ id, since, blobs: blobs.slice(0, SLICE) }))
  }

  async settleGarbage({ id, blobs }: Garbage): Promise<void> {
    const item = this.#garbage.find((candidate) => candidate.id === id)
    if (!item) return
    for (const blob of blobs) this.#known.delete(blob)
    const gone = new Set(blobs)
    item.blobs = item.blobs.filter((blob) => !gone.has(blob))
    if (item.blobs.length === 0) this.#garbage = this.#garbage.filter((other) => other !== item)
  }

  async condemnBlobs(blobIds: readonly BlobId[]): Promise<readonly BlobId[]> {
    const unnamed = blobIds.filter((blob) => !this.#known.has(blob))
    for (const blob of unnamed) this.#condemned.add(blob)
    return unnamed
  }

  async listCondemned(limit: number): Promise<readonly BlobId[]> {
    return [...this.#condemned].sort().slice(0, limit)
  }

  async absolveBlobs(blobIds: readonly BlobId[]): Promise<void> {
    for (const blob of blobIds) this.#condemned.delete(blob)
  }

  async survey({ staleBefore }: { readonly staleBefore: Date }): Promise<Survey> {
    const open = [...this.#uploads.values()]
    const stale = open.filter(({ upload }) => issuedAt(upload.uploadId) < staleBefore.getTime())
    return {
      openUploads: open.length,
      openUploadBytes: bytesOf(open),
      staleUploads: stale.length,
      staleUploadBytes: bytesOf(stale),
      garbageItems: this.#garbage.length,
    }
  }

  async close(): Promise<void> {}

  #find({ bucket, key, uploadId }: UploadRef): OpenUpload | undefined {
    const found = this.#uploads.get(uploadId)
    return found?.upload.bucket === bucket && found.upload.key === key ? found : undefined
  }

  #current(bucket: string, key: string): StoredObject | undefined {
    return this.#newestObject(bucket, key)?.object
  }

  /** The newest version if it is an object. */
  #newestObject(bucket: string, key: string): KeptObject | undefined {
    const [newest] = this.#versionsOf(bucket, key)
    return newest && 'object' in newest ? newest : undefined
  }

  #versionsOf(bucket: string, key: string): readonly Version[] {
    return this.#versions.get(place(bucket, key)) ?? []
  }

  /** In order. */
  #keysIn(bucket: string): string[] {
    const start = place(bucket, '')
    return [...this.#versions.keys()]
      .filter((at) => at.startsWith(start))
      .map((at) => at.slice(start.length))
      .sort(compareKeys)
  }

  #findVersion(bucket: string, key: string, id: VersionId | undefined): Version | undefined {
    const versions = this.#versionsOf(bucket, key)
    return id === undefined ? versions[0] : versions.find((version) => versionIdOf(version) === id)
  }

  #shown(bucket: string, key: string, version: Version): ObjectVersion {
    const latest = this.#versionsOf(bucket, key)[0] === version
    return 'marker' in version
      ? { kind: 'marker', key, latest, marker: version.marker }
      : { kind: 'object', key, latest, object: version.object }
  }

  #publish(published: NewObject): StoredObject {
    const { manifest, ...unversioned } = published
    const { bucket, key, md5 } = unversioned
    const versionId = this.#makeRoom(bucket, key)
    const object = { ...unversioned, md5: md5 && new Uint8Array(md5), versionId }
    this.#versions.set(place(bucket, key), [{ object, manifest }, ...this.#versionsOf(bucket, key)])
    return object
  }

  /** The id of a version to come, and whatever has the same one goes. */
  #makeRoom(bucket: string, key: string): VersionId {
    if (this.#buckets.get(bucket)?.versioning === 'Enabled') return this.#nextId()
    const replaced = this.#findVersion(bucket, key, NULL_VERSION)
    if (replaced) this.#remove(bucket, key, replaced)
    return NULL_VERSION
  }

  #replace(bucket: string, key: string, version: Version, next: Version): void {
    const versions = this.#versionsOf(bucket, key)
    this.#versions.set(
      place(bucket, key),
      versions.map((other) => (other === version ? next : other)),
    )
  }

  /** Its bytes become garbage. */
  #remove(bucket: string, key: string, version: Version): void {
    const others = this.#versionsOf(bucket, key).filter((other) => other !== version)
    if (others.length > 0) this.#versions.set(place(bucket, key), others)
    else this.#versions.delete(place(bucket, key))
    if ('object' in version) this.#discard(blobsOf(version.manifest))
  }

  #nextId(): string {
    this.#lastIdMs = Math.max(this.#now().getTime(), this.#lastIdMs + 1)
    const time = this.#lastIdMs.toString(16).padStart(16, '0')
    return `${time}${randomBytes(8).toString('hex')}`.toUpperCase()
  }

  #claim(blobs: readonly BlobId[]): void {
    for (const blob of blobs) {
      if (this.#known.has(blob)) throw new Error(`Blob ${blob} has an owner already.`)
    }
    for (const blob of blobs) this.#known.add(blob)
  }

  #discard(blobs: readonly BlobId[]): void {
    if (blobs.length === 0) return
    const order = ++this.#order
    this.#garbage.push({ id: String(order), order, since: this.#now(), blobs })
  }
}

/** Bucket names and keys hold no U+0000. */
function place(bucket: string, key: string): string {
  return `${bucket}\0${key}`
}

function ascending(parts: ReadonlyMap<number, Part>): Part[] {
  return [...parts.values()].sort((a, b) => a.partNumber - b.partNumber)
}

function versionIdOf(version: Version): VersionId {
  return 'marker' in version ? version.marker.versionId : version.object.versionId
}

/** Of the versions of one key; also where the version itself is gone, unless it was `null`. */
function olderThan(versions: readonly ObjectVersion[], versionId: VersionId): ObjectVersion[] {
  const at = versions.findIndex((version) => idOf(version) === versionId)
  if (at !== -1) return versions.slice(at + 1)
  if (!/^[0-9A-F]{32}$/.test(versionId)) return []
  const newer = versions.findLastIndex(
    (version) => idOf(version) !== NULL_VERSION && idOf(version) > versionId,
  )
  return versions.slice(newer + 1)
}

function idOf(version: ObjectVersion): VersionId {
  return version.kind === 'marker' ? version.marker.versionId : version.object.versionId
}

/** An upload id begins with the time at which it was issued, in milliseconds. */
function issuedAt(uploadId: UploadId): number {
  return Number.parseInt(uploadId.slice(0, 16), 16)
}

function bytesOf(uploads: readonly OpenUpload[]): number {
  const sizes = uploads.flatMap(({ parts }) => [...parts.values()].map(({ size }) => size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

function blobsOf(manifest: readonly ManifestEntry[]): BlobId[] {
  return [...new Set(manifest.map(({ blobId }) => blobId))]
}

/** One page of `rows`, which are in order, with keys grouped as the query asks. */
function listing<Row extends { readonly key: string }>(
  rows: readonly Row[],
  { prefix, delimiter, after, limit }: ListingQuery,
  follows: (row: Row) => boolean,
): Page<ListingEntry<Row>> {
  const group = (key: string): string | undefined => {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    return end === -1 ? undefined : key.slice(0, end + delimiter.length)
  }
  const seen = after?.startsWith(prefix) && group(after) === after ? after : undefined
  const entries: ListingEntry<Row>[] = []
  let last: string | undefined
  for (const row of rows) {
    if (!row.key.startsWith(prefix) || !follows(row)) continue
    if (seen !== undefined && row.key.startsWith(seen)) continue
    const common = group(row.key)
    if (common === undefined) entries.push({ kind: 'row', row })
    else if (common !== last) entries.push({ kind: 'prefix', prefix: common })
    last = common
  }
  return { rows: entries.slice(0, limit), truncated: entries.length > limit }
}

async function* pages(
  manifest: readonly ManifestEntry[],
  offset: number,
): AsyncIterable<ManifestPage> {
  let start = 0
  let first = 0
  for (const { length } of manifest) {
    if (start + length > offset) break
    start += length
    first++
  }
  for (let at = first; at < manifest.length; at += SLICE) {
    const entries = manifest.slice(at, at + SLICE)
    yield { start, entries }
    for (const { length } of entries) start += length
  }
}
