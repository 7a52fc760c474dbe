/**
 * What brings tables of an older format to the next one. Each runs in a transaction, and meets the
 * tables as formats before the third had them: without sums.
 */

import type { UploadId } from '@lading/protocol'
import { afterAll, formatKey, uploadIdKey } from './keys.ts'
import { decodeFirstUploadState, decodeObject, encodeUploadState, sizeOfPart } from './records.ts'
import type { Row, Table } from './sealed-table.ts'
import { rowsBetween, type Tables } from './tables.ts'
import { Usage } from './usage.ts'

/** Rows that are held at once. */
const SLICE = 1_000

/** From 1 to 2: buckets know what they hold, and uploads the bytes of their parts. */
export function countUsage(tables: Tables): void {
  const usage = new Usage(tables)
  const held = new Map<string, Map<string, { objects: number; bytes: number }>>()
  for (const row of allRows(tables.objects)) {
    const [bucket = '', key = ''] = Buffer.from(row.key).toString().split('\0')
    const { size, attributes } = decodeObject(bucket, key, row.value)
    const classes = held.get(bucket) ?? new Map<string, { objects: number; bytes: number }>()
    held.set(bucket, classes)
    const { objects, bytes } = classes.get(attributes.storageClass) ?? { objects: 0, bytes: 0 }
    classes.set(attributes.storageClass, { objects: objects + 1, bytes: bytes + size })
  }
  for (const [bucket, classes] of held) {
    for (const [storageClass, stored] of classes) usage.addStored(bucket, storageClass, stored)
  }
  for (const row of allRows(tables.uploads)) {
    const [bucket = '', , uploadId = ''] = Buffer.from(row.key).toString().split('\0')
    const key = uploadIdKey(uploadId as UploadId)
    const state = tables.states.get(key)
    if (!state) continue
    const { epoch, parts } = decodeFirstUploadState(state)
    let bytes = 0
    for (const part of allRows(tables.parts, key, afterAll(key))) bytes += sizeOfPart(part.value)
    tables.states.putSync(key, encodeUploadState({ epoch, parts, bytes }))
    usage.add(bucket, { uploads: 1, parts, partBytes: bytes })
  }
}

/** From 2 to 3: every row carries a sum, but for the one that says the format, which all versions read. */
export function addSums(tables: Tables, summed: Tables): void {
  for (const name of Object.keys(tables) as (keyof Tables)[]) {
    for (const { key, value } of allRows(tables[name])) {
      const isFormat = name === 'meta' && Buffer.compare(key, formatKey) === 0
      if (!isFormat) summed[name].putSync(key, value)
    }
  }
}

/** From 3 to 4: blobs may lie in a table, where a version before would miss them. No row is another. */
export function haveSmallBlobs(): void {}

function* allRows(
  table: Table,
  start: Uint8Array = Uint8Array.of(0),
  end: Uint8Array = new Uint8Array(20).fill(0xff),
): Generator<Row> {
  for (let from = start; ; ) {
    const rows = rowsBetween(table, from, end, SLICE)
    yield* rows
    const last = rows.at(-1)
    if (rows.length < SLICE || !last) return
    from = Buffer.concat([last.key, Uint8Array.of(0)])
  }
}
