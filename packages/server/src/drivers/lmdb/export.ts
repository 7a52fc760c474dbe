/** Everything in an environment at one moment, for whoever moves it elsewhere. Nothing is committed here. */

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { UploadId } from '@lading/protocol'
import type { Transaction } from 'lmdb'
import type { ManifestEntry } from '../../ports/metadata-store.ts'
import type {
  ExportedBucket,
  ExportedUpload,
  ExportedVersion,
  WatchedExport,
} from '../../ports/migration.ts'
import { allRows, last, nothingHeld, PAGE, textOf } from './audit.ts'
import { isOpen, openEnvironment } from './environment.ts'
import { afterAll, partKey, position, reversed, segmentKey, textKey, uploadIdKey } from './keys.ts'
import {
  decodeBucket,
  decodeEntries,
  decodeMarkerIfAny,
  decodeNumber,
  decodeObjectAndWhereabouts,
  decodePart,
  decodeText,
  decodeUpload,
  decodeUsage,
  type Whereabouts,
} from './records.ts'
import type { Row, Table } from './sealed-table.ts'
import { LmdbSmallBlobs } from './small-blobs.ts'
import { type Environment, sharedInfo, type Tables } from './tables.ts'
import { lastKey } from './time-order.ts'

/**
 * Opens what is there; an older format is brought up to date first, as a start of the server does.
 *
 * @throws {Error} there is nothing, or it cannot be opened safely.
 */
export async function openExport(directory: string): Promise<LmdbExport> {
  // Opening would make what is not there.
  await stat(join(directory, 'data.mdb'))
  const isOpenElsewhere = await isOpen(directory)
  const { environment, tables } = await openEnvironment(directory)
  return new LmdbExport(environment, tables, isOpenElsewhere)
}

export class LmdbExport implements WatchedExport {
  /** For the store of blobs beside it. */
  readonly smallBlobs: LmdbSmallBlobs
  readonly isOpenElsewhere: boolean
  readonly #environment: Environment
  readonly #tables: Tables
  readonly #transaction: Transaction
  readonly #began: number
  #closing: Promise<void> | undefined

  constructor(environment: Environment, tables: Tables, isOpenElsewhere: boolean) {
    this.isOpenElsewhere = isOpenElsewhere
    this.#environment = environment
    this.#tables = tables
    // Before the snapshot: what comes between the two is taken for a change, and not missed.
    this.#began = newestCommit(environment)
    environment.resetReadTxn()
    this.#transaction = environment.useReadTransaction()
    this.smallBlobs = new LmdbSmallBlobs(tables, () => {})
  }

  isUnchanged(): boolean {
    return newestCommit(this.#environment) === this.#began
  }

  async lastIdMs(): Promise<number> {
    return decodeNumber(this.#get(this.#tables.meta, lastKey))
  }

  async *buckets(): AsyncIterable<ExportedBucket> {
    for await (const { key, value } of this.#rows(this.#tables.buckets)) {
      const name = textOf(key)
      const usage = this.#get(this.#tables.usage, key)
      yield {
        bucket: decodeBucket(name, value),
        settings: this.#settings(name),
        usage: usage ? decodeUsage(usage) : nothingHeld,
      }
    }
  }

  async *versions(): AsyncIterable<ExportedVersion> {
    for (const table of [this.#tables.objects, this.#tables.versions]) {
      for await (const { key: names, value } of this.#rows(table)) {
        const [bucket = '', key = '', place] = textOf(names).split('\0')
        const order = place === undefined ? undefined : reversed(place)
        const marker = decodeMarkerIfAny(bucket, key, value)
        if (marker) {
          yield { kind: 'marker', order, marker }
          continue
        }
        const { object, whereabouts } = decodeObjectAndWhereabouts(bucket, key, value)
        yield { kind: 'object', order, object, entries: this.#entries(whereabouts) }
      }
    }
  }

  async *uploads(): AsyncIterable<ExportedUpload> {
    for await (const row of this.#rows(this.#tables.uploads)) {
      const [bucket = '', key = '', id = ''] = textOf(row.key).split('\0')
      const uploadId = id as UploadId
      const upload = decodeUpload({ bucket, key, uploadId }, row.value)
      const end = afterAll(uploadIdKey(uploadId))
      const parts = this.#between(this.#tables.parts, partKey(uploadId, 0), end)
      yield { upload, parts: parts.map((part) => decodePart(part.key, part.value)) }
    }
  }

  async close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#transaction.done()
      await this.#environment.close()
    })()
    await this.#closing
  }

  #settings(bucket: string): { readonly name: string; readonly value: string }[] {
    const start = position(`${bucket}\0`)
    return this.#between(this.#tables.settings, start, afterAll(start)).map(({ key, value }) => {
      return { name: textOf(key.subarray(textKey(bucket).length + 1)), value: decodeText(value) }
    })
  }

  #entries(whereabouts: Whereabouts): readonly ManifestEntry[] {
    if (whereabouts.kind === 'inline') return whereabouts.entries
    const { id, starts } = whereabouts
    return starts.flatMap((_, segment) => {
      const row = this.#get(this.#tables.manifests, segmentKey(id, segment))
      if (!row) throw new Error(`Segment ${segment} of the manifest ${id} is gone.`)
      return decodeEntries(row)
    })
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

  #rows(table: Table): AsyncIterable<Row> {
    return allRows((start) => this.#between(table, start, last, PAGE))
  }
}

/** A number that each commit of any process raises. */
function newestCommit(environment: Environment): number {
  return sharedInfo(environment).lastTxnId
}
