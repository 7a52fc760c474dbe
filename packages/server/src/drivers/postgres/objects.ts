/**
 * Objects and their older versions. The newest version of a key, if it is an object, is in `objects`,
 * so that listings meet nothing else; every other version is in `versions`.
 *
 * The methods that write run inside a transaction, and begin by holding the key.
 */

import { createHash, randomBytes } from 'node:crypto'
import type { BlobId } from '../../ports/blob-store.ts'
import {
  type Bucket,
  type Deletion,
  type ManifestEntry,
  type NewObject,
  NULL_VERSION,
  type ObjectVersion,
  type StoredObject,
  type UnversionedObject,
  type VersionId,
} from '../../ports/metadata-store.ts'
import { lockBucket } from './buckets.ts'
import type { Connections } from './connections.ts'
import { ConflictError } from './failures.ts'
import { discardManifest } from './garbage.ts'
import { extendManifest, keepManifest, type Whereabouts } from './manifests.ts'
import {
  blobColumn,
  blobIdOf,
  bytesOf,
  decodeMarker,
  decodeObject,
  encodeMarker,
  encodeObject,
  idBytes,
  isKey,
  isTimeOrdered,
  placeOf,
  versionColumn,
  versionIdOf,
} from './rows.ts'
import type { Transaction } from './transactions.ts'

/** Rows of `key_locks`. */
const SLOTS = 4_096

/** Behind every place, which has 16 bytes. */
const LAST = Buffer.alloc(17, 0xff)

/** Behind the newest object and before every place: those do not begin with zeros in this age. */
export const FIRST: Buffer = Buffer.of(0)

type Versioning = Bucket['versioning']

export interface VersionRow {
  /** Absent of a delete marker. */
  readonly manifest: Buffer | null
  readonly version: Buffer | null
  readonly said: Buffer
  readonly entries: Buffer | null
  /** Empty of the row in `objects`. */
  readonly place: Buffer
  readonly latest: boolean
  /** When this was asked for, in microseconds, and no later than it was so. */
  readonly asked: number
}

type ObjectRow = VersionRow & { readonly manifest: Buffer }

/** Reads rows, inside a transaction or not. */
type Read = Transaction['read']

export function isObject(row: VersionRow | undefined): row is ObjectRow {
  return row !== undefined && row.manifest !== null
}

export function shownVersion(
  bucket: string,
  key: string,
  row: Pick<VersionRow, 'manifest' | 'version' | 'said' | 'latest'>,
): ObjectVersion {
  const { latest } = row
  return row.manifest === null
    ? { kind: 'marker', key, latest, marker: decodeMarker(bucket, key, row) }
    : { kind: 'object', key, latest, object: decodeObject(bucket, key, row) }
}

export function readingOver(connections: Connections): Read {
  return async <Row>(...asked: Parameters<Read>) => (await connections.ask<Row>(...asked)).rows
}

/** The newest version if it is an object. */
export async function findObjectRow(
  read: Read,
  bucket: string,
  key: string,
): Promise<ObjectRow | undefined> {
  if (!isKey(bucket, key)) return undefined
  const [row] = await read<VersionRow>('findObject', [bytesOf(bucket), bytesOf(key)])
  return isObject(row) ? row : undefined
}

/** A version; without an id, the newest. */
export async function findVersionRow(
  read: Read,
  bucket: string,
  key: string,
  versionId: VersionId | undefined,
): Promise<VersionRow | undefined> {
  if (!isKey(bucket, key)) return undefined
  const names = [bytesOf(bucket), bytesOf(key)]
  if (versionId !== undefined && versionId !== NULL_VERSION && !isTimeOrdered(versionId)) {
    return undefined
  }
  const newest = await findObjectRow(read, bucket, key)
  if (newest && (versionId === undefined || isVersion(newest, versionId))) return newest
  const [older] =
    versionId === undefined
      ? await read<VersionRow>('newestVersion', names)
      : versionId === NULL_VERSION
        ? await read<VersionRow>('findNullVersion', names)
        : await read<VersionRow>('findVersion', [...names, placeOf(idBytes(versionId))])
  return older && (versionId === undefined || isVersion(older, versionId)) ? older : undefined
}

