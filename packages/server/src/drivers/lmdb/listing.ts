/** Pages of a listing by seeking: a page costs what it holds, however many keys a prefix hides. */

import type { ListingEntry, ListingQuery, Page } from '../../ports/metadata-store.ts'
import { afterAll, justAfter, position } from './keys.ts'
import type { Row, Table } from './sealed-table.ts'
import { rowsBetween } from './tables.ts'

/** Rows that are read at once while a page may still meet a prefix to jump over. */
const READ_AHEAD = 16

export interface ListingSource<Item> {
  /** Read as one. Their rows' keys begin with the bucket and U+0000, and go on with the key. */
  readonly tables: readonly Table[]
  readonly bucket: string
  readonly query: ListingQuery
  /** Within the key `after`, rows up to this text are passed over, and no others are. */
  readonly afterWithin?: string | undefined
  keyOf(row: Row): string
  read(row: Row): Item
}

export function listPage<Item>(source: ListingSource<Item>): Page<ListingEntry<Item>> {
  const { tables, bucket, query } = source
  const { prefix, delimiter, limit } = query
  const entries: ListingEntry<Item>[] = []
  // No key holds U+0000, so none begins with it.
  if (prefix.includes('\0')) return { rows: entries, truncated: false }
  const end = afterAll(position(`${bucket}\0${prefix}`))
  let at = startOf(source)
  let group: string | undefined
  for (let ahead = delimiter === '' ? limit + 1 : READ_AHEAD; ; ahead *= 2) {
    const wanted = Math.min(ahead, limit - entries.length + 1)
    const rows = Buffer.compare(at, end) < 0 ? readRows(tables, at, end, wanted) : []
    for (const row of rows) {
      const key = source.keyOf(row)
      if (group !== undefined && key.startsWith(group)) continue
      if (entries.length === limit) return { rows: entries, truncated: true }
      group = groupOf(key, query)
      entries.push(
        group === undefined
          ? { kind: 'row', row: source.read(row) }
          : { kind: 'prefix', prefix: group },
      )
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < wanted) return { rows: entries, truncated: false }
    if (group === undefined) {
      at = justAfter(last.key)
    } else {
      at = afterAll(position(`${bucket}\0${group}`))
      ahead = READ_AHEAD / 2
    }
  }
}

/** The first rows of all the tables together; no key is in two of them. */
function readRows(
  tables: readonly Table[],
  start: Uint8Array,
  end: Uint8Array,
  limit: number,
): Row[] {
  const rows = tables.flatMap((table) => rowsBetween(table, start, end, limit))
  if (tables.length === 1) return rows
  return rows.sort((a, b) => Buffer.compare(a.key, b.key)).slice(0, limit)
}

/** The common prefix under which a key stands in the listing, if any. */
function groupOf(key: string, { prefix, delimiter }: ListingQuery): string | undefined {
  const found = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
  return found === -1 ? undefined : key.slice(0, found + delimiter.length)
}

function startOf<Item>({ bucket, query, afterWithin }: ListingSource<Item>): Uint8Array {
  const first = position(`${bucket}\0${query.prefix}`)
  if (query.after === undefined) return first
  const start = startAfter(bucket, query.after, query, afterWithin)
  return Buffer.compare(start, first) > 0 ? start : first
}

function startAfter(
  bucket: string,
  after: string,
  query: ListingQuery,
  afterWithin: string | undefined,
): Uint8Array {
  // No key holds U+0000: what follows `a\0b` is what follows `a`.
  const cut = after.indexOf('\0')
  if (cut !== -1) return position(`${bucket}\0${after.slice(0, cut)}\x01`)
  if (after.startsWith(query.prefix) && groupOf(after, query) === after) {
    return afterAll(position(`${bucket}\0${after}`))
  }
  if (afterWithin !== undefined) {
    return justAfter(position(`${bucket}\0${after}\0${afterWithin}`))
  }
  // Behind the key itself and behind all rows within it, which go on with U+0000.
  return position(`${bucket}\0${after}\x01`)
}
