/** All rows as they were at one moment, for whoever checks them, and the few repairs that lose nothing. */

import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import type {
  AuditedBucket,
  AuditedObject,
  AuditedUpload,
  MetadataAudit,
  Repair,
} from '../../ports/maintenance.ts'
import type { BucketUsage, ManifestEntry, Part } from '../../ports/metadata-store.ts'
import { type UsageRow, usageFrom } from './buckets.ts'
import type { Connection, Connections, StatementName, Value } from './connections.ts'
import { type ItemRow, isOfManifest, isOfParts, namesBlobs } from './garbage.ts'
import type { SegmentRow } from './manifests.ts'
import {
  blobIdOf,
  bytesOf,
  decodeObject,
  decodePart,
  decodeUpload,
  fromHex,
  idOf,
  textOf,
  toHex,
  unpackBlobs,
  unpackEntries,
} from './rows.ts'

/** Rows that are read at once. */
const PAGE = 1_000

const none: Buffer = Buffer.alloc(0)

export const nothingHeld: BucketUsage = {
  classes: {},
  deleteMarkers: 0,
  uploads: 0,
  parts: 0,
  partBytes: 0,
}

export interface VersionedRow {
  readonly bucket: Buffer
  readonly key: Buffer
  readonly place: Buffer
  readonly manifest: Buffer | null
  readonly version: Buffer | null
  readonly said: Buffer
  readonly entries: Buffer | null
}

/** A connection whose statements all see what was committed when it began. */
export async function beginSnapshot(
  connections: Connections,
): Promise<{ readonly connection: Connection; readonly began: number }> {
  const connection = await connections.borrow()
  try {
    await connection.ask('beginAudit')
    await connection.ask('takeTime')
    const { rows } = await connection.ask<{ asked: number }>('beganAt')
    return { connection, began: rows[0]?.asked ?? 0 }
  } catch (error) {
    connection.giveBack(false)
    throw error
  }
}

export class Audit implements MetadataAudit {
  readonly #connections: Connections
  readonly #connection: Connection
  readonly #release: () => void
  readonly #unreadable: string[] = []
  /** Long manifests of objects, and uploads that are open, as far as they were read. */
  readonly #manifests = new Set<string>()
  readonly #uploads = new Set<string>()
  readonly #openAndEnded = new Set<string>()
  #closed = false

  /** `release` is called once the audit is over. */
  constructor(connections: Connections, connection: Connection, release: () => void) {
    this.#connections = connections
    this.#connection = connection
    this.#release = release
  }

  async *buckets(): AsyncIterable<AuditedBucket> {
    const pages = this.#rows<{ name: Buffer }>('auditBuckets', [none], ({ name }) => [name])
    for await (const { name } of pages) {
      const { rows } = await this.#connection.ask<UsageRow>('usageOf', [name])
      yield { name: textOf(name), usage: rows.length > 0 ? usageFrom(rows) : nothingHeld }
    }
  }

