/** Pages of a listing by seeking: a page costs what it holds, however many keys a prefix hides. */

import type { ListingEntry, ListingQuery, Page } from '../../ports/metadata-store.ts'
import { afterAll, bytesOf, justAfter, textOf } from './rows.ts'

/** Rows that are read at once while a page may still meet a prefix to jump over. */
const READ_AHEAD = 16

/** Rows behind it: those of the key that stand behind `place`, and of all later keys. */
export interface Position {
  readonly key: Buffer
  readonly place: Buffer
}

export interface ListedRow {
  readonly key: Buffer
}

export interface ListingSource<Row extends ListedRow, Item> {
  readonly query: ListingQuery
  /** Within the key `after`, rows up to this place are passed over, and no others are. */
  readonly afterWithin?: Buffer | undefined
  /** The first rows behind `start` whose keys are below `end`, in order. */
  rows(start: Position, end: Buffer, limit: number): Promise<readonly Row[]>
  placeOf(row: Row): Buffer
  read(row: Row, key: string): Item
}

const nowhere = Buffer.alloc(0)

export async function listPage<Row extends ListedRow, Item>(
  source: ListingSource<Row, Item>,
): Promise<Page<ListingEntry<Item>>> {
  const { query } = source
  const { prefix, delimiter, limit } = query
  const entries: ListingEntry<Item>[] = []
  const end = afterAll(bytesOf(prefix))
  let at = startOf(source)
  let group: string | undefined
  for (let ahead = delimiter === '' ? limit + 1 : READ_AHEAD; ; ahead *= 2) {
    const wanted = Math.min(ahead, limit - entries.length + 1)
    const rows = Buffer.compare(at.key, end) < 0 ? await source.rows(at, end, wanted) : []
    for (const row of rows) {
      const key = textOf(row.key)
      if (group !== undefined && key.startsWith(group)) continue
      if (entries.length === limit) return { rows: entries, truncated: true }
      group = groupOf(key, query)
      entries.push(
        group === undefined
          ? { kind: 'row', row: source.read(row, key) }
          : { kind: 'prefix', prefix: group },
      )
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < wanted) return { rows: entries, truncated: false }
    if (group === undefined) {
      at = { key: last.key, place: source.placeOf(last) }
    } else {
      at = { key: afterAll(bytesOf(group)), place: nowhere }
      ahead = READ_AHEAD / 2
    }
  }
}

/** Where keys begin that stand behind `position`, for rows that are the only ones of their key. */
export function firstKey({ key, place }: Position): Buffer {
  return place.length > 0 ? justAfter(key) : key
}

/** The common prefix under which a key stands in the listing, if any. */
function groupOf(key: string, { prefix, delimiter }: ListingQuery): string | undefined {
  const found = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
  return found === -1 ? undefined : key.slice(0, found + delimiter.length)
}

function startOf<Row extends ListedRow, Item>({
  query,
  afterWithin,
}: ListingSource<Row, Item>): Position {
  const first = { key: bytesOf(query.prefix), place: nowhere }
  if (query.after === undefined) return first
  const start = startAfter(query.after, query, afterWithin)
  return Buffer.compare(start.key, first.key) >= 0 ? start : first
}

function startAfter(after: string, query: ListingQuery, afterWithin: Buffer | undefined): Position {
  if (after.startsWith(query.prefix) && groupOf(after, query) === after) {
    return { key: afterAll(bytesOf(after)), place: nowhere }
  }
  if (afterWithin !== undefined) return { key: bytesOf(after), place: afterWithin }
  return { key: justAfter(bytesOf(after)), place: nowhere }
}
