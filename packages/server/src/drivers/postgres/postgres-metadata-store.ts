/** Metadata in a PostgreSQL database, which any number of gateways may share. */

import type { BlobId } from '../../ports/blob-store.ts'
import { EngineUnavailableError } from '../../ports/blob-store.ts'
import type { MetadataAudit } from '../../ports/maintenance.ts'
import type {
  Bucket,
  BucketUsage,
  CompletionRule,
  Deletion,
  Garbage,
  ListingEntry,
  ListingQuery,
  ManifestEntry,
  MetadataStore,
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
import { Audit, beginSnapshot } from './audit.ts'
import { type BucketQuery, Buckets } from './buckets.ts'
import { Connections } from './connections.ts'
import { DatabaseClock } from './database-clock.ts'
import { DatabaseLeases } from './database-leases.ts'
import { GarbageQueue, SLICE } from './garbage.ts'
import { requireWhole } from './import-state.ts'
import { firstKey, listPage } from './listing.ts'
import { readManifest } from './manifests.ts'
import { migrate } from './migrate.ts'
import {
  append,
  blobTaken,
  claimBlobs,
  FIRST,
  findObjectRow,
  findVersionRow,
  holdKey,
  isObject,
  placeOfVersion,
  publish,
  readingOver,
  remove,
  removeVersion,
  shownVersion,
  update,
} from './objects.ts'
import { Readers, TO_SPARE } from './readers.ts'
import { blobColumn, blobIdOf, bytesOf, decodeObject } from './rows.ts'
import { TimeOrder } from './time-order.ts'
import { Transactions } from './transactions.ts'
import { Uploads } from './uploads.ts'

export interface PostgresMetadataStoreOptions {
  /** `postgres://user:password@host:port/database`; the tables are made in its first schema. */
  readonly url: string
  /**
   * What dates upload ids, delete markers and garbage. Default: the clock of the database, which is
   * the same for all gateways; another one is for tests.
   */
  readonly now?: (() => Date) | undefined
  /** Connections at most. Default 20. */
  readonly connections?: number | undefined
  /** Milliseconds to wait for one of them before a request is refused. Default 5,000. */
  readonly waitMs?: number | undefined
  /** Milliseconds that a statement may take. Default 15,000. */
  readonly statementMs?: number | undefined
  /** Whether to open it although another store has not wholly come in yet. Default false. */
  readonly unfinished?: boolean | undefined
}

/** Microseconds after which nobody asks any more what became of a transaction. */
const FORGOTTEN = 3_600_000_000

/** Milliseconds between looks for what can be forgotten. */
const FORGET_EVERY = 600_000

/**
 * Each change is one transaction, which runs again when it meets another one. What the outcome of a
 * commit was is asked for when its answer is lost.
 *
 * While the database cannot be reached each method throws `EngineUnavailableError`, and goes on once it
 * can: this store never fails for good.
 */
export class PostgresMetadataStore implements MetadataStore {
  readonly failed: Promise<Error> = new Promise(() => {})
  /** The time by which garbage and uploads are dated, for whoever reckons their age. */
  readonly now: () => Date

  readonly #connections: Connections
  readonly #transactions: Transactions
  readonly #buckets: Buckets
  readonly #uploads: Uploads
  readonly #readers: Readers
  readonly #garbage: GarbageQueue
  readonly leases: DatabaseLeases
  #forgotAt = 0

  private constructor(connections: Connections, clock: DatabaseClock, now?: () => Date) {
    this.#connections = connections
    this.now = now ?? clock.now
    const order = new TimeOrder(connections, now)
    this.#transactions = new Transactions(connections, order, now)
    this.#buckets = new Buckets(connections, this.#transactions)
    this.#uploads = new Uploads(connections, this.#transactions)
    this.#readers = new Readers(connections)
    this.#garbage = new GarbageQueue(connections, this.#transactions, this.#readers.process)
    this.leases = new DatabaseLeases(connections, this.#readers.process)
  }

  /**
   * Opens the store, and makes its tables or brings them up to date.
   *
   * @throws {EngineUnavailableError} the database cannot be reached.
   * @throws {Error} its tables are of a version that is not known here, or hold a part of a store that
   *   is being moved into them.
   */
  static async open({
    url,
    now,
    connections: size = 20,
    waitMs = 5_000,
    statementMs = 15_000,
    unfinished = false,
  }: PostgresMetadataStoreOptions): Promise<PostgresMetadataStore> {
    const connections = new Connections({ url, size, waitMs, statementMs })
    try {
      await migrate(connections)
      if (!unfinished) await requireWhole(connections)
      const clock = new DatabaseClock(connections)
      await clock.ask()
      return new PostgresMetadataStore(connections, clock, now)
    } catch (error) {
      await connections.close()
      throw error
    }
  }

  /**
   * Resolves when the database answers.
   *
   * @throws {EngineUnavailableError}
   */
  async probe(): Promise<void> {
    await this.#connections.ask('tellTime')
  }

  async createBucket(bucket: Bucket): Promise<{ created: boolean; bucket: Bucket }> {
    return await this.#buckets.create(bucket)
  }

  async findBucket(name: string): Promise<Bucket | undefined> {
    return await this.#buckets.find(name)
  }

  async updateBucket(
    name: string,
    change: (bucket: Bucket) => Bucket,
  ): Promise<Bucket | undefined> {
    return await this.#buckets.update(name, change)
  }

  async listBuckets(query: BucketQuery): Promise<Page<Bucket>> {
    return await this.#buckets.list(query)
  }

  async deleteBucket(name: string): Promise<'deleted' | 'missing' | 'has-objects' | 'has-uploads'> {
    return await this.#buckets.remove(name)
  }

  async putBucketSetting(
    bucket: string,
    name: string,
    value: string | undefined,
  ): Promise<boolean> {
    return await this.#buckets.putSetting(bucket, name, value)
  }

  async findBucketSetting(bucket: string, name: string): Promise<string | undefined> {
    return await this.#buckets.findSetting(bucket, name)
  }

  async usage(bucket: string): Promise<BucketUsage | undefined> {
    return await this.#buckets.usageOf(bucket)
  }

  async createUpload(
    upload: Omit<Upload, 'uploadId'>,
    guard?: PublishGuard,
  ): Promise<Upload | undefined> {
    return await this.#uploads.create(upload, guard)
  }

  async findUpload(ref: UploadRef): Promise<Upload | undefined> {
    return await this.#uploads.find(ref)
  }

  async commitPart(
    ref: UploadRef,
    part: Part,
    guard?: (held: number) => void,
  ): Promise<'committed' | 'no-upload' | 'condemned'> {
    return await this.#uploads.commitPart(ref, part, guard)
  }

  async listParts(
    ref: UploadRef,
    query: { readonly after: number; readonly limit: number },
  ): Promise<Page<Part> | undefined> {
    return await this.#uploads.list(ref, query)
  }

  async listUploads(
    bucket: string,
    query: UploadListingQuery,
  ): Promise<Page<ListingEntry<Upload>>> {
    return await this.#uploads.listUploads(bucket, query)
  }

  async completeUpload(
    ref: UploadRef,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | undefined> {
    return await this.#uploads.complete(ref, decide)
  }

  async abortUpload(ref: UploadRef): Promise<boolean> {
    return await this.#uploads.abort(ref)
  }

  async putObject(
    object: NewObject,
    guard?: PublishGuard,
  ): Promise<StoredObject | 'no-bucket' | 'condemned'> {
    const { bucket: name, key, manifest } = object
    const kept = { ...object, md5: object.md5 && new Uint8Array(object.md5) }
    return await this.#transactions.run(async (transaction) => {
      const bucket = await holdKey(transaction, name, key)
      if (!bucket) return 'no-bucket'
      const claim = await claimBlobs(transaction, blobsOf(manifest))
      if (claim === 'condemned') {
        transaction.abandon()
        return 'condemned'
      }
      const row = guard && (await findObjectRow(transaction.read, name, key))
      guard?.(row && decodeObject(name, key, row))
      if (claim !== 'claimed') throw blobTaken(claim.taken)
      return await publish(transaction, kept, bucket.versioning)
    })
  }

  async appendObject(
    { bucket: name, key }: { readonly bucket: string; readonly key: string },
    entries: readonly ManifestEntry[],
    decide: (current: StoredObject | undefined) => UnversionedObject,
  ): Promise<StoredObject | 'no-bucket' | 'condemned'> {
    return await this.#transactions.run(async (transaction) => {
      const bucket = await holdKey(transaction, name, key)
      if (!bucket) return 'no-bucket'
      const claim = await claimBlobs(transaction, blobsOf(entries))
      if (claim === 'condemned') {
        transaction.abandon()
        return 'condemned'
      }
      const row = await findObjectRow(transaction.read, name, key)
      const object = { ...decide(row && decodeObject(name, key, row)), bucket: name, key }
      if (claim !== 'claimed') throw blobTaken(claim.taken)
      return await append(transaction, object, entries, bucket.versioning)
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
    return await this.#transactions.run(async (transaction) => {
      const bucket = await holdKey(transaction, place.bucket, place.key)
      return bucket && (await update(transaction, place, change))
    })
  }

  async findObject(bucket: string, key: string): Promise<StoredObject | undefined> {
    const row = await findObjectRow(this.#read, bucket, key)
    return row && decodeObject(bucket, key, row)
  }

  async findVersion(
    bucket: string,
    key: string,
    versionId: VersionId | undefined,
  ): Promise<ObjectVersion | undefined> {
    const row = await findVersionRow(this.#read, bucket, key, versionId)
    return row && shownVersion(bucket, key, row)
  }

  async openObject(
    bucket: string,
    key: string,
    versionId?: VersionId,
  ): Promise<OpenObject | undefined> {
    await this.#readers.prepare()
    const row = await findVersionRow(this.#read, bucket, key, versionId)
    if (!isObject(row)) return undefined
    const object = decodeObject(bucket, key, row)
    const release = this.#readers.begin({ began: row.asked, manifest: row.manifest })
    return {
      object,
      manifest: (offset) => readManifest(this.#connections, row, { offset, size: object.size }),
      release,
    }
  }

  async deleteObject(bucket: string, key: string, guard?: PublishGuard): Promise<Deletion> {
    return await this.#transactions.run(async (transaction) => {
      const found = await holdKey(transaction, bucket, key)
      if (!found) return { kind: 'missing' }
      const row = guard && (await findObjectRow(transaction.read, bucket, key))
      guard?.(row && decodeObject(bucket, key, row))
      return await remove(transaction, { bucket, key }, found.versioning, this.now)
    })
  }

  async deleteVersion(
    bucket: string,
    key: string,
    versionId: VersionId,
    guard?: (version: ObjectVersion | undefined) => void,
  ): Promise<'missing' | 'object' | 'marker'> {
    return await this.#transactions.run(async (transaction) => {
      await holdKey(transaction, bucket, key)
      const row = await findVersionRow(transaction.read, bucket, key, versionId)
      guard?.(row && shownVersion(bucket, key, row))
      return await removeVersion(transaction, bucket, key, row)
    })
  }

  async listVersions(
    bucket: string,
    query: VersionListingQuery,
  ): Promise<Page<ListingEntry<ObjectVersion>>> {
    const { after, afterVersionId } = query
    return await listPage<ListedVersion, ObjectVersion>({
      query,
      afterWithin:
        after === undefined || afterVersionId === undefined
          ? undefined
          : await placeOfVersion(this.#read, bucket, after, afterVersionId),
      rows: (start, end, limit) =>
        this.#read<ListedVersion>('listVersions', [
          bytesOf(bucket),
          start.key,
          start.place,
          end,
          limit,
          firstKey(start),
        ]),
      placeOf: ({ place }) => (place.length > 0 ? place : FIRST),
      read: (row, key) => shownVersion(bucket, key, row),
    })
  }

  async listObjects(
    bucket: string,
    query: ListingQuery,
  ): Promise<Page<ListingEntry<StoredObject>>> {
    return await listPage<ListedObject, StoredObject>({
      query,
      rows: (start, end, limit) =>
        this.#read<ListedObject>('listObjects', [bytesOf(bucket), firstKey(start), end, limit]),
      placeOf: () => FIRST,
      read: (row, key) => decodeObject(bucket, key, row),
    })
  }

  async dueGarbage(query: {
    readonly before: Date
    readonly limit: number
  }): Promise<readonly Garbage[]> {
    await this.#forget()
    return await this.#garbage.due(query.before, this.#readers.needed(), query.limit)
  }

  async settleGarbage(item: Garbage): Promise<void> {
    await this.#garbage.settle(item)
  }

  async condemnBlobs(blobIds: readonly BlobId[]): Promise<readonly BlobId[]> {
    const condemned: BlobId[] = []
    for (const slice of slicesOf(blobIds)) {
      const column = blobColumn(slice)
      await this.#connections.ask('condemnBlobs', [column])
      const rows = await this.#read<{ blob_id: Buffer; condemned: boolean }>('findBlobs', [column])
      // In the order they were asked for: that of the rows is the planner's.
      const ours = new Set(rows.flatMap((row) => (row.condemned ? blobIdOf(row.blob_id) : [])))
      condemned.push(...slice.filter((blob) => ours.has(blob)))
    }
    return condemned
  }

  async listCondemned(limit: number): Promise<readonly BlobId[]> {
    const rows = await this.#read<{ blob_id: Buffer }>('listCondemned', [limit])
    return rows.map(({ blob_id }) => blobIdOf(blob_id))
  }

  async absolveBlobs(blobIds: readonly BlobId[]): Promise<void> {
    for (const slice of slicesOf(blobIds)) {
      await this.#connections.ask('absolveBlobs', [blobColumn(slice)])
    }
  }

  async survey({ staleBefore }: { readonly staleBefore: Date }): Promise<Survey> {
    // An upload id begins with the time at which it was issued.
    const least = Buffer.alloc(16)
    least.writeBigUInt64BE(BigInt(Math.max(0, staleBefore.getTime())))
    const [row] = await this.#read<SurveyRow>('survey', [least])
    if (!row) throw new EngineUnavailableError('The database has answered a survey with nothing.')
    return {
      openUploads: row.open_uploads,
      openUploadBytes: row.open_upload_bytes,
      staleUploads: row.stale_uploads,
      staleUploadBytes: row.stale_upload_bytes,
      garbageItems: row.garbage_items,
    }
  }

  /** Everything as it is now. Whether pages of tables are sound the database must be asked. */
  async audit(): Promise<MetadataAudit> {
    await this.#readers.prepare()
    const { connection, began } = await beginSnapshot(this.#connections)
    // What was being committed at that moment is dated before it, and not in the snapshot.
    const release = this.#readers.begin({ began: began - TO_SPARE, manifest: undefined })
    return new Audit(this.#connections, connection, release)
  }

  async close(): Promise<void> {
    await Promise.all([this.#readers.close(), this.leases.close()])
    await this.#connections.close()
  }

  get #read(): ReturnType<typeof readingOver> {
    return readingOver(this.#connections)
  }

  /** Outcomes are kept for whoever lost an answer, which is soon after or never. */
  async #forget(): Promise<void> {
    const now = performance.now()
    if (now - this.#forgotAt < FORGET_EVERY) return
    this.#forgotAt = now
    await this.#connections.ask('forgetOutcomes', [FORGOTTEN])
  }
}

interface ListedObject {
  readonly key: Buffer
  readonly version: Buffer | null
  readonly said: Buffer
}

interface ListedVersion extends ListedObject {
  readonly place: Buffer
  readonly manifest: Buffer | null
  readonly latest: boolean
}

interface SurveyRow {
  readonly open_uploads: number
  readonly open_upload_bytes: number
  readonly stale_uploads: number
  readonly stale_upload_bytes: number
  readonly garbage_items: number
}

function blobsOf(entries: readonly ManifestEntry[]): Set<BlobId> {
  return new Set(entries.map(({ blobId }) => blobId))
}

function* slicesOf(blobIds: readonly BlobId[]): Iterable<readonly BlobId[]> {
  for (let at = 0; at < blobIds.length; at += SLICE) yield blobIds.slice(at, at + SLICE)
}