/** Where the version stands, or would stand, so that what is older comes behind it. */
export async function placeOfVersion(
  read: Read,
  bucket: string,
  key: string,
  versionId: VersionId,
): Promise<Buffer> {
  if (versionId !== NULL_VERSION) {
    return isTimeOrdered(versionId) ? placeOf(idBytes(versionId)) : LAST
  }
  const found = await findVersionRow(read, bucket, key, versionId)
  if (!found) return LAST
  return found.place.length > 0 ? found.place : FIRST
}

/** The bucket, and that nobody else changes the key until the transaction ends. */
export async function holdKey(
  transaction: Transaction,
  bucket: string,
  key: string,
): Promise<Bucket | undefined> {
  const found = await lockBucket(transaction, bucket, 'shareBucket')
  if (!found) return undefined
  const slot = createHash('md5').update(`${bucket}\0${key}`).digest().readUInt16BE() % SLOTS
  await transaction.read('holdKey', [slot])
  return found
}

/** Makes the blobs those of whatever the transaction writes, or says which of them has an owner. */
export async function claimBlobs(
  transaction: Transaction,
  blobs: Iterable<BlobId>,
): Promise<'claimed' | 'condemned' | { readonly taken: BlobId }> {
  const column = blobColumn(blobs)
  if (column.length === 0) return 'claimed'
  const { rows: claimed } = await transaction.change<{ blob_id: Buffer }>('claimBlobs', [column])
  if (claimed.length === column.length) return 'claimed'
  const ours = new Set(claimed.map(({ blob_id }) => blobIdOf(blob_id)))
  const known = await transaction.read<{ blob_id: Buffer; condemned: boolean }>('findBlobs', [
    column,
  ])
  const others = known.filter(({ blob_id }) => !ours.has(blobIdOf(blob_id)))
  if (others.some(({ condemned }) => condemned)) return 'condemned'
  const taken = others[0]
  // Whoever had it has forgotten it in between.
  if (!taken) throw new ConflictError('A blob was forgotten meanwhile.')
  return { taken: blobIdOf(taken.blob_id) }
}

export function blobTaken(blob: BlobId): Error {
  return new Error(`Blob ${blob} has an owner already.`)
}

/** Writes the object as the newest version of its key. */
export async function publish(
  transaction: Transaction,
  published: NewObject,
  versioning: Versioning,
): Promise<StoredObject> {
  const { manifest: entries, ...unversioned } = published
  const { bucket, key } = unversioned
  const versionId = await makeRoom(transaction, bucket, key, versioning)
  const object = { ...unversioned, versionId }
  await putNewest(transaction, object, await keepManifest(transaction, randomBytes(16), entries))
  return object
}

/** Puts `entries` behind the bytes of the object that is there, or makes one of them. */
export async function append(
  transaction: Transaction,
  object: UnversionedObject,
  entries: readonly ManifestEntry[],
  versioning: Versioning,
): Promise<StoredObject> {
  const { bucket, key } = object
  const current = await findObjectRow(transaction.read, bucket, key)
  if (!current) return await publish(transaction, { ...object, manifest: entries }, versioning)
  const before = decodeObject(bucket, key, current)
  const stored = { ...object, versionId: before.versionId }
  transaction.countObject(before, -1)
  await putNewest(transaction, stored, await extendManifest(transaction, current, entries))
  return stored
}

/** Replaces what the row says of the object; its bytes stay. */
export async function update(
  transaction: Transaction,
  place: {
    readonly bucket: string
    readonly key: string
    readonly versionId?: VersionId | undefined
  },
  change: (object: StoredObject) => UnversionedObject,
): Promise<StoredObject | undefined> {
  const { bucket, key } = place
  const row = await findVersionRow(transaction.read, bucket, key, place.versionId)
  if (!isObject(row)) return undefined
  const object = decodeObject(bucket, key, row)
  const kept = { bucket, key, size: object.size, versionId: object.versionId }
  const changed = { ...change(object), ...kept }
  const names = [bytesOf(bucket), bytesOf(key)]
  const said = encodeObject(changed)
  if (row.place.length === 0) await transaction.change('changeObject', [...names, said])
  else await transaction.change('changeVersion', [...names, row.place, said])
  transaction.countObject(object, -1)
  transaction.countObject(changed, 1)
  return changed
}

