/** All rows as they were at one moment, for whoever checks them, and the few repairs that lose nothing. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { UploadId } from '@lading/protocol'
import type { Transaction } from 'lmdb'
import type { BlobId } from '../../ports/blob-store.ts'
import type {
  AuditedBucket,
  AuditedObject,
  AuditedUpload,
  MetadataAudit,
  Repair,
} from '../../ports/maintenance.ts'
import type { BucketUsage, ManifestEntry, Part } from '../../ports/metadata-store.ts'
import {
  afterAll,
  blobIdOf,
  blobKey,
  formatKey,
  justAfter,
  partKey,
  position,
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
  decodeMarkerIfAny,
  decodeObject,
  decodeObjectAndWhereabouts,
  decodePart,
  decodeUpload,
  decodeUploadState,
  decodeUsage,
  encodeUsage,
  type Whereabouts,
} from './records.ts'
import { damageOf, type Row, RowDamagedError, type Table } from './sealed-table.ts'
import { type Environment, nothing, type Tables } from './tables.ts'

/** Rows that are read at once. */
export const PAGE = 1_000

const first: Uint8Array = Uint8Array.of(0)
export const last: Uint8Array = new Uint8Array(20).fill(0xff)

export interface AuditOptions {
  /** Called once the audit is over. */
  readonly release: () => void
  /** Runs a change in a transaction. */
  readonly change: (action: () => void) => Promise<void>
}

/** Must be called with the newest snapshot at hand. */
export function audit(
  environment: Environment,
  tables: Tables,
  options: AuditOptions,
): MetadataAudit {
  return new Audit(environment.useReadTransaction(), tables, options)
}

class Audit implements MetadataAudit {
  readonly #transaction: Transaction
  readonly #tables: Tables
  readonly #options: AuditOptions
  readonly #unreadable: string[] = []
  /** Long manifests of objects, and uploads that are open, as far as they were read. */
  readonly #manifests = new Set<number>()
  readonly #uploads = new Set<string>()
  readonly #openAndEnded = new Set<string>()
  #closed = false

  constructor(transaction: Transaction, tables: Tables, options: AuditOptions) {
    this.#transaction = transaction
    this.#tables = tables
    this.#options = options
  }