  async *objects(): AsyncIterable<AuditedObject> {
    for await (const row of this.#versions()) {
      if (row.manifest === null) continue
      const [bucket, key] = [textOf(row.bucket), textOf(row.key)]
      const found = await this.#attempt(`object ${bucket}/${key}`, async () => {
        return { object: decodeObject(bucket, key, row), entries: await this.#entries(row) }
      })
      if (found) yield found
    }
  }

  async *deleteMarkers(): AsyncIterable<{ readonly bucket: string }> {
    for await (const { bucket, manifest } of this.#versions()) {
      if (manifest === null) yield { bucket: textOf(bucket) }
    }
  }

  async *uploads(): AsyncIterable<AuditedUpload> {
    type Row = { upload_id: Buffer; bucket: Buffer; key: Buffer; said: Buffer }
    const pages = this.#rows<Row>('auditUploads', [none], ({ upload_id }) => [upload_id])
    for await (const { upload_id, said, ...names } of pages) {
      const uploadId = idOf(upload_id) as UploadId
      const [bucket, key] = [textOf(names.bucket), textOf(names.key)]
      this.#uploads.add(uploadId)
      const found = await this.#attempt(`upload ${uploadId} of ${bucket}/${key}`, async () => {
        const upload = decodeUpload({ bucket, key, uploadId }, said)
        const { rows } = await this.#connection.ask<{ parts: number; bytes: number }>('sumParts', [
          upload_id,
        ])
        const counted = { parts: rows[0]?.parts ?? 0, bytes: rows[0]?.bytes ?? 0 }
        return { upload, counted, parts: await this.#parts(upload_id) }
      })
      if (found) yield found
    }
  }

  async *garbage(): AsyncIterable<BlobId> {
    const pages = this.#rows<ItemRow>('auditGarbage', [none], ({ id }) => [id])
    for await (const item of pages) {
      const blobs = await this.#attempt(`garbage ${toHex(item.id)}`, () => this.#blobsOf(item))
      yield* blobs ?? []
    }
  }

  async *claimed(): AsyncIterable<BlobId> {
    for await (const { blob_id, condemned } of this.#blobs()) {
      if (!condemned) yield blobIdOf(blob_id)
    }
  }

  async *condemned(): AsyncIterable<BlobId> {
    for await (const { blob_id, condemned } of this.#blobs()) {
      if (condemned) yield blobIdOf(blob_id)
    }
  }

  /** Whether a page of a table is what was written is for the database to know: see its checksums. */
  async *damagedRows(): AsyncIterable<string> {}

  async *contradictions(): AsyncIterable<string> {
    yield* this.#unreadable
    for (const id of this.#openAndEnded) yield `upload ${id} is open, and its parts are garbage`
    let told: string | undefined
    type PartRow = { upload_id: Buffer; part_number: number }
    const parts = this.#rows<PartRow>('auditParts', [none, 0], (row) => [
      row.upload_id,
      row.part_number,
    ])
    for await (const { upload_id } of parts) {
      const id = idOf(upload_id)
      if (this.#uploads.has(id) || id === told) continue
      told = id
      yield `parts of upload ${id} are left, which is neither open nor garbage`
    }
    type Row = SegmentRow & { manifest: Buffer }
    const segments = this.#rows<Row>('auditSegments', [none, 0], (row) => [
      row.manifest,
      row.segment,
    ])
    for await (const { manifest } of segments) {
      const id = toHex(manifest)
      if (this.#manifests.has(id) || id === told) continue
      told = id
      yield `manifest ${id} is left, which no object has and which is no garbage`
    }
  }

  async repair(repair: Repair): Promise<void> {
    if (repair.kind === 'recount') {
      await recount(this.#connections, repair.bucket)
    } else {
      const statement = repair.kind === 'claim' ? 'claimBlobs' : 'forgetBlobs'
      await this.#connections.ask(statement, [[fromHex(repair.blobId)]])
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    // With its connection the snapshot goes as well, whatever was being read.
    this.#connection.giveBack(false)
    this.#release()
  }

  async #blobsOf({ kind, subject, blobs }: ItemRow): Promise<readonly BlobId[]> {
    if (isOfManifest(kind)) {
      this.#manifests.add(toHex(subject))
      return (await this.#segments(subject)).map(({ blobId }) => blobId)
    }
    if (!isOfParts(kind)) return unpackBlobs(blobs)
    const uploadId = idOf(subject)
    if (this.#uploads.has(uploadId)) this.#openAndEnded.add(uploadId)
    this.#uploads.add(uploadId)
    if (!namesBlobs(kind)) return []
    return (await this.#parts(subject)).map(({ blobId }) => blobId)
  }

  async #entries({ manifest, entries }: VersionedRow): Promise<readonly ManifestEntry[]> {
    if (entries) return unpackEntries(entries)
    if (!manifest) return []
    this.#manifests.add(toHex(manifest))
    return await this.#segments(manifest)
  }

  async #segments(manifest: Buffer): Promise<ManifestEntry[]> {
    const { rows } = await this.#connection.ask<SegmentRow>('segmentsOf', [manifest])
    return rows.flatMap(({ entries }) => unpackEntries(entries))
  }

  async #parts(uploadId: Buffer): Promise<Part[]> {
    const { rows } = await this.#connection.ask<{ said: Buffer }>('parts', [uploadId, 0, 10_000])
    return rows.map(({ said }) => decodePart(said))
  }

  #versions(): AsyncIterable<VersionedRow> {
    return versionsOver(this.#connection)
  }

  #blobs(): AsyncIterable<{ readonly blob_id: Buffer; readonly condemned: boolean }> {
    return this.#rows('auditBlobs', [none], ({ blob_id }) => [blob_id])
  }

  /** What cannot be read is kept for later, and the rest is read on. */
  async #attempt<Result>(what: string, read: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error
      this.#unreadable.push(`${what} cannot be read: ${error.message}`)
      return undefined
    }
  }

  #rows<Row>(
    name: StatementName,
    start: readonly Value[],
    keyOf: (row: Row) => readonly Value[],
  ): AsyncIterable<Row> {
    return rowsOver(this.#connection, name, start, keyOf)
  }
}

