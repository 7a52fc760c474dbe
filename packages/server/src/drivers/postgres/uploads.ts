/** Uploads, their parts and their two ends. */

import type { UploadId } from '@lading/protocol'
import type {
  CompletionRule,
  ListingEntry,
  Page,
  Part,
  PublishGuard,
  StoredObject,
  Upload,
  UploadListingQuery,
  UploadRef,
} from '../../ports/metadata-store.ts'
import { lockBucket } from './buckets.ts'
import type { Connections } from './connections.ts'
import { Losses, sqlStateOf, UNIQUE_VIOLATION } from './failures.ts'
import { discardBlobs, discardParts, SLICE } from './garbage.ts'
import { listPage } from './listing.ts'
import { blobTaken, claimBlobs, findObjectRow, holdKey, publish, readingOver } from './objects.ts'
import {
  blobColumn,
  bytesOf,
  decodeObject,
  decodePart,
  decodeParts,
  decodeUpload,
  encodePart,
  encodeUpload,
  fromHex,
  idBytes,
  idOf,
  isKey,
  isTimeOrdered,
} from './rows.ts'
import { newStamp } from './stamps.ts'
import { anyShard, type Transaction, type Transactions } from './transactions.ts'

/** Times that a completion reads its parts outside of its transaction before it does so inside. */
const TRIES = 3

/** Numbers of parts are kept in four bytes. */
const GREATEST_NUMBER = 2 ** 31 - 1

interface PartsSum {
  readonly parts: number
  readonly bytes: number
  readonly stamps: string
}

export class Uploads {
  readonly #connections: Connections
  readonly #transactions: Transactions

  constructor(connections: Connections, transactions: Transactions) {
    this.#connections = connections
    this.#transactions = transactions
  }

