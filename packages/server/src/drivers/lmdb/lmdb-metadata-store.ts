/** Metadata in one LMDB environment, which several processes may share. */

import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import type { MaintainedStore, MetadataAudit } from '../../ports/maintenance.ts'
import type {
  Bucket,
  BucketUsage,
  CompletionRule,
  Deletion,
  Garbage,
  ListingEntry,
  ListingQuery,
  ManifestEntry,
  NewObject,
  ObjectVersion,
  OpenObject,
  Page,
  Part,
  PublishGuard,
  StoredObject,
  Survey,
  UnversionedObject,
  Upload,
  UploadListingQuery,
  UploadRef,
  VersionId,
  VersionListingQuery,
} from '../../ports/metadata-store.ts'
import { audit, damagedRows } from './audit.ts'
import { Buckets } from './buckets.ts'
import { Commits } from './commits.ts'
import { copyEnvironment, freeBytes, type OpenEnvironment, openEnvironment } from './environment.ts'
import { GarbageQueue, SLICE } from './garbage-queue.ts'
import { blobIdOf, blobKey } from './keys.ts'
import { listPage } from './listing.ts'
import { Objects } from './objects.ts'
import { Readers } from './readers.ts'
import { decodeObject, decodeUpload } from './records.ts'
import type { Row, RowDamagedError } from './sealed-table.ts'
import { LmdbSmallBlobs } from './small-blobs.ts'
import { survey } from './survey.ts'
import { type Environment, keysBetween, nothing, rowsBetween, type Tables } from './tables.ts'
import { TimeOrder } from './time-order.ts'
import { type OpenUpload, Uploads } from './uploads.ts'
import { Usage } from './usage.ts'

/** Parts that a completion reads inside its transaction; more would keep others waiting. */
const INSIDE = 1_000

/** Times that a completion reads its parts outside before it does so inside after all. */
const TRIES = 3

const least = new Uint8Array(1)
const greatest = new Uint8Array(20).fill(0xff)

export interface LmdbMetadataStoreOptions {
  /** Made if it is missing; what it lies in must be on a local disk. Its name plus `-new` is taken too. */
  readonly directory: string
  /** What dates upload ids, garbage and leases. Default: the system's clock. */
  readonly now?: () => Date
  /** By which leases of other processes are over; never ahead of `now`. Default: `now`. */
  readonly patientNow?: () => Date
  /** Milliseconds that a commit may take before the store counts as failed. Default 30,000. */
  readonly commitTimeoutMs?: number
}

/**
 * Each change is one transaction, and resolves once it is synced. Reads look at the newest snapshot,
 * and never hold it across a wait: a snapshot that is held keeps the space of all that changed since.
 *
 * A failed commit also leaves a rejection that nobody can catch: see `isStrayLmdbRejection`.
 */
export class LmdbMetadataStore implements MaintainedStore {
  readonly failed: Promise<Error>
  /** For the store of blobs beside it. */
  readonly smallBlobs: LmdbSmallBlobs

  readonly #environment: Environment
  readonly #tables: Tables
  readonly #now: () => Date
  readonly #commits: Commits
  readonly #garbage: GarbageQueue
  readonly #buckets: Buckets
  readonly #objects: Objects
  readonly #uploads: Uploads
  readonly #readers: Readers
  readonly #usage: Usage