  async *buckets(): AsyncIterable<AuditedBucket> {
    for await (const { key } of this.#rows(this.#tables.buckets)) {
      const name = textOf(key)
      const usage = this.#attempt(`what ${name} holds`, () => {
        const row = this.#get(this.#tables.usage, key)
        return row && decodeUsage(row)
      })
      yield { name, usage: usage ?? nothingHeld }
    }
  }

  async *objects(): AsyncIterable<AuditedObject> {
    for (const table of [this.#tables.objects, this.#tables.versions]) {
      for await (const row of this.#rows(table)) {
        const [bucket = '', key = ''] = textOf(row.key).split('\0')
        const found = this.#attempt(`object ${bucket}/${key}`, () => {
          const { value } = row
          if (decodeMarkerIfAny(bucket, key, value)) return undefined
          const { object, whereabouts } = decodeObjectAndWhereabouts(bucket, key, value)
          return { object, entries: this.#entries(whereabouts) }
        })
        if (found) yield found
      }
    }
  }

  async *deleteMarkers(): AsyncIterable<{ readonly bucket: string }> {
    for await (const row of this.#rows(this.#tables.versions)) {
      const [bucket = '', key = ''] = textOf(row.key).split('\0')
      // What cannot be read was told of among the objects.
      const marker = this.#attempt(undefined, () => decodeMarkerIfAny(bucket, key, row.value))
      if (marker) yield { bucket }
    }
  }

  async *uploads(): AsyncIterable<AuditedUpload> {
    for await (const row of this.#rows(this.#tables.uploads)) {
      const [bucket = '', key = '', id = ''] = textOf(row.key).split('\0')
      const uploadId = id as UploadId
      const found = this.#attempt(`upload ${id} of ${bucket}/${key}`, () => {
        const upload = decodeUpload({ bucket, key, uploadId }, row.value)
        const state = this.#get(this.#tables.states, uploadIdKey(uploadId))
        if (!state) throw new Error('it has no state')
        const { parts, bytes } = decodeUploadState(state)
        return { upload, counted: { parts, bytes }, parts: this.#parts(uploadId) }
      })
      this.#uploads.add(id)
      if (found) yield found
    }
  }

  async *garbage(): AsyncIterable<BlobId> {
    for await (const row of this.#rows(this.#tables.garbage)) {
      const blobs = this.#attempt(`garbage ${toHex(row.key)}`, () => {
        const item = decodeGarbage(row.value)
        if (item.kind === 'blobs') return item.blobs
        if (item.kind === 'manifest') {
          this.#manifests.add(item.id)
          return this.#segments(item.id).flatMap(({ value }) =>
            decodeEntries(value).map(({ blobId }) => blobId),
          )
        }
        if (this.#uploads.has(item.uploadId)) this.#openAndEnded.add(item.uploadId)
        this.#uploads.add(item.uploadId)
        if (item.kind === 'part-rows') return []
        return this.#partRows(item.uploadId).map(({ value }) => blobOfPart(value))
      })
      yield* blobs ?? []
    }
  }

  async *claimed(): AsyncIterable<BlobId> {
    for await (const { key } of this.#rows(this.#tables.blobs)) yield blobIdOf(key)
  }

  async *condemned(): AsyncIterable<BlobId> {
    for await (const { key } of this.#rows(this.#tables.condemned)) yield blobIdOf(key)
  }

  async *damagedRows(): AsyncIterable<string> {
    const page = (table: Table, start: Uint8Array): Row[] => this.#between(table, start, last, PAGE)
    for await (const { message } of damagedRows(this.#tables, page)) yield message
  }

  async *contradictions(): AsyncIterable<string> {
    yield* this.#unreadable
    for (const id of this.#openAndEnded) yield `upload ${id} is open, and its parts are garbage`
    for await (const { key } of this.#rows(this.#tables.states)) {
      const id = toHex(key).toUpperCase()
      if (!this.#uploads.has(id)) yield `upload ${id} has a state and nothing else`
    }
    let told: string | undefined
    for await (const { key } of this.#rows(this.#tables.parts)) {
      const id = toHex(key.subarray(0, 16)).toUpperCase()
      if (this.#uploads.has(id) || id === told) continue
      told = id
      yield `parts of upload ${id} are left, which is neither open nor garbage`
    }
    let manifest: number | undefined
    for await (const { key } of this.#rows(this.#tables.manifests)) {
      const id = readUint(key, 0)
      if (this.#manifests.has(id) || id === manifest) continue
      manifest = id
      yield `manifest ${id} is left, which no object has and which is no garbage`
    }
  }

  async repair(repair: Repair): Promise<void> {
    const { blobs, small } = this.#tables
    await this.#options.change(() => {
      if (repair.kind === 'claim') blobs.putSync(blobKey(repair.blobId), nothing)
      else if (repair.kind === 'unclaim') {
        blobs.removeSync(blobKey(repair.blobId))
        small.removeSync(blobKey(repair.blobId))
      } else recount(this.#tables, repair.bucket)
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#transaction.done()
    this.#options.release()
  }

  #entries(whereabouts: Whereabouts): readonly ManifestEntry[] {
    if (whereabouts.kind === 'inline') return whereabouts.entries
    const { id, starts } = whereabouts
    this.#manifests.add(id)
    return starts.flatMap((_, segment) => {
      const row = this.#get(this.#tables.manifests, segmentKey(id, segment))
      if (!row) throw new Error(`segment ${segment} of its manifest ${id} is gone`)
      return decodeEntries(row)
    })
  }

  #segments(id: number): Row[] {
    return this.#between(this.#tables.manifests, segmentKey(id), segmentKey(id + 1))
  }

  #partRows(uploadId: UploadId): Row[] {
    return this.#between(this.#tables.parts, partKey(uploadId, 0), afterAll(uploadIdKey(uploadId)))
  }

  #parts(uploadId: UploadId): Part[] {
    return this.#partRows(uploadId).map(({ key, value }) => decodePart(key, value))
  }

  /** What cannot be read is kept for later, and the rest is read on. */
  #attempt<Result>(what: string | undefined, read: () => Result): Result | undefined {
    try {
      return read()
    } catch (error) {
      // Told by `damagedRows`, with all others of its kind.
      if (error instanceof RowDamagedError) return undefined
      const why = error instanceof Error ? error.message : String(error)
      if (what !== undefined) this.#unreadable.push(`${what} cannot be read: ${why}`)
      return undefined
    }
  }

  #get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return table.get(key, { transaction: this.#transaction })
  }

  #between(table: Table, start: Uint8Array, end: Uint8Array, limit?: number): Row[] {
    const transaction = this.#transaction
    return [
      ...table.getRange({ start, end, transaction, ...(limit === undefined ? {} : { limit }) }),
    ]
  }

  /** All rows of a table. */
  #rows(table: Table): AsyncIterable<Row> {
    return allRows((start) => this.#between(table, start, last, PAGE))
  }
}

/** Looks at every row of these tables, with a turn for others after each page. */
export async function* damagedRows(
  tables: Partial<Tables>,
  page: (table: Table, start: Uint8Array) => readonly Row[],
): AsyncIterable<RowDamagedError> {
  for (const table of Object.values(tables)) {
    for await (const row of allRows((start) => page(table, start))) {
      const isFormat = table === tables.meta && Buffer.compare(row.key, formatKey) === 0
      const error = isFormat ? undefined : damageOf(row)
      if (error) yield error
    }
  }
}

/** All rows of what `page` gives from a key on, in order, with a turn for others after each page. */
export async function* allRows(page: (start: Uint8Array) => readonly Row[]): AsyncIterable<Row> {
  for (let start = first; ; await nextTurn()) {
    const rows = page(start)
    yield* rows
    const end = rows.at(-1)
    if (rows.length < PAGE || !end) return
    start = justAfter(end.key)
  }
}

export const nothingHeld: BucketUsage = {
  classes: {},
  deleteMarkers: 0,
  uploads: 0,
  parts: 0,
  partBytes: 0,
}

/** Within a transaction: counts what the bucket holds now. */
function recount(tables: Tables, bucket: string): void {
  const classes: Record<string, { objects: number; bytes: number }> = {}
  let deleteMarkers = 0
  let uploads = 0
  let parts = 0
  let partBytes = 0
  const start = position(`${bucket}\0`)
  const rows = (table: Table): Iterable<Row> => table.getRange({ start, end: afterAll(start) })
  for (const table of [tables.objects, tables.versions]) {
    for (const { value } of rows(table)) {
      if (decodeMarkerIfAny(bucket, '', value)) deleteMarkers += 1
      else {
        const { size, attributes } = decodeObject(bucket, '', value)
        const counted = classes[attributes.storageClass] ?? { objects: 0, bytes: 0 }
        classes[attributes.storageClass] = {
          objects: counted.objects + 1,
          bytes: counted.bytes + size,
        }
      }
    }
  }
  for (const { key } of rows(tables.uploads)) {
    const [, , uploadId = ''] = textOf(key).split('\0')
    const state = tables.states.get(uploadIdKey(uploadId as UploadId))
    if (!state) continue
    const counted = decodeUploadState(state)
    uploads += 1
    parts += counted.parts
    partBytes += counted.bytes
  }
  const usage = { classes, deleteMarkers, uploads, parts, partBytes }
  tables.usage.putSync(textKey(bucket), encodeUsage(usage))
}

export function textOf(key: Uint8Array): string {
  return Buffer.from(key).toString()
}
