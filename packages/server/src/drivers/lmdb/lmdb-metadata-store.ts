/** Metadata in one LMDB environment, which several processes may share. */

import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import type {
  Bucket,
  CompletionRule,
  Garbage,
  ListingEntry,
  ListingQuery,
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
import { Buckets } from './buckets.ts'
import { Commits } from './commits.ts'
import { freeBytes, type OpenEnvironment, openEnvironment } from './environment.ts'
import { GarbageQueue, SLICE } from './garbage-queue.ts'
import { blobIdOf, blobKey } from './keys.ts'
import { listPage } from './listing.ts'
import { Objects } from './objects.ts'
import { Readers } from './readers.ts'
import { decodeObject, decodeUpload } from './records.ts'
import { survey } from './survey.ts'
import { type Environment, keysBetween, nothing, type Row, type Tables } from './tables.ts'
import { type OpenUpload, Uploads } from './uploads.ts'

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
  /** Milliseconds that a commit may take before the store counts as failed. Default 30,000. */
  readonly commitTimeoutMs?: number
}

/**
 * Each change is one transaction, and resolves once it is synced. Reads look at the newest snapshot,
 * and never hold it across a wait: a snapshot that is held keeps the space of all that changed since.
 *
 * A failed commit also leaves a rejection that nobody can catch: see `isStrayLmdbRejection`.
 */
export class LmdbMetadataStore implements MetadataStore {
  readonly failed: Promise<Error>

  readonly #environment: Environment
  readonly #tables: Tables
  readonly #now: () => Date
  readonly #commits: Commits
  readonly #garbage: GarbageQueue
  readonly #buckets: Buckets
  readonly #objects: Objects
  readonly #uploads: Uploads
  readonly #readers: Readers

  private constructor(
    { environment, tables }: OpenEnvironment,
    { directory, now = () => new Date(), commitTimeoutMs = 30_000 }: LmdbMetadataStoreOptions,
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
    this.#buckets = new Buckets(tables)
    this.#objects = new Objects(tables, this.#garbage)
    this.#uploads = new Uploads(tables, this.#garbage)
    this.#readers = new Readers({
      tables,
      commits: this.#commits,
      now,
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
    readonly owner: string
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
      return 'deleted'
    })
  }

  async createUpload(
    upload: Omit<Upload, 'uploadId'>,
    guard?: PublishGuard,
  ): Promise<Upload | undefined> {
    return await this.#commits.run(() => {
      if (!this.#buckets.find(upload.bucket)) return undefined
      guard?.(this.#objects.find(upload.bucket, upload.key))
      return this.#uploads.create(upload, this.#now())
    })
  }

  async findUpload(ref: UploadRef): Promise<Upload | undefined> {
    return this.#read(() => this.#uploads.find(ref))
  }

  async commitPart(ref: UploadRef, part: Part): Promise<'committed' | 'no-upload' | 'condemned'> {
    // The transaction runs in a later turn, and the caller's bytes are the caller's.
    const kept = { ...part, md5: new Uint8Array(part.md5) }
    return await this.#commits.run(() => {
      const state = this.#uploads.state(ref)
      if (!state) return 'no-upload'
      if (this.#objects.isCondemned(kept.blobId)) return 'condemned'
      const replaced = this.#uploads.findBlob(ref.uploadId, kept.partNumber)
      if (replaced !== kept.blobId) {
        this.#objects.claim([kept.blobId])
        if (replaced) this.#garbage.addBlobs([replaced])
      }
      this.#uploads.putPart(ref.uploadId, state, kept, replaced === undefined)
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
        table: this.#tables.uploads,
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
  ): Promise<'published' | 'no-bucket' | 'condemned'> {
    const blobs = new Set(object.manifest.map(({ blobId }) => blobId))
    const kept = { ...object, md5: object.md5 && new Uint8Array(object.md5) }
    return await this.#commits.run(() => {
      if (!this.#buckets.find(object.bucket)) return 'no-bucket'
      for (const blob of blobs) if (this.#objects.isCondemned(blob)) return 'condemned'
      guard?.(this.#objects.find(object.bucket, object.key))
      this.#objects.claim(blobs)
      this.#objects.publish(kept)
      return 'published'
    })
  }

  async findObject(bucket: string, key: string): Promise<StoredObject | undefined> {
    return this.#read(() => this.#objects.find(bucket, key))
  }

  async openObject(bucket: string, key: string): Promise<OpenObject | undefined> {
    await this.#readers.prepare()
    return this.#read(() => {
      const found = this.#objects.locate(bucket, key)
      if (!found) return undefined
      const { object, whereabouts } = found
      const { release } = this.#readers.begin()
      const read = <Result>(look: () => Result): Result => this.#read(look)
      return {
        object,
        manifest: (offset) => this.#objects.manifest(whereabouts, offset, read),
        release,
      }
    })
  }

  async deleteObject(bucket: string, key: string): Promise<boolean> {
    return await this.#commits.run(() => this.#objects.remove(bucket, key))
  }

  async listObjects(
    bucket: string,
    query: ListingQuery,
  ): Promise<Page<ListingEntry<StoredObject>>> {
    return this.#read(() =>
      listPage({
        table: this.#tables.objects,
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
    return await this.#inSlices(blobIds, (blobId) => {
      const key = blobKey(blobId)
      if (blobs.get(key)) return false
      condemned.putSync(key, nothing)
      return true
    })
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
    this.#objects.publish(object)
    this.#garbage.addBlobs(dropped)
    const { manifest: _, ...stored } = object
    return stored
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

/** The bucket, the key and, in the table of uploads, the upload id. */
function textsOf({ key }: Row): [string, string, string] {
  const [bucket = '', object = '', uploadId = ''] = Buffer.from(key).toString().split('\0')
  return [bucket, object, uploadId]
}
