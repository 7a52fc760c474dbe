/**
 * What must hold between the rows and the bytes of a store, looked at both ways: every name has its
 * blob, every blob has its name or a reason to go, and every count is what it counts. The invariants:
 *
 * 1. What was acknowledged is there, or was ended by somebody who was told so (with a ledger).
 * 2. Each blob that is named exists in exactly the size of its name, and in its bytes (`deep`).
 * 3. No object is a manifest that is not whole.
 * 4. An upload is open or ended, never both.
 * 5. Each blob is named, or waits to be deleted, or is an orphan that the collector can take.
 * 6. Pieces make up the size; ETag and CRC-64 follow from them (`deep`). Counts are what they count.
 * 7. The pages of a listing, put together, are what the bucket holds.
 *
 * `lading fsck` asks this of a directory, and the tests of power loss of every state that a cut may leave.
 */

import type { MakeHasher } from '@lading/protocol'
import { BlobDamagedError, type BlobId, type BlobStore } from '../ports/blob-store.ts'
import type { AuditedBucket, AuditedUpload, MetadataAudit, Repair } from '../ports/maintenance.ts'
import type { BucketUsage, ManifestEntry, StoredObject } from '../ports/metadata-store.ts'
import {
  type Acknowledged,
  type AcknowledgedRows,
  checkAcknowledged,
} from './check-acknowledged.ts'
import { checkListings, type ListedRows } from './check-listings.ts'
import { type KeptSums, type PlainBlobs, verifyBytes } from './verify-bytes.ts'

export type ProblemKind =
  /** A name without its blob, or whose blob is shorter or longer than the name says. */
  | 'missing-blob'
  | 'blob-size'
  /** Bytes that are not those that were stored. Found only by `deep`. */
  | 'damaged'
  /** Two names for one blob, or a name for one that waits to be deleted. */
  | 'shared-blob'
  | 'doomed-blob'
  /** A named blob that is not noted as named, and a noted one that nothing names. */
  | 'unclaimed-blob'
  | 'idle-claim'
  /** An object whose pieces do not make up its size, or whose bucket is gone. */
  | 'object-size'
  | 'no-bucket'
  /** A count that is not what it counts. */
  | 'wrong-count'
  /** A row that is not what was committed. What it said is taken for not being there. */
  | 'damaged-row'
  /** Rows that contradict one another or cannot be read. */
  | 'contradiction'
  /** A bucket whose pages are not what it holds. */
  | 'listing'
  /** What callers were told of and is gone, and what is there and nobody asked for. */
  | 'lost'
  | 'unasked'

export interface Problem {
  readonly kind: ProblemKind
  /** What it is about, in words. */
  readonly what: string
  /** Whether it can be put right without losing anything. */
  readonly repairable: boolean
}

export interface CheckReport {
  readonly buckets: number
  /** All versions. */
  readonly objects: number
  readonly objectBytes: number
  readonly uploads: number
  readonly parts: number
  readonly partBytes: number
  /** Blobs that are named, and others that exist. */
  readonly blobs: number
  /** Blobs that wait to be deleted. */
  readonly garbageBlobs: number
  readonly condemnedBlobs: number
  /** Blobs that nothing names, such as those of an upload that broke off; the collector takes them. */
  readonly orphanBlobs: number
  /** Bytes that were read and compared. */
  readonly verifiedBytes: number
  readonly problems: readonly Problem[]
  /** How many of them were put right. */
  readonly repaired: number
}

export interface CheckDependencies {
  readonly audit: MetadataAudit
  readonly metadata: ListedRows & AcknowledgedRows
  readonly blobs: Pick<BlobStore, 'find' | 'list'>
  readonly plain: PlainBlobs
  readonly makeHasher: MakeHasher
  readonly now: () => Date
}

