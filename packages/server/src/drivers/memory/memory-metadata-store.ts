/**
 * Metadata in memory: for tests, for `startServer()` without a directory, and the reference model
 * that other drivers are compared with. Written to be obviously right rather than fast: listings
 * sort everything, every time.
 */

import { randomBytes } from 'node:crypto'
import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import type {
  Bucket,
  CompletionRule,
  Garbage,
  ListingEntry,
  ListingQuery,
  ManifestEntry,
  ManifestPage,
  MetadataStore,
  NewObject,
  OpenObject,
  Page,
  Part,
  PublishGuard,
  StoredObject,
  Survey,
  Upload,
  UploadListingQuery,
  UploadRef,
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

export class MemoryMetadataStore implements MetadataStore {
  readonly failed: Promise<Error> = new Promise(() => {})

  readonly #now: () => Date
  readonly #buckets = new Map<string, Bucket>()
  readonly #uploads = new Map<UploadId, OpenUpload>()
  readonly #objects = new Map<string, NewObject>()
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
    readonly owner: string
    readonly prefix: string
    readonly after: string | undefined
    readonly limit: number
  }): Promise<Page<Bucket>> {
    const { owner, prefix, after, limit } = query
    const matching = [...this.#buckets.values()]
      .filter((bucket) => bucket.owner === owner && bucket.name.startsWith(prefix))
      .filter((bucket) => after === undefined || compareKeys(bucket.name, after) > 0)
      .sort((a, b) => compareKeys(a.name, b.name))
    return { rows: matching.slice(0, limit), truncated: matching.length > limit }
  }

  async deleteBucket(name: string): Promise<'deleted' | 'missing' | 'has-objects' | 'has-uploads'> {
    if (!this.#buckets.has(name)) return 'missing'
    if ([...this.#objects.values()].some(({ bucket }) => bucket === name)) return 'has-objects'
    if ([...this.#uploads.values()].some(({ upload }) => upload.bucket === name)) {
      return 'has-uploads'
    }
    this.#buckets.delete(name)
    return 'deleted'
  }

  async createUpload(
    upload: Omit<Upload, 'uploadId'>,
    guard?: PublishGuard,
  ): Promise<Upload | undefined> {
    if (!this.#buckets.has(upload.bucket)) return undefined
    guard?.(this.#current(upload.bucket, upload.key))
    this.#lastIdMs = Math.max(this.#now().getTime(), this.#lastIdMs + 1)
    const time = this.#lastIdMs.toString(16).padStart(16, '0')
    const uploadId = `${time}${randomBytes(8).toString('hex')}`.toUpperCase() as UploadId
    const opened = { ...upload, uploadId }
    this.#uploads.set(uploadId, { upload: opened, parts: new Map() })
    return opened
  }

  async findUpload(ref: UploadRef): Promise<Upload | undefined> {
    return this.#find(ref)?.upload
  }

  async commitPart(ref: UploadRef, part: Part): Promise<'committed' | 'no-upload' | 'condemned'> {
    const found = this.#find(ref)
    if (!found) return 'no-upload'
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
    this.#publish(object)
    this.#discard(dropped)
    return stored(object)
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
  ): Promise<'published' | 'no-bucket' | 'condemned'> {
    if (!this.#buckets.has(object.bucket)) return 'no-bucket'
    const blobs = blobsOf(object.manifest)
    if (blobs.some((blob) => this.#condemned.has(blob))) return 'condemned'
    guard?.(this.#current(object.bucket, object.key))
    this.#claim(blobs)
    this.#publish(object)
    return 'published'
  }

  async findObject(bucket: string, key: string): Promise<StoredObject | undefined> {
    return this.#current(bucket, key)
  }

  async openObject(bucket: string, key: string): Promise<OpenObject | undefined> {
    const object = this.#objects.get(place(bucket, key))
    if (!object) return undefined
    const reader = { order: this.#order }
    this.#readers.add(reader)
    return {
      object: stored(object),
      manifest: (offset) => pages(object.manifest, offset),
      release: () => {
        this.#readers.delete(reader)
      },
    }
  }

  async deleteObject(bucket: string, key: string): Promise<boolean> {
    const object = this.#objects.get(place(bucket, key))
    if (!object) return false
    this.#objects.delete(place(bucket, key))
    this.#discard(blobsOf(object.manifest))
    return true
  }

  async listObjects(
    bucket: string,
    query: ListingQuery,
  ): Promise<Page<ListingEntry<StoredObject>>> {
    const objects = [...this.#objects.values()]
      .filter((object) => object.bucket === bucket)
      .sort((a, b) => compareKeys(a.key, b.key))
      .map(stored)
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
    const object = this.#objects.get(place(bucket, key))
    return object && stored(object)
  }

  #publish(object: NewObject): void {
    const at = place(object.bucket, object.key)
    const replaced = this.#objects.get(at)
    this.#objects.set(at, { ...object, md5: object.md5 && new Uint8Array(object.md5) })
    if (replaced) this.#discard(blobsOf(replaced.manifest))
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

function stored({ manifest: _, ...object }: NewObject): StoredObject {
  return object
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