  private constructor(
    { environment, tables }: OpenEnvironment,
    {
      directory,
      now = () => new Date(),
      patientNow = now,
      commitTimeoutMs = 30_000,
    }: LmdbMetadataStoreOptions,
  ) {
    this.#environment = environment
    this.#tables = tables
    this.#now = now
    this.#commits = new Commits(environment, {
      timeoutMs: commitTimeoutMs,
      freeBytes: () => freeBytes(dirname(directory)),
    })
    this.failed = this.#commits.failed
    this.#garbage = new GarbageQueue(tables, now)
    this.#usage = new Usage(tables)
    const order = new TimeOrder(tables, now)
    this.smallBlobs = new LmdbSmallBlobs(tables, () => this.#commits.requireUsable())
    const rooms = { garbage: this.#garbage, order, usage: this.#usage, small: this.smallBlobs }
    this.#buckets = new Buckets(tables)
    this.#objects = new Objects(tables, rooms)
    this.#uploads = new Uploads(tables, rooms)
    this.#readers = new Readers({
      tables,
      commits: this.#commits,
      now,
      patientNow,
      count: () => this.#read(() => this.#garbage.count()),
    })
  }

  /**
   * Opens the store, or creates it. A directory that does not exist yet must be opened by one process
   * before others do.
   *
   * @throws {Error} it cannot be opened safely, or holds a format that this version does not know.
   */
  static async open(options: LmdbMetadataStoreOptions): Promise<LmdbMetadataStore> {
    return new LmdbMetadataStore(await openEnvironment(options.directory), options)
  }

  async createBucket(bucket: Bucket): Promise<{ created: boolean; bucket: Bucket }> {
    return await this.#commits.run(() => {
      const standing = this.#buckets.find(bucket.name)
      if (standing) return { created: false, bucket: standing }
      this.#buckets.put(bucket)
      return { created: true, bucket }
    })
  }

  async findBucket(name: string): Promise<Bucket | undefined> {
    return this.#read(() => this.#buckets.find(name))
  }

  async updateBucket(
    name: string,
    change: (bucket: Bucket) => Bucket,
  ): Promise<Bucket | undefined> {
    return await this.#commits.run(() => {
      const standing = this.#buckets.find(name)
      if (!standing) return undefined
      const changed = { ...change(standing), name }
      this.#buckets.remove(standing)
      this.#buckets.put(changed)
      return changed
    })
  }

  async listBuckets(query: {
    readonly owner: string | undefined
    readonly prefix: string
    readonly after: string | undefined
    readonly limit: number
  }): Promise<Page<Bucket>> {
    return this.#read(() => this.#buckets.list(query))
  }

  async deleteBucket(name: string): Promise<'deleted' | 'missing' | 'has-objects' | 'has-uploads'> {
    return await this.#commits.run(() => {
      const bucket = this.#buckets.find(name)
      if (!bucket) return 'missing'
      const held = this.#buckets.holds(name)
      if (held) return held
      this.#buckets.remove(bucket)
      this.#buckets.removeSettings(name)
      this.#usage.remove(name)
      return 'deleted'
    })
  }

  async putBucketSetting(
    bucket: string,
    name: string,
    value: string | undefined,
  ): Promise<boolean> {
    return await this.#commits.run(() => this.#buckets.putSetting(bucket, name, value))
  }

  async findBucketSetting(bucket: string, name: string): Promise<string | undefined> {
    return this.#read(() => this.#buckets.findSetting(bucket, name))
  }

  async usage(bucket: string): Promise<BucketUsage | undefined> {
    return this.#read(() => (this.#buckets.find(bucket) ? this.#usage.of(bucket) : undefined))
  }

  async createUpload(
    upload: Omit<Upload, 'uploadId'>,
    guard?: PublishGuard,
  ): Promise<Upload | undefined> {
    return await this.#commits.run(() => {
      if (!this.#buckets.find(upload.bucket)) return undefined
      guard?.(this.#objects.find(upload.bucket, upload.key))
      return this.#uploads.create(upload)
    })
  }

  async findUpload(ref: UploadRef): Promise<Upload | undefined> {
    return this.#read(() => this.#uploads.find(ref))
  }

  async commitPart(
    ref: UploadRef,
    part: Part,
    guard?: (held: number) => void,
  ): Promise<'committed' | 'no-upload' | 'condemned'> {
    // The transaction runs in a later turn, and the caller's bytes are the caller's.
    const kept = { ...part, md5: new Uint8Array(part.md5) }
    return await this.#naming([kept.blobId], () => {
      const state = this.#uploads.state(ref)
      if (!state) return 'no-upload'
      guard?.(state.parts)
      if (this.#objects.isCondemned(kept.blobId)) return 'condemned'
      const replaced = this.#uploads.findPart(ref.uploadId, kept.partNumber)
      if (replaced?.blobId !== kept.blobId) {
        this.#objects.claim([kept.blobId])
        if (replaced) this.#garbage.addBlobs([replaced.blobId])
      }
      this.#uploads.putPart(ref, state, kept, replaced?.size)
      return 'committed'
    })
  }

  async listParts(
    ref: UploadRef,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<Page<Part> | undefined> {
    return this.#read(() => {
      if (!this.#uploads.find(ref)) return undefined
      const rows = this.#uploads.parts(ref.uploadId, after, limit + 1)
      return { rows: rows.slice(0, limit), truncated: rows.length > limit }
    })
  }

  async listUploads(
    bucket: string,
    query: UploadListingQuery,
  ): Promise<Page<ListingEntry<Upload>>> {
    return this.#read(() =>
      listPage({
        tables: [this.#tables.uploads],
        bucket,
        query,
        afterWithin: query.afterUploadId,
        keyOf: (row) => textsOf(row)[1],
        read: (row) => {
          const [, key, uploadId] = textsOf(row)
          return decodeUpload({ bucket, key, uploadId: uploadId as UploadId }, row.value)
        },
      }),
    )
  }

  async completeUpload(
    ref: UploadRef,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | undefined> {
    for (let tries = 0; ; tries++) {
      const open = this.#read(() => this.#uploads.findWithState(ref))
      if (!open) return undefined
      if (open.state.parts <= INSIDE || tries === TRIES)
        return await this.#completeInside(ref, decide)
      const outcome = await this.#completeFrom(ref, open, decide)
      if (outcome !== 'again') return outcome
    }
  }

  async abortUpload(ref: UploadRef): Promise<boolean> {
    return await this.#commits.run(() => {
      const open = this.#uploads.findWithState(ref)
      if (open) this.#uploads.end(open, { withBlobs: true })
      return open !== undefined
    })
  }

  async putObject(
    object: NewObject,
    guard?: PublishGuard,
  ): Promise<StoredObject | 'no-bucket' | 'condemned'> {
    const { bucket: name, key, manifest } = object
    const kept = { ...object, md5: object.md5 && new Uint8Array(object.md5) }
    const blobs = blobsOf(manifest)
    return await this.#naming(blobs, () => {
      const bucket = this.#buckets.find(name)
      if (!bucket) return 'no-bucket'
      if (this.#anyCondemned(blobs)) return 'condemned'
      guard?.(this.#objects.find(name, key))
      this.#objects.claim(blobs)
      return this.#objects.publish(kept, bucket.versioning)
    })
  }

  async appendObject(
    { bucket: name, key }: { readonly bucket: string; readonly key: string },
    entries: readonly ManifestEntry[],
    decide: (current: StoredObject | undefined) => UnversionedObject,
  ): Promise<StoredObject | 'no-bucket' | 'condemned'> {
    const blobs = blobsOf(entries)
    return await this.#naming(blobs, () => {
      const bucket = this.#buckets.find(name)
      if (!bucket) return 'no-bucket'
      if (this.#anyCondemned(blobs)) return 'condemned'
      const object = { ...decide(this.#objects.find(name, key)), bucket: name, key }
      this.#objects.claim(blobs)
      return this.#objects.append(object, entries, bucket.versioning)
    })
  }

  async updateObject(
    place: {
      readonly bucket: string
      readonly key: string
      readonly versionId?: VersionId | undefined
    },
    change: (object: StoredObject) => UnversionedObject,
  ): Promise<StoredObject | undefined> {
    return await this.#commits.run(() => this.#objects.update(place, change))
  }

  async findObject(bucket: string, key: string): Promise<StoredObject | undefined> {
    return this.#read(() => this.#objects.find(bucket, key))
  }

  async findVersion(
    bucket: string,
    key: string,
    versionId: VersionId | undefined,
  ): Promise<ObjectVersion | undefined> {
    return this.#read(() => this.#objects.findVersion(bucket, key, versionId))
  }

  async openObject(
    bucket: string,
    key: string,
    versionId?: VersionId,
  ): Promise<OpenObject | undefined> {
    await this.#readers.prepare()
    return this.#read(() => {
      const found = this.#objects.locate(bucket, key, versionId)
      if (!found) return undefined
      const { object } = found
      const { release } = this.#readers.begin()
      const read = <Result>(look: () => Result): Result => this.#read(look)
      return {
        object,
        manifest: (offset) => this.#objects.manifest(found, offset, read),
        release,
      }
    })
  }

  async deleteObject(bucket: string, key: string, guard?: PublishGuard): Promise<Deletion> {
    return await this.#commits.run(() => {
      const versioning = this.#buckets.find(bucket)
      if (!versioning) return { kind: 'missing' }
      guard?.(this.#objects.find(bucket, key))
      return this.#objects.remove(bucket, key, versioning.versioning, this.#now())
    })
  }

  async deleteVersion(
    bucket: string,
    key: string,
    versionId: VersionId,
    guard?: (version: ObjectVersion | undefined) => void,
  ): Promise<'missing' | 'object' | 'marker'> {
    return await this.#commits.run(() => {
      guard?.(this.#objects.findVersion(bucket, key, versionId))
      return this.#objects.removeVersion(bucket, key, versionId)
    })
  }

  async listVersions(
    bucket: string,
    query: VersionListingQuery,
  ): Promise<Page<ListingEntry<ObjectVersion>>> {
    const { after, afterVersionId } = query
    return this.#read(() =>
      listPage({
        tables: [this.#tables.objects, this.#tables.versions],
        bucket,
        query,
        afterWithin:
          after === undefined || afterVersionId === undefined
            ? undefined
            : this.#objects.orderOf(bucket, after, afterVersionId),
        keyOf: (row) => textsOf(row)[1],
        read: (row) => this.#objects.read(bucket, textsOf(row)[1], row),
      }),
    )
  }

  async listObjects(
    bucket: string,
    query: ListingQuery,
  ): Promise<Page<ListingEntry<StoredObject>>> {
    return this.#read(() =>
      listPage({
        tables: [this.#tables.objects],
        bucket,
        query,
        keyOf: (row) => textsOf(row)[1],
        read: (row) => decodeObject(bucket, textsOf(row)[1], row.value),
      }),
    )
  }

  async dueGarbage(query: {
    readonly before: Date
    readonly limit: number
  }): Promise<readonly Garbage[]> {
    return this.#read(() => this.#garbage.due(query.before, this.#readers.horizon(), query.limit))
  }

  async settleGarbage(item: Garbage): Promise<void> {
    await this.#commits.run(() => this.#garbage.settle(item))
  }

  async condemnBlobs(blobIds: readonly BlobId[]): Promise<readonly BlobId[]> {
    const { blobs, condemned } = this.#tables
    const unclaimed = this.#read(() => blobIds.filter((blobId) => !blobs.get(blobKey(blobId))))
    if (unclaimed.length > 0) await this.#requireSoundClaims()
    return await this.#inSlices(unclaimed, (blobId) => {
      const key = blobKey(blobId)
      if (blobs.get(key)) return false
      condemned.putSync(key, nothing)
      return true
    })
  }

  /**
   * A claim whose key changed on the disk is not found, and its blob would be taken for nobody's.
   *
   * @throws {RowDamagedError} there is such a row.
   */
  async #requireSoundClaims(): Promise<void> {
    const { blobs } = this.#tables
    for await (const error of this.#damagedRows({ blobs })) throw error
  }

  async listCondemned(limit: number): Promise<readonly BlobId[]> {
    return this.#read(() =>
      keysBetween(this.#tables.condemned, least, greatest, limit).map(blobIdOf),
    )
  }

  async absolveBlobs(blobIds: readonly BlobId[]): Promise<void> {
    await this.#inSlices(blobIds, (blobId) => this.#tables.condemned.removeSync(blobKey(blobId)))
  }

  async survey({ staleBefore }: { readonly staleBefore: Date }): Promise<Survey> {
    return await survey(this.#tables, staleBefore, (look) => this.#read(look))
  }

  async *damagedRows(): AsyncIterable<string> {
    for await (const { message } of this.#damagedRows(this.#tables)) yield message
  }

  #damagedRows(tables: Partial<Tables>): AsyncIterable<RowDamagedError> {
    return damagedRows(tables, (table, start) =>
      this.#read(() => rowsBetween(table, start, greatest, INSIDE)),
    )
  }

  async audit(): Promise<MetadataAudit> {
    await this.#readers.prepare()
    return this.#read(() =>
      audit(this.#environment, this.#tables, {
        release: this.#readers.begin().release,
        change: (action) => this.#commits.run(action),
      }),
    )
  }

  async copyTo(directory: string): Promise<() => void> {
    await this.#readers.prepare()
    const { release } = this.#read(() => this.#readers.begin())
    try {
      await copyEnvironment(this.#environment, directory)
    } catch (error) {
      release()
      throw error
    }
    return release
  }

  async close(): Promise<void> {
    await this.#readers.close()
    const { usable } = await this.#commits.close()
    // After a failed commit lmdb may wait for ever; the process has to end anyway.
    if (usable) await this.#environment.close()
  }

  /**
   * Runs `look` on the newest snapshot. The one at hand may be older than what another process has
   * told a client since.
   */
  #read<Result>(look: () => Result): Result {
    this.#commits.requireUsable()
    this.#environment.resetReadTxn()
    return look()
  }

  /** Reads the parts page by page with turns between, then publishes if none has come meanwhile. */
  async #completeFrom(
    ref: UploadRef,
    { upload, state }: OpenUpload,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | 'again' | undefined> {
    let rule: CompletionRule
    try {
      rule = decide(upload)
      for (let after = 0; ; ) {
        const page = this.#read(() => this.#uploads.parts(ref.uploadId, after, SLICE))
        if (page.length > 0) rule.page(page)
        const last = page.at(-1)
        if (page.length < SLICE || !last) break
        after = last.partNumber
        await nextTurn()
      }
    } catch (error) {
      // Pages of different moments may together be refused for what never was.
      const now = this.#read(() => this.#uploads.state(ref))
      if (now?.epoch !== state.epoch) return 'again'
      throw error
    }
    return await this.#commits.run(() => {
      const open = this.#uploads.findWithState(ref)
      if (!open) return undefined
      return open.state.epoch === state.epoch ? this.#publish(open, rule) : 'again'
    })
  }

  async #completeInside(
    ref: UploadRef,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | undefined> {
    return await this.#commits.run(() => {
      const open = this.#uploads.findWithState(ref)
      if (!open) return undefined
      const rule = decide(open.upload)
      for (let after = 0; ; ) {
        const page = this.#uploads.parts(ref.uploadId, after, SLICE)
        if (page.length > 0) rule.page(page)
        const last = page.at(-1)
        if (page.length < SLICE || !last) return this.#publish(open, rule)
        after = last.partNumber
      }
    })
  }

  /** Within a transaction that has seen all parts through `rule`. */
  #publish(open: OpenUpload, rule: CompletionRule): StoredObject {
    const { bucket, key } = open.upload
    const { object, dropped } = rule.finish(this.#objects.find(bucket, key))
    this.#uploads.end(open, { withBlobs: false })
    const stored = this.#objects.publish(object, this.#buckets.find(bucket)?.versioning)
    this.#garbage.addBlobs(dropped)
    return stored
  }

  /** Runs `action`, which claims `blobs` or refuses to; those that were small are in their rows then, or nowhere. */
  async #naming<Result>(blobs: Iterable<BlobId>, action: () => Result): Promise<Result> {
    try {
      return await this.#commits.run(action)
    } finally {
      for (const blob of blobs) this.smallBlobs.drop(blob)
    }
  }

  #anyCondemned(blobs: Iterable<BlobId>): boolean {
    for (const blob of blobs) if (this.#objects.isCondemned(blob)) return true
    return false
  }

  /** The blobs for which `change` is true, a bounded number of them in each transaction. */
  async #inSlices(
    blobIds: readonly BlobId[],
    change: (blobId: BlobId) => boolean,
  ): Promise<BlobId[]> {
    const changed: BlobId[] = []
    for (let at = 0; at < blobIds.length; at += SLICE) {
      const slice = blobIds.slice(at, at + SLICE)
      changed.push(...(await this.#commits.run(() => slice.filter(change))))
    }
    return changed
  }
}

function blobsOf(entries: readonly ManifestEntry[]): Set<BlobId> {
  return new Set(entries.map(({ blobId }) => blobId))
}

/** The bucket, the key and, in the table of uploads, the upload id. */
function textsOf({ key }: Row): [string, string, string] {
  const [bucket = '', object = '', uploadId = ''] = Buffer.from(key).toString().split('\0')
  return [bucket, object, uploadId]
}