  async create(
    begun: Omit<Upload, 'uploadId'>,
    guard: PublishGuard | undefined,
  ): Promise<Upload | undefined> {
    const { bucket, key } = begun
    return await this.#transactions.run(
      async (transaction) => {
        if (!guard) {
          if (!(await lockBucket(transaction, bucket, 'shareBucket'))) return undefined
        } else {
          if (!(await holdKey(transaction, bucket, key))) return undefined
          const row = await findObjectRow(transaction.read, bucket, key)
          guard(row && decodeObject(bucket, key, row))
        }
        const uploadId = transaction.takeId() as UploadId
        const upload = { ...begun, uploadId }
        const values = [idBytes(uploadId), bytesOf(bucket), bytesOf(key), encodeUpload(upload)]
        await transaction.change('addUpload', values)
        transaction.count(bucket, { uploads: 1 })
        return upload
      },
      { takesIds: true },
    )
  }

  async find(ref: UploadRef): Promise<Upload | undefined> {
    const names = namesOf(ref)
    if (!names) return undefined
    const { rows } = await this.#connections.ask<{ said: Buffer }>('findUpload', names)
    return rows[0] && decodeUpload(ref, rows[0].said)
  }

  async commitPart(
    ref: UploadRef,
    part: Part,
    guard: ((held: number) => void) | undefined,
  ): Promise<'committed' | 'no-upload' | 'condemned'> {
    const names = namesOf(ref)
    if (!names) return 'no-upload'
    const row = [part.partNumber, part.size, newStamp(), encodePart(part)]
    // A lost answer leaves open whether the part was committed; to begin again tells.
    for (const losses = new Losses(); ; ) {
      try {
        return await this.#addPart(names, row, { part, guard, mayBeThere: losses.count > 0 })
      } catch (error) {
        await losses.add(error)
      }
    }
  }

  async list(
    ref: UploadRef,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<Page<Part> | undefined> {
    const names = namesOf(ref)
    if (!names) return undefined
    const { rows } = await this.#connections.ask<{ said: Buffer | null }>('partsOfUpload', [
      ...names,
      Math.min(after, GREATEST_NUMBER),
      limit + 1,
    ])
    if (rows.length === 0) return undefined
    const parts = rows.flatMap(({ said }) => (said ? [decodePart(said)] : []))
    return { rows: parts.slice(0, limit), truncated: parts.length > limit }
  }

  async listUploads(
    bucket: string,
    query: UploadListingQuery,
  ): Promise<Page<ListingEntry<Upload>>> {
    const { afterUploadId } = query
    return await listPage<{ key: Buffer; upload_id: Buffer; said: Buffer }, Upload>({
      query,
      afterWithin: afterUploadId === undefined ? undefined : behindId(afterUploadId),
      rows: async ({ key, place }, end, limit) =>
        (
          await this.#connections.ask<{ key: Buffer; upload_id: Buffer; said: Buffer }>(
            'listUploads',
            [bytesOf(bucket), key, place, end, limit],
          )
        ).rows,
      placeOf: ({ upload_id }) => upload_id,
      read: ({ upload_id, said }, key) =>
        decodeUpload({ bucket, key, uploadId: idOf(upload_id) as UploadId }, said),
    })
  }

  async abort(ref: UploadRef): Promise<boolean> {
    return await this.#transactions.run(async (transaction) => {
      if (!(await hold(transaction, ref))) return false
      await end(transaction, ref, await sumParts(transaction, ref.uploadId), { withBlobs: true })
      return true
    })
  }

  /** The rule is fed outside of any transaction, unless parts keep coming meanwhile. */
  async complete(
    ref: UploadRef,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | undefined> {
    for (let tries = 0; ; tries++) {
      const upload = await this.find(ref)
      if (!upload) return undefined
      if (tries === TRIES) return await this.#completeInside(ref, decide)
      const outcome = await this.#completeFrom(upload, decide)
      if (outcome !== 'again') return outcome
    }
  }

  async #completeFrom(
    upload: Upload,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | 'again' | undefined> {
    const seen = { parts: 0, stamps: 0n }
    let rule: CompletionRule
    try {
      rule = decide(upload)
      const ask = async (values: [Buffer, number, number]) =>
        (await this.#connections.ask<PartsPage>('pageOfParts', values)).rows
      await feed(upload.uploadId, ask, rule, seen)
    } catch (error) {
      // Pages of different moments may together be refused for what never was.
      const now = await this.#sum(upload)
      if (!now || !isSame(now, seen) || !(await this.find(upload))) return 'again'
      throw error
    }
    return await this.#transactions.run(async (transaction) => {
      const open = await hold(transaction, upload)
      if (!open) return undefined
      const sum = await sumParts(transaction, upload.uploadId)
      return isSame(sum, seen) ? await publishUpload(transaction, open, rule, sum) : 'again'
    })
  }

  async #completeInside(
    ref: UploadRef,
    decide: (upload: Upload) => CompletionRule,
  ): Promise<StoredObject | undefined> {
    return await this.#transactions.run(async (transaction) => {
      const open = await hold(transaction, ref)
      if (!open) return undefined
      const rule = decide(open)
      const ask = (values: [Buffer, number, number]) =>
        transaction.read<PartsPage>('pageOfParts', values)
      await feed(ref.uploadId, ask, rule, { parts: 0, stamps: 0n })
      return await publishUpload(transaction, open, rule, await sumParts(transaction, ref.uploadId))
    })
  }

  async #sum({ uploadId }: UploadRef): Promise<PartsSum | undefined> {
    return (await this.#connections.ask<PartsSum>('sumParts', [idBytes(uploadId)])).rows[0]
  }

  /** One statement where it can be one: where the number is new and nothing is to be asked. */
  async #addPart(
    names: readonly [Buffer, Buffer, Buffer],
    row: readonly (number | Buffer)[],
    request: PartRequest,
  ): Promise<'committed' | 'no-upload' | 'condemned'> {
    if (!request.guard) {
      try {
        const { rows } = await this.#connections.askOnce<{ open: number; added: number }>(
          'addPart',
          [...names, ...row, fromHex(request.part.blobId), anyShard()],
        )
        if (rows[0]?.added === 1) return 'committed'
        if (rows[0]?.open === 0) return await withoutUpload(readingOver(this.#connections), request)
      } catch (error) {
        // The blob has an owner, or is condemned: which of these, and whether it may have, is asked below.
        if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error
      }
    }
    return await this.#transactions.run(async (transaction) => {
      const held = request.guard ? 'holdUpload' : 'shareUpload'
      const [open] = await transaction.read(held, names)
      if (!open) return await withoutUpload(transaction.read, request)
      if (request.guard) {
        const [count] = await transaction.read<{ held: number }>('countParts', [names[0]])
        request.guard(count?.held ?? 0)
      }
      return await putPart(transaction, names, row, request)
    })
  }
}

interface PartRequest {
  readonly part: Part
  readonly guard: ((held: number) => void) | undefined
  /** Whether it may have been committed by an attempt whose answer was lost. */
  readonly mayBeThere: boolean
}

interface PartsPage {
  readonly parts: number
  /** `null` when there are none. */
  readonly said: Buffer | null
  /** Their sum. */
  readonly stamps: string
}

/** The upload has ended; a part whose answer was lost may have been committed before that. */
async function withoutUpload(
  read: Transaction['read'],
  { part, mayBeThere }: PartRequest,
): Promise<'committed' | 'no-upload'> {
  if (!mayBeThere) return 'no-upload'
  const [row] = await read<{ condemned: boolean }>('findBlobs', [blobColumn([part.blobId])])
  return row?.condemned === false ? 'committed' : 'no-upload'
}

