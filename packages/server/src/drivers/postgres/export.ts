/** Everything in a database at one moment, for whoever compares it with what was moved into it. */

import type { UploadId } from '@lading/protocol'
import type { ManifestEntry } from '../../ports/metadata-store.ts'
import type {
  ExportedBucket,
  ExportedUpload,
  ExportedVersion,
  StoreExport,
} from '../../ports/migration.ts'
import { beginSnapshot, nothingHeld, rowsOver, type VersionedRow, versionsOver } from './audit.ts'
import { type UsageRow, usageFrom } from './buckets.ts'
import type { Connection, Connections } from './connections.ts'
import type { SegmentRow } from './manifests.ts'
import {
  decodeBucket,
  decodeMarker,
  decodeObject,
  decodePart,
  decodeUpload,
  idOf,
  placeOf,
  textOf,
  unpackEntries,
} from './rows.ts'

const none: Buffer = Buffer.alloc(0)

/** The greatest part number, and the number of parts, that an upload may have. */
const PARTS = 10_000

export class Export implements StoreExport {
  readonly #connection: Connection
  #closed = false

  private constructor(connection: Connection) {
    this.#connection = connection
  }

  static async begin(connections: Connections): Promise<Export> {
    return new Export((await beginSnapshot(connections)).connection)
  }

  async lastIdMs(): Promise<number> {
    const { rows } = await this.#connection.ask<{ last_ms: number }>('lastId')
    return rows[0]?.last_ms ?? 0
  }

  async *buckets(): AsyncIterable<ExportedBucket> {
    type Row = { readonly name: Buffer; readonly said: Buffer }
    type Setting = { readonly name: Buffer; readonly value: Buffer }
    const pages = rowsOver<Row>(this.#connection, 'exportBuckets', [none], ({ name }) => [name])
    for await (const { name, said } of pages) {
      const settings = await this.#connection.ask<Setting>('exportSettings', [name])
      const usage = await this.#connection.ask<UsageRow>('usageOf', [name])
      yield {
        bucket: decodeBucket(textOf(name), said),
        settings: settings.rows.map((row) => ({
          name: textOf(row.name),
          value: textOf(row.value),
        })),
        usage: usage.rows.length > 0 ? usageFrom(usage.rows) : nothingHeld,
      }
    }
  }

  async *versions(): AsyncIterable<ExportedVersion> {
    for await (const row of versionsOver(this.#connection)) {
      const [bucket, key] = [textOf(row.bucket), textOf(row.key)]
      const order = row.place.length === 0 ? undefined : idOf(placeOf(row.place))
      if (row.manifest === null) {
        yield { kind: 'marker', order, marker: decodeMarker(bucket, key, row) }
      } else {
        const entries = await this.#entries(row.manifest, row)
        yield { kind: 'object', order, object: decodeObject(bucket, key, row), entries }
      }
    }
  }

  async *uploads(): AsyncIterable<ExportedUpload> {
    type Row = { upload_id: Buffer; bucket: Buffer; key: Buffer; said: Buffer }
    const start = [none, none, none]
    const pages = rowsOver<Row>(this.#connection, 'exportUploads', start, (row) => [
      row.bucket,
      row.key,
      row.upload_id,
    ])
    for await (const { upload_id, said, ...names } of pages) {
      const [bucket, key] = [textOf(names.bucket), textOf(names.key)]
      const upload = decodeUpload({ bucket, key, uploadId: idOf(upload_id) as UploadId }, said)
      const parts = await this.#connection.ask<{ said: Buffer }>('parts', [upload_id, 0, PARTS])
      yield { upload, parts: parts.rows.map((row) => decodePart(row.said)) }
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    // With its connection the snapshot goes as well, whatever was being read.
    this.#connection.giveBack(false)
  }

  async #entries(manifest: Buffer, { entries }: VersionedRow): Promise<readonly ManifestEntry[]> {
    if (entries) return unpackEntries(entries)
    const { rows } = await this.#connection.ask<SegmentRow>('segmentsOf', [manifest])
    return rows.flatMap((row) => unpackEntries(row.entries))
  }
}
