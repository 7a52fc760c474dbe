/** Where the bytes of an object are: a few entries in its row, or many in segments of their own. */

import type { ManifestEntry, ManifestPage } from '../../ports/metadata-store.ts'
import type { Connections } from './connections.ts'
import { packEntries, unpackEntries } from './rows.ts'
import type { Transaction } from './transactions.ts'

/** Entries that a row of an object holds itself. */
export const INLINE = 16

/** Entries of a segment; 32 KB, of which a ranged read needs one or two. */
const SEGMENT = 1_000

export interface SegmentRow {
  readonly segment: number
  readonly start: number
  readonly entries: Buffer
}

/** Of an object's row: what its segments are under, and its entries where there are none. */
export interface Whereabouts {
  readonly manifest: Buffer
  readonly entries: Buffer | null
}

/** What the row of a new object says of its entries; many are written apart. */
export async function keepManifest(
  transaction: Transaction,
  manifest: Buffer,
  entries: readonly ManifestEntry[],
): Promise<Whereabouts> {
  if (entries.length <= INLINE) return { manifest, entries: packEntries(entries) }
  await putSegments(transaction, manifest, { segment: 0, start: 0 }, entries)
  return { manifest, entries: null }
}

/** The same of an object that was there, with `entries` behind its own. */
export async function extendManifest(
  transaction: Transaction,
  { manifest, entries: inline }: Whereabouts,
  entries: readonly ManifestEntry[],
): Promise<Whereabouts> {
  if (inline)
    return await keepManifest(transaction, manifest, [...unpackEntries(inline), ...entries])
  const [last] = await transaction.read<SegmentRow>('lastSegment', [manifest])
  if (!last) throw new Error('A manifest has lost its segments.')
  await transaction.change('removeSegment', [manifest, last.segment])
  const more = [...unpackEntries(last.entries), ...entries]
  await putSegments(transaction, manifest, last, more)
  return { manifest, entries: null }
}

async function putSegments(
  transaction: Transaction,
  manifest: Buffer,
  first: Pick<SegmentRow, 'segment' | 'start'>,
  entries: readonly ManifestEntry[],
): Promise<void> {
  const rows = segmentsFrom(entries, first)
  await transaction.change('addSegments', [
    manifest,
    rows.map(({ segment }) => segment),
    rows.map(({ start }) => start),
    rows.map(({ entries: packed }) => packed),
  ])
}

/** `entries` as segments, of which the first has the number and the byte that `first` says. */
export function segmentsFrom(
  entries: readonly ManifestEntry[],
  first: Pick<SegmentRow, 'segment' | 'start'>,
): SegmentRow[] {
  const rows: SegmentRow[] = []
  let { start } = first
  for (let at = 0; at < entries.length; at += SEGMENT) {
    const slice = entries.slice(at, at + SEGMENT)
    rows.push({ segment: first.segment + rows.length, start, entries: packEntries(slice) })
    for (const { length } of slice) start += length
  }
  return rows
}

/**
 * From the entry that holds byte `offset`, one segment after another. What was appended beyond `size`
 * since the row was read is left out.
 */
export async function* readManifest(
  connections: Connections,
  { manifest, entries }: Whereabouts,
  { offset, size }: { readonly offset: number; readonly size: number },
): AsyncIterable<ManifestPage> {
  if (entries) {
    const page = pageFrom(unpackEntries(entries), 0, offset)
    if (page) yield page
    return
  }
  let at = (await connections.ask<SegmentRow>('segmentAt', [manifest, offset])).rows[0]
  if (!at) throw new Error('A manifest has lost its segments.')
  while (at && at.start < size) {
    const page = pageFrom(unpackEntries(at.entries), at.start, offset, size)
    if (page) yield page
    const next: readonly SegmentRow[] = (
      await connections.ask<SegmentRow>('segmentAfter', [manifest, at.segment])
    ).rows
    at = next[0]
  }
}

/** Of `entries`, which begin at byte `start`, those from the one with byte `offset` to byte `size`. */
function pageFrom(
  entries: readonly ManifestEntry[],
  start: number,
  offset: number,
  size = Number.POSITIVE_INFINITY,
): ManifestPage | undefined {
  let first = 0
  let at = start
  for (const { length } of entries) {
    if (at + length > offset || at >= size) break
    at += length
    first++
  }
  const pageStart = at
  let end = first
  for (const { length } of entries.slice(first)) {
    if (at >= size) break
    at += length
    end++
  }
  return end > first ? { start: pageStart, entries: entries.slice(first, end) } : undefined
}