export interface CheckOptions {
  /** Reads every byte and compares its sums. Default false. */
  readonly deep?: boolean | undefined
  /** Puts right what can be without losing anything. Default false. */
  readonly repair?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What only tests know, or want otherwise. */
export interface TestedCheckOptions extends CheckOptions {
  /** What callers were told, of a store at rest. Without it nothing is said of that. */
  readonly acknowledged?: Acknowledged | undefined
  /** Rows in a page of a listing. Default 1,000. */
  readonly pageSize?: number | undefined
}

/** Looks at one moment of the store; it may be in use meanwhile, unless it is held against `acknowledged`. */
export async function checkStore(
  dependencies: CheckDependencies,
  options: TestedCheckOptions = {},
): Promise<CheckReport> {
  const check = new Check(dependencies, options)
  return await check.run()
}

interface Count {
  classes: Record<string, { objects: number; bytes: number }>
  deleteMarkers: number
  uploads: number
  parts: number
  partBytes: number
}

/** A name of a blob: where its bytes begin and end there, and how sure its size is. */
interface Name {
  readonly what: string
  /** Bytes that the blob must have at least; exactly these when it is all of the blob. */
  readonly end: number
  readonly whole: boolean
}

class Check {
  readonly #dependencies: CheckDependencies
  readonly #options: TestedCheckOptions
  #problems: Problem[] = []
  #repairs: Repair[] = []
  /** Every blob that something names, to see which claims and files are left. */
  readonly #named = new Set<BlobId>()
  readonly #counts = new Map<string, Count>()
  #objects = 0
  #objectBytes = 0
  #uploads = 0
  #parts = 0
  #partBytes = 0
  #verifiedBytes = 0

  constructor(dependencies: CheckDependencies, options: TestedCheckOptions) {
    this.#dependencies = dependencies
    this.#options = options
  }

  async run(): Promise<CheckReport> {
    const { audit } = this.#dependencies
    // What is written from now on is nobody's to judge yet.
    const before = this.#dependencies.now()
    const buckets: AuditedBucket[] = []
    for await (const bucket of audit.buckets()) {
      buckets.push(bucket)
      this.#counts.set(bucket.name, emptyCount())
    }
    for await (const { object, entries } of audit.objects()) await this.#object(object, entries)
    for await (const { bucket } of audit.deleteMarkers()) {
      const count = this.#counts.get(bucket)
      if (count) count.deleteMarkers += 1
      else this.#problem('no-bucket', `a delete marker is in ${bucket}, which does not exist`)
    }
    for await (const upload of audit.uploads()) await this.#upload(upload)
    const garbage = await this.#doomed(audit.garbage(), 'waits to be collected')
    const condemned = await this.#doomed(audit.condemned(), 'is condemned')
    await this.#claims(garbage)
    const { blobs, orphans } = await this.#files(before, garbage, condemned)
    for (const bucket of buckets) this.#compareCounts(bucket)
    for await (const what of audit.damagedRows()) this.#problem('damaged-row', what)
    for await (const what of audit.contradictions()) this.#problem('contradiction', what)
    // What rows that cannot be read leave out of a listing has been told of.
    if (!this.#hasUnreadableRows()) await this.#listings(buckets)
    await this.#acknowledged()
    this.#withholdRepairs()
    return {
      buckets: buckets.length,
      objects: this.#objects,
      objectBytes: this.#objectBytes,
      uploads: this.#uploads,
      parts: this.#parts,
      partBytes: this.#partBytes,
      blobs,
      garbageBlobs: garbage.size,
      condemnedBlobs: condemned.size,
      orphanBlobs: orphans,
      verifiedBytes: this.#verifiedBytes,
      problems: this.#problems,
      repaired: this.#options.repair ? await this.#repair() : 0,
    }
  }

  async #object(object: StoredObject, entries: readonly ManifestEntry[]): Promise<void> {
    const { bucket, key, versionId, size, attributes } = object
    const what = `object ${bucket}/${key}${versionId === 'null' ? '' : ` (version ${versionId})`}`
    this.#objects += 1
    this.#objectBytes += size
    const count = this.#counts.get(bucket)
    if (count) {
      const held = count.classes[attributes.storageClass] ?? { objects: 0, bytes: 0 }
      const bytes = held.bytes + size
      count.classes[attributes.storageClass] = { objects: held.objects + 1, bytes }
    } else this.#problem('no-bucket', `${what} is in a bucket that does not exist`)
    // A symbolic link has no bytes of its own, whatever its size is said to be.
    if (object.type === 'Symlink') return
    const sum = entries.reduce((total, { length }) => total + length, 0)
    if (sum !== size) {
      this.#problem('object-size', `${what} has ${size} bytes, and its pieces ${sum}`)
    }
    let sound = sum === size
    const names = new Map<BlobId, Name>()
    for (const { blobId, blobOffset, length } of entries) {
      const end = Math.max(names.get(blobId)?.end ?? 0, blobOffset + length)
      names.set(blobId, { what, end, whole: blobOffset === 0 && !names.has(blobId) })
    }
    for (const [blobId, name] of names) sound = (await this.#name(blobId, name)) && sound
    const { crc64, md5 } = object
    // The ETags of other types are no business of their parts.
    const etag = object.type === 'Multipart' ? object.etag : undefined
    const { encryption } = object.attributes
    if (sound) await this.#verify(what, entries, { size, crc64, md5, etag, encryption })
  }

  async #upload({ upload, counted, parts }: AuditedUpload): Promise<void> {
    const { bucket, key, uploadId, attributes } = upload
    const { encryption } = attributes
    const what = `upload ${uploadId} of ${bucket}/${key}`
    const bytes = parts.reduce((sum, { size }) => sum + size, 0)
    this.#uploads += 1
    this.#parts += parts.length
    this.#partBytes += bytes
    const count = this.#counts.get(bucket)
    if (count) {
      count.uploads += 1
      count.parts += parts.length
      count.partBytes += bytes
    } else this.#problem('no-bucket', `${what} is in a bucket that does not exist`)
    if (counted.parts !== parts.length || counted.bytes !== bytes) {
      this.#problem(
        'wrong-count',
        `${what} counts ${counted.parts} parts of ${counted.bytes} bytes, and has ${parts.length} of ${bytes}`,
      )
    }
    for (const part of parts) {
      const name = `part ${part.partNumber} of ${what}`
      const sound = await this.#name(part.blobId, { what: name, end: part.size, whole: true })
      const entry = { blobId: part.blobId, blobOffset: 0, length: part.size }
      if (sound) await this.#verify(name, part.size > 0 ? [entry] : [], { ...part, encryption })
    }
  }

