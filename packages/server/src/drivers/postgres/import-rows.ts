/** Rows of another store, put into the tables as they are and many at once. */

import { randomBytes } from 'node:crypto'
import type { BlobId } from '../../ports/blob-store.ts'
import type {
  ExportedBucket,
  ExportedUpload,
  ExportedVersion,
  StoreExport,
} from '../../ports/migration.ts'
import type { Connections, StatementName, Value } from './connections.ts'
import { INLINE, segmentsFrom } from './manifests.ts'
import {
  bytesOf,
  encodeBucket,
  encodeMarker,
  encodeObject,
  encodePart,
  encodeUpload,
  fromHex,
  idBytes,
  packEntries,
  placeOf,
  versionColumn,
} from './rows.ts'
import { newStamp } from './stamps.ts'

/** Rows that are put at once, and entries of manifests: about a megabyte. */
const ROWS = 500
const ENTRIES = 5_000

/** The order in which tables are emptied: what shows the rest goes first, and comes last. */
const CLEARED: readonly StatementName[] = [
  'clearBuckets',
  'clearSettings',
  'clearUsage',
  'clearObjects',
  'clearVersions',
  'clearSegments',
  'clearUploads',
  'clearParts',
  'clearBlobs',
]

/** Puts the rows of `source` in the place of all that there are. */
export async function replaceRows(
  connections: Connections,
  source: StoreExport,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  for (const statement of CLEARED) await emptied(connections, statement)
  // Before anything that an id could be issued after.
  await connections.ask('raiseIds', [await source.lastIdMs()])
  const rows = new Rows(connections)
  for await (const version of source.versions()) {
    signal?.throwIfAborted()
    await rows.addVersion(version)
  }
  for await (const upload of source.uploads()) {
    signal?.throwIfAborted()
    await rows.addUpload(upload)
  }
  await rows.flush()
  for await (const bucket of source.buckets()) {
    signal?.throwIfAborted()
    await rows.addBucket(bucket)
  }
  await rows.flush()
}

/** Runs a statement that deletes some rows until there are none. */
export async function emptied(connections: Connections, statement: StatementName): Promise<void> {
  while ((await connections.ask(statement)).count > 0);
}

/** The tables in the order in which their rows are put, each with the number of its columns. */
const tables = {
  importClaims: 1,
  importSegments: 4,
  importObjects: 6,
  importVersions: 7,
  importParts: 5,
  importUploads: 4,
  importUsage: 8,
  importSettings: 3,
  importBuckets: 3,
} as const satisfies Partial<Record<StatementName, number>>

type TableName = keyof typeof tables
type Cell = number | Buffer | null

class Rows {
  readonly #connections: Connections
  readonly #waiting = new Map<TableName, Cell[][]>()
  #rows = 0
  #entries = 0

  constructor(connections: Connections) {
    this.#connections = connections
  }

  async addVersion(version: ExportedVersion): Promise<void> {
    const { order } = version
    const place = order === undefined ? undefined : placeOf(idBytes(order))
    if (version.kind === 'marker') {
      const { bucket, key, versionId } = version.marker
      if (!place) throw new Error(`The delete marker of ${bucket}/${key} has no place.`)
      const said = encodeMarker(version.marker)
      const names = [bytesOf(bucket), bytesOf(key)]
      this.#add('importVersions', [...names, null, versionColumn(versionId), said, null, place])
    } else {
      const { object, entries } = version
      const manifest = randomBytes(16)
      const isLong = entries.length > INLINE
      const row = [
        bytesOf(object.bucket),
        bytesOf(object.key),
        manifest,
        versionColumn(object.versionId),
        encodeObject(object),
        isLong ? null : packEntries(entries),
      ]
      if (place) this.#add('importVersions', [...row, place])
      else this.#add('importObjects', row)
      if (isLong) {
        for (const { segment, start, entries: packed } of segmentsFrom(entries, first)) {
          this.#add('importSegments', [manifest, segment, start, packed])
        }
      }
      this.#claim(new Set(entries.map(({ blobId }) => blobId)))
    }
    await this.#flushIfMany()
  }

  async addUpload({ upload, parts }: ExportedUpload): Promise<void> {
    const id = idBytes(upload.uploadId)
    const names = [bytesOf(upload.bucket), bytesOf(upload.key)]
    this.#add('importUploads', [id, ...names, encodeUpload(upload)])
    for (const part of parts) {
      const { partNumber, size } = part
      this.#add('importParts', [id, partNumber, size, newStamp(), encodePart(part)])
    }
    this.#claim(new Set(parts.map(({ blobId }) => blobId)))
    await this.#flushIfMany()
  }

  async addBucket({ bucket, settings, usage }: ExportedBucket): Promise<void> {
    const name = bytesOf(bucket.name)
    this.#add('importBuckets', [name, bytesOf(bucket.owner), encodeBucket(bucket)])
    for (const setting of settings) {
      this.#add('importSettings', [name, bytesOf(setting.name), bytesOf(setting.value)])
    }
    const { classes, deleteMarkers, uploads, parts, partBytes } = usage
    // What is not of a class is counted under none.
    this.#add('importUsage', [name, bytesOf(''), 0, 0, deleteMarkers, uploads, parts, partBytes])
    for (const [storageClass, { objects, bytes }] of Object.entries(classes)) {
      this.#add('importUsage', [name, bytesOf(storageClass), objects, bytes, 0, 0, 0, 0])
    }
    await this.#flushIfMany()
  }

  async flush(): Promise<void> {
    for (const [table, width] of Object.entries(tables)) {
      const rows = this.#waiting.get(table as TableName) ?? []
      if (rows.length === 0) continue
      const columns = Array.from({ length: width }, (_, at): Value => {
        return rows.map((row) => row[at] ?? null)
      })
      // Not twice: where the answer is lost, all is begun anew.
      await this.#connections.askOnce(table as TableName, columns)
    }
    this.#waiting.clear()
    this.#rows = 0
    this.#entries = 0
  }

  #claim(blobs: ReadonlySet<BlobId>): void {
    for (const blob of blobs) this.#add('importClaims', [fromHex(blob)])
    this.#entries += blobs.size
  }

  #add(table: TableName, row: Cell[]): void {
    const rows = this.#waiting.get(table) ?? []
    rows.push(row)
    this.#waiting.set(table, rows)
    this.#rows += 1
  }

  async #flushIfMany(): Promise<void> {
    if (this.#rows >= ROWS || this.#entries >= ENTRIES) await this.flush()
  }
}

const first = { segment: 0, start: 0 }