/** What it replaces becomes garbage. */
async function putPart(
  transaction: Transaction,
  names: readonly [Buffer, Buffer, Buffer],
  row: readonly (number | Buffer)[],
  { part, mayBeThere }: PartRequest,
): Promise<'committed' | 'condemned'> {
  const [uploadId, bucket] = names
  for (;;) {
    const [found] = await transaction.read<{ said: Buffer }>('holdPart', [
      uploadId,
      part.partNumber,
    ])
    const standing = found && decodePart(found.said)
    const isSameBlob = standing?.blobId === part.blobId
    if (!isSameBlob) {
      const claim = await claimBlobs(transaction, [part.blobId])
      if (claim === 'condemned') return abandoned(transaction, 'condemned')
      if (claim !== 'claimed') {
        if (mayBeThere) return abandoned(transaction, 'committed')
        throw blobTaken(part.blobId)
      }
    }
    const name = bucket.toString()
    if (standing) {
      await transaction.change('replacePart', [uploadId, ...row])
      transaction.count(name, { partBytes: part.size - standing.size })
      if (!isSameBlob) discardBlobs(transaction, uploadId, [standing.blobId])
      return 'committed'
    }
    const { count } = await transaction.change('putPart', [uploadId, ...row])
    if (count > 0) {
      transaction.count(name, { parts: 1, partBytes: part.size })
      return 'committed'
    }
    // One of this number came first, just now; it is seen from here on.
    await transaction.change('forgetBlobs', [[fromHex(part.blobId)]])
  }
}

/** Nothing was changed, whatever was tried. */
function abandoned<Result>(transaction: Transaction, result: Result): Result {
  transaction.abandon()
  return result
}

/** The upload, which nobody else ends or adds to until the transaction ends. */
async function hold(transaction: Transaction, ref: UploadRef): Promise<Upload | undefined> {
  const names = namesOf(ref)
  if (!names) return undefined
  const [row] = await transaction.read<{ said: Buffer }>('holdUpload', names)
  return row && decodeUpload(ref, row.said)
}

async function sumParts(transaction: Transaction, uploadId: UploadId): Promise<PartsSum> {
  const [sum] = await transaction.read<PartsSum>('sumParts', [idBytes(uploadId)])
  return sum ?? { parts: 0, bytes: 0, stamps: '0' }
}

async function feed(
  uploadId: UploadId,
  ask: (values: [Buffer, number, number]) => Promise<readonly PartsPage[]>,
  rule: CompletionRule,
  seen: { parts: number; stamps: bigint },
): Promise<void> {
  for (let after = 0; ; ) {
    const [page] = await ask([idBytes(uploadId), after, SLICE])
    const parts = page?.said ? decodeParts(page.said) : []
    seen.stamps += BigInt(page?.stamps ?? 0)
    seen.parts += parts.length
    if (parts.length > 0) rule.page(parts)
    const last = parts.at(-1)
    if (parts.length < SLICE || !last) return
    after = last.partNumber
  }
}

/** Within a transaction that holds the upload, all of whose parts `rule` has seen. */
async function publishUpload(
  transaction: Transaction,
  upload: Upload,
  rule: CompletionRule,
  sum: PartsSum,
): Promise<StoredObject> {
  const { bucket, key, uploadId } = upload
  const found = await holdKey(transaction, bucket, key)
  const row = await findObjectRow(transaction.read, bucket, key)
  const { object, dropped } = rule.finish(row && decodeObject(bucket, key, row))
  await end(transaction, upload, sum, { withBlobs: false })
  discardBlobs(transaction, idBytes(uploadId), dropped)
  return await publish(transaction, object, found?.versioning)
}

async function end(
  transaction: Transaction,
  { bucket, uploadId }: UploadRef,
  { parts, bytes }: PartsSum,
  options: { readonly withBlobs: boolean },
): Promise<void> {
  await transaction.change('removeUpload', [idBytes(uploadId)])
  transaction.count(bucket, { uploads: -1, parts: -parts, partBytes: -bytes })
  if (parts > 0) discardParts(transaction, uploadId, options)
}

function isSame(sum: PartsSum, seen: { readonly parts: number; readonly stamps: bigint }): boolean {
  return sum.parts === seen.parts && BigInt(sum.stamps) === seen.stamps
}

function namesOf({ bucket, key, uploadId }: UploadRef): [Buffer, Buffer, Buffer] | undefined {
  if (!isTimeOrdered(uploadId) || !isKey(bucket, key)) return undefined
  return [idBytes(uploadId), bytesOf(bucket), bytesOf(key)]
}

const HEX = '0123456789ABCDEF'

/** A place behind the ids that are not above `text`, and before all others. */
function behindId(text: string): Buffer {
  let length = 0
  while (length < 32 && HEX.includes(text.charAt(length) || ' ')) length++
  const next = text.charAt(length)
  const lower = [...HEX].filter((digit) => next !== '' && digit < next).length
  return placeBefore(text.slice(0, length), length === 32 ? 0 : lower)
}

/** Before the ids that go on from `digits` with the digit `next` or a greater one. */
function placeBefore(digits: string, next: number): Buffer {
  if (next > 0) return fromHex(`${digits}${HEX.charAt(next - 1)}`.padEnd(34, 'F'))
  if (digits.length % 2 === 0) return fromHex(digits)
  return placeBefore(digits.slice(0, -1), HEX.indexOf(digits.slice(-1)))
}