export async function* rowsOver<Row>(
  connection: Connection,
  name: StatementName,
  start: readonly Value[],
  keyOf: (row: Row) => readonly Value[],
): AsyncIterable<Row> {
  for (let from = start; ; ) {
    const { rows } = await connection.ask<Row>(name, [...from, PAGE])
    yield* rows
    const last = rows.at(-1)
    if (rows.length < PAGE || !last) return
    from = keyOf(last)
  }
}

export async function* versionsOver(connection: Connection): AsyncIterable<VersionedRow> {
  const names = ({ bucket, key }: VersionedRow): Buffer[] => [bucket, key]
  yield* rowsOver<VersionedRow>(connection, 'auditObjects', [none, none], names)
  yield* rowsOver<VersionedRow>(connection, 'auditVersions', [none, none, none], (row) => [
    ...names(row),
    row.place,
  ])
}

/** Brings the counts of a bucket to what it holds, whatever others add to them meanwhile. */
async function recount(connections: Connections, bucket: string): Promise<void> {
  const { connection } = await beginSnapshot(connections)
  let isSound = false
  try {
    const { rows } = await connection.ask<UsageRow>('usageOf', [bytesOf(bucket)])
    const kept = usageFrom(rows)
    const held = await countHeld(connection, bucket)
    // What is not of a class is counted under none, which comes first.
    const named = [...Object.keys(kept.classes), ...Object.keys(held.classes)]
    const classes = [...new Set(['', ...named])].sort()
    const missing = (what: 'objects' | 'bytes'): number[] =>
      classes.map((name) => (held.classes[name]?.[what] ?? 0) - (kept.classes[name]?.[what] ?? 0))
    const unclassed = (by: number): number[] => classes.map((name) => (name === '' ? by : 0))
    await connection.ask('correctUsage', [
      bytesOf(bucket),
      classes.map(bytesOf),
      missing('objects'),
      missing('bytes'),
      unclassed(held.deleteMarkers - kept.deleteMarkers),
      unclassed(held.uploads - kept.uploads),
      unclassed(held.parts - kept.parts),
      unclassed(held.partBytes - kept.partBytes),
    ])
    await connection.ask('commit')
    isSound = true
  } finally {
    connection.giveBack(isSound)
  }
}

async function countHeld(connection: Connection, bucket: string): Promise<BucketUsage> {
  const classes: Record<string, { objects: number; bytes: number }> = {}
  const held = { deleteMarkers: 0, uploads: 0, parts: 0, partBytes: 0 }
  const name = bytesOf(bucket)
  for await (const row of versionsOver(connection)) {
    if (!row.bucket.equals(name)) continue
    if (row.manifest === null) {
      held.deleteMarkers += 1
      continue
    }
    const { size, attributes } = decodeObject(bucket, textOf(row.key), row)
    const counted = classes[attributes.storageClass] ?? { objects: 0, bytes: 0 }
    classes[attributes.storageClass] = {
      objects: counted.objects + 1,
      bytes: counted.bytes + size,
    }
  }
  type Row = { upload_id: Buffer; bucket: Buffer }
  const uploads = rowsOver<Row>(connection, 'auditUploads', [none], ({ upload_id }) => [upload_id])
  for await (const upload of uploads) {
    if (!upload.bucket.equals(name)) continue
    const { rows } = await connection.ask<{ parts: number; bytes: number }>('sumParts', [
      upload.upload_id,
    ])
    held.uploads += 1
    held.parts += rows[0]?.parts ?? 0
    held.partBytes += rows[0]?.bytes ?? 0
  }
  return { classes, ...held }
}
