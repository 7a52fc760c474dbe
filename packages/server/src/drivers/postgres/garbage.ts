/**
 * What may be deleted, in the order in which it came to be. An item is queued in the transaction that
 * made it garbage, says little, and is worked off in slices, so that ending an upload of 10,000 parts
 * costs no more than ending one of ten.
 *
 * Items are held by one collector for a while, so that two of them share the work; to do some of it twice
 * is harmless.
 */

import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import type { Garbage } from '../../ports/metadata-store.ts'
import type { Connections } from './connections.ts'
import type { Whereabouts } from './manifests.ts'
import {
  blobColumn,
  decodePart,
  fromHex,
  idBytes,
  packBlobs,
  toHex,
  unpackBlobs,
  unpackEntries,
} from './rows.ts'
import type { Transaction, Transactions } from './transactions.ts'

/** Blobs, or rows, that one slice holds. */
export const SLICE = 1_000

/** Microseconds for which a collector has the items that it was given to itself. */
const HOLD = 30_000_000

/** In the database; never to be changed. */
const BLOBS = 0
const MANIFEST = 1
/** The parts of an aborted upload, with their blobs. */
const PARTS = 2
/** The part rows of a completed upload; their blobs are the object's, or were dropped by name. */
const PART_ROWS = 3

const none = Buffer.alloc(0)

export function isOfManifest(kind: number): boolean {
  return kind === MANIFEST
}

export function isOfParts(kind: number): boolean {
  return kind === PARTS || kind === PART_ROWS
}

/** Whether the blobs of these parts are garbage as well. */
export function namesBlobs(kind: number): boolean {
  return kind === PARTS
}

/** `subject` is the object or the upload whose they were. */
export function discardBlobs(
  transaction: Transaction,
  subject: Buffer,
  blobs: readonly BlobId[],
): void {
  for (let at = 0; at < blobs.length; at += SLICE) {
    const slice = blobs.slice(at, at + SLICE)
    transaction.discard({ kind: BLOBS, subject, blobs: packBlobs(slice) })
  }
}

/** The bytes of an object that is no more. */
export function discardManifest(transaction: Transaction, whereabouts: Whereabouts): void {
  const { manifest, entries } = whereabouts
  if (!entries) {
    transaction.discard({ kind: MANIFEST, subject: manifest, blobs: none })
    return
  }
  const blobs = unpackEntries(entries).map(({ blobId }) => blobId)
  discardBlobs(transaction, manifest, [...new Set(blobs)])
}

/** The parts of an ended upload, with their blobs or without. */
export function discardParts(
  transaction: Transaction,
  uploadId: UploadId,
  { withBlobs }: { readonly withBlobs: boolean },
): void {
  const kind = withBlobs ? PARTS : PART_ROWS
  transaction.discard({ kind, subject: idBytes(uploadId), blobs: none })
}

export interface ItemRow {
  readonly id: Buffer
  readonly since: number
  readonly made: number
  readonly kind: number
  readonly subject: Buffer
  readonly blobs: Buffer
}

/** What the reads of this process still need. */
export interface Needed {
  /** Microseconds: what became garbage from then on. */
  readonly from: number
  /** And what was of these manifests, in case it did so while they were being opened. */
  readonly manifests: readonly Buffer[]
}

export class GarbageQueue {
  readonly #connections: Connections
  readonly #transactions: Transactions
  readonly #process: Buffer

  constructor(connections: Connections, transactions: Transactions, process: Buffer) {
    this.#connections = connections
    this.#transactions = transactions
    this.#process = process
  }

  /** The oldest items from before `before` that no read needs, here or in another process. */
  async due(before: Date, needed: Needed, limit: number): Promise<Garbage[]> {
    const { rows } = await this.#connections.ask<ItemRow>('holdDue', [
      this.#process,
      before.getTime(),
      needed.from,
      needed.manifests,
      limit,
      HOLD,
    ])
    const inOrder = [...rows].sort((a, b) => a.since - b.since || a.made - b.made)
    const due: Garbage[] = []
    for (const row of inOrder) due.push(await this.#slice(row))
    return due
  }

  /**
   * The id says how far the slice went, so that to settle it again, or late, touches nothing of the
   * next.
   */
  async settle({ id }: Garbage): Promise<void> {
    const [hex = '', bound = ''] = id.split(':')
    const key = fromHex(hex)
    await this.#transactions.run(async (transaction) => {
      const [item] = await transaction.read<ItemRow>('holdGarbage', [key])
      if (!item) return
      if (!(await settleSlice(transaction, item, Number(bound)))) return
      await transaction.change('removeGarbage', [key])
    })
  }

  async #slice({ id, since, kind, subject, blobs: packed }: ItemRow): Promise<Garbage> {
    const item = (bound: number, blobs: readonly BlobId[]): Garbage => {
      return { id: `${toHex(id)}:${bound}`, since: new Date(since), blobs }
    }
    if (kind === BLOBS) return item(0, unpackBlobs(packed))
    if (kind === MANIFEST) {
      const { rows } = await this.#connections.ask<{ segment: number; entries: Buffer }>(
        'firstSegment',
        [subject],
      )
      const [row] = rows
      return row ? item(row.segment, blobsIn(row.entries)) : item(0, [])
    }
    const { rows } = await this.#connections.ask<{ said: Buffer }>('parts', [subject, 0, SLICE])
    const parts = rows.map(({ said }) => decodePart(said))
    const blobs = kind === PARTS ? parts.map(({ blobId }) => blobId) : []
    return item(parts.at(-1)?.partNumber ?? 0, blobs)
  }
}

function blobsIn(entries: Buffer): BlobId[] {
  return [...new Set(unpackEntries(entries).map(({ blobId }) => blobId))]
}

/** Whether the item is done with. */
async function settleSlice(
  transaction: Transaction,
  { kind, subject, blobs: packed }: ItemRow,
  bound: number,
): Promise<boolean> {
  if (kind === BLOBS) {
    await forget(transaction, unpackBlobs(packed))
    return true
  }
  if (kind === MANIFEST) {
    const segment = [subject, bound]
    const [row] = await transaction.read<{ entries: Buffer }>('findSegment', segment)
    if (row) {
      await forget(transaction, blobsIn(row.entries))
      await transaction.change('removeSegment', segment)
    }
    return (await transaction.read('hasSegments', [subject])).length === 0
  }
  const { rows } = await transaction.change<{ said: Buffer }>('removeParts', [subject, bound])
  const blobs = rows.map(({ said }) => decodePart(said).blobId)
  if (kind === PARTS) await forget(transaction, blobs)
  return (await transaction.read('hasParts', [subject])).length === 0
}

async function forget(transaction: Transaction, blobs: readonly BlobId[]): Promise<void> {
  await transaction.change('forgetBlobs', [blobColumn(blobs)])
}