/** Deletes the object, or where versions are kept marks it as deleted. */
export async function remove(
  transaction: Transaction,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  versioning: Versioning,
  now: () => Date,
): Promise<Deletion> {
  if (versioning === undefined) {
    const found = await findVersionRow(transaction.read, bucket, key, undefined)
    if (!found) return { kind: 'missing' }
    await discard(transaction, bucket, key, found)
    return { kind: 'deleted' }
  }
  const versionId = await makeRoom(transaction, bucket, key, versioning)
  const id = versionId === NULL_VERSION ? transaction.takeId() : versionId
  if (versionId === NULL_VERSION) await requireNewest(transaction, bucket, key, id)
  await transaction.change('putVersion', [
    bytesOf(bucket),
    bytesOf(key),
    placeOf(idBytes(id)),
    null,
    versionColumn(versionId),
    encodeMarker({ modifiedAt: now() }),
    null,
  ])
  transaction.count(bucket, { markers: 1 })
  return { kind: 'marked', versionId }
}

/** Deletes this version; what is then the newest is seen again if it is an object. */
export async function removeVersion(
  transaction: Transaction,
  bucket: string,
  key: string,
  found: VersionRow | undefined,
): Promise<'missing' | 'object' | 'marker'> {
  if (!found) return 'missing'
  await discard(transaction, bucket, key, found)
  if (!found.latest) return found.manifest ? 'object' : 'marker'
  const names = [bytesOf(bucket), bytesOf(key)]
  const [newest] = await transaction.read<VersionRow>('newestVersion', names)
  if (isObject(newest)) await transaction.change('raiseVersion', [...names, newest.place])
  return found.manifest ? 'object' : 'marker'
}

/**
 * Takes what is the newest out of the way of a version to come, and gives that its id. Where no
 * versions are kept, what would have the same id goes.
 */
async function makeRoom(
  transaction: Transaction,
  bucket: string,
  key: string,
  versioning: Versioning,
): Promise<VersionId> {
  const newest = await findObjectRow(transaction.read, bucket, key)
  if (versioning === undefined) {
    if (newest) await discard(transaction, bucket, key, newest)
    return NULL_VERSION
  }
  const isKept = versioning === 'Enabled' || (newest && newest.version !== null)
  if (newest && isKept) await lower(transaction, bucket, key, newest)
  if (versioning === 'Enabled') {
    const id = transaction.takeId()
    await requireNewest(transaction, bucket, key, id)
    return id
  }
  const replaced = await findVersionRow(transaction.read, bucket, key, NULL_VERSION)
  if (replaced) await discard(transaction, bucket, key, replaced)
  return NULL_VERSION
}

/** Moves the newest object to the older versions. */
async function lower(
  transaction: Transaction,
  bucket: string,
  key: string,
  { version }: ObjectRow,
): Promise<void> {
  const id = version ?? idBytes(transaction.takeId())
  await transaction.change('lowerObject', [bytesOf(bucket), bytesOf(key), placeOf(id)])
}

/** Ids are taken before the key is held: another one of this key may have been taken since. */
async function requireNewest(
  transaction: Transaction,
  bucket: string,
  key: string,
  id: string,
): Promise<void> {
  const [newest] = await transaction.read<VersionRow>('newestVersion', [
    bytesOf(bucket),
    bytesOf(key),
  ])
  if (newest && Buffer.compare(newest.place, placeOf(idBytes(id))) <= 0) {
    throw new ConflictError('A newer version came first.')
  }
}

async function putNewest(
  transaction: Transaction,
  object: StoredObject,
  { manifest, entries }: Whereabouts,
): Promise<void> {
  const { bucket, key, versionId } = object
  const names = [bytesOf(bucket), bytesOf(key)]
  const values = [manifest, versionColumn(versionId), encodeObject(object), entries]
  await transaction.change('putObject', [...names, ...values])
  transaction.countObject(object, 1)
}

/** Removes the row; the bytes that it names become garbage. */
async function discard(
  transaction: Transaction,
  bucket: string,
  key: string,
  row: VersionRow,
): Promise<void> {
  const names = [bytesOf(bucket), bytesOf(key)]
  if (row.place.length === 0) await transaction.change('removeObject', names)
  else await transaction.change('removeVersion', [...names, row.place])
  if (isObject(row)) {
    transaction.countObject(decodeObject(bucket, key, row), -1)
    discardManifest(transaction, row)
  } else {
    transaction.count(bucket, { markers: -1 })
  }
}

function isVersion({ version }: VersionRow, versionId: VersionId): boolean {
  return versionIdOf(version) === versionId
}