  /** Whether the blob is there in the size that it is named with. */
  async #name(blobId: BlobId, { what, end, whole }: Name): Promise<boolean> {
    this.#options.signal?.throwIfAborted()
    if (this.#named.has(blobId)) {
      this.#problem('shared-blob', `${what} and something else name the blob ${blobId}`)
    }
    this.#named.add(blobId)
    const blob = await this.#dependencies.blobs.find(blobId).catch(damageAlone)
    if (blob instanceof BlobDamagedError) {
      this.#problem('damaged', `${what}: ${blob.message}`)
      return false
    }
    if (!blob) {
      this.#problem('missing-blob', `${what} names the blob ${blobId}, which does not exist`)
      return false
    }
    if (whole ? blob.size === end : blob.size >= end) return true
    this.#problem(
      'blob-size',
      `${what} names ${end} bytes of the blob ${blobId}, which has ${blob.size}`,
    )
    return false
  }

  async #verify(what: string, entries: readonly ManifestEntry[], kept: KeptSums): Promise<void> {
    if (!this.#options.deep) return
    const { plain, makeHasher } = this.#dependencies
    const onBytes = (bytes: number): void => {
      this.#options.signal?.throwIfAborted()
      this.#verifiedBytes += bytes
    }
    const damage = await verifyBytes({ plain, makeHasher, onBytes }, entries, kept)
    if (damage?.kind === 'missing') this.#problem('missing-blob', `${what}: ${damage.why}`)
    else if (damage) this.#problem('damaged', `${what}: ${damage.why}`)
  }

  /** Blobs that are to be deleted, none of which may be named. */
  async #doomed(blobs: AsyncIterable<BlobId>, why: string): Promise<Set<BlobId>> {
    const doomed = new Set<BlobId>()
    for await (const blobId of blobs) {
      doomed.add(blobId)
      if (this.#named.has(blobId)) {
        this.#problem('doomed-blob', `the blob ${blobId} is named, and ${why}`)
      }
    }
    return doomed
  }

  async #claims(garbage: ReadonlySet<BlobId>): Promise<void> {
    const unclaimed = new Set(this.#named)
    for await (const blobId of this.#dependencies.audit.claimed()) {
      unclaimed.delete(blobId)
      if (this.#named.has(blobId) || garbage.has(blobId)) continue
      this.#problem(
        'idle-claim',
        `the blob ${blobId} is noted as named, and nothing names it: its space would never be freed`,
        { kind: 'unclaim', blobId },
      )
    }
    for (const blobId of unclaimed) {
      this.#problem(
        'unclaimed-blob',
        `the blob ${blobId} is named, and not noted as that: it would be collected`,
        { kind: 'claim', blobId },
      )
    }
  }

  async #files(
    before: Date,
    garbage: ReadonlySet<BlobId>,
    condemned: ReadonlySet<BlobId>,
  ): Promise<{ readonly blobs: number; readonly orphans: number }> {
    // Those that are named and small are not listed.
    let blobs = this.#named.size
    let orphans = 0
    for await (const { id } of this.#dependencies.blobs.list({ before })) {
      this.#options.signal?.throwIfAborted()
      if (this.#named.has(id)) continue
      blobs += 1
      if (!garbage.has(id) && !condemned.has(id)) orphans += 1
    }
    return { blobs, orphans }
  }

  #compareCounts({ name, usage }: AuditedBucket): void {
    const count = this.#counts.get(name)
    if (!count || sameUsage(usage, count)) return
    this.#problem(
      'wrong-count',
      `bucket ${name} counts ${JSON.stringify(usage)}, and holds ${JSON.stringify(count)}`,
      { kind: 'recount', bucket: name },
    )
  }

  #hasUnreadableRows(): boolean {
    return this.#problems.some(({ kind }) => kind === 'damaged-row' || kind === 'contradiction')
  }

  async #listings(buckets: readonly AuditedBucket[]): Promise<void> {
    const { pageSize = 1_000, signal } = this.#options
    for (const { name, usage } of buckets) {
      signal?.throwIfAborted()
      const bucket = { name, usage, held: this.#counts.get(name) ?? emptyCount() }
      const difference = await checkListings(this.#dependencies.metadata, bucket, pageSize)
      if (difference !== undefined) this.#problem('listing', `bucket ${name} ${difference}`)
    }
  }

  async #acknowledged(): Promise<void> {
    const { acknowledged } = this.#options
    if (!acknowledged) return
    const broken = await checkAcknowledged(this.#dependencies.metadata, acknowledged)
    for (const { kind, what } of broken) this.#problem(kind, what)
  }

  #problem(kind: ProblemKind, what: string, repair?: Repair): void {
    this.#problems.push({ kind, what, repairable: repair !== undefined })
    if (repair) this.#repairs.push(repair)
  }

  /**
   * A row that cannot be read may be the one that names a blob which nothing else does. To let go of
   * that blob, or to count without the row, would lose what may still be brought back.
   */
  #withholdRepairs(): void {
    if (!this.#problems.some(({ kind }) => kind === 'damaged-row' || kind === 'contradiction'))
      return
    this.#repairs = this.#repairs.filter(({ kind }) => kind === 'claim')
    this.#problems = this.#problems.map((problem) => {
      return { ...problem, repairable: problem.kind === 'unclaimed-blob' }
    })
  }

  async #repair(): Promise<number> {
    for (const repair of this.#repairs) await this.#dependencies.audit.repair(repair)
    return this.#repairs.length
  }
}

function emptyCount(): Count {
  return { classes: {}, deleteMarkers: 0, uploads: 0, parts: 0, partBytes: 0 }
}

function sameUsage(kept: BucketUsage, count: Count): boolean {
  const plain = ['deleteMarkers', 'uploads', 'parts', 'partBytes'] as const
  if (plain.some((name) => kept[name] !== count[name])) return false
  const names = new Set([...Object.keys(kept.classes), ...Object.keys(count.classes)])
  return [...names].every((name) => {
    const [one, other] = [kept.classes[name], count.classes[name]]
    return one?.objects === other?.objects && one?.bytes === other?.bytes
  })
}

function damageAlone(error: unknown): BlobDamagedError {
  if (error instanceof BlobDamagedError) return error
  throw error
}
