/**
 * Rows to bytes and back. The first byte of each is the version of its own layout, so that one kind
 * of row can change while others stay. Rows that come by the thousand are packed; others are JSON.
 */

import type { ETag, UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import {
  type Bucket,
  type BucketUsage,
  type DeleteMarker,
  type ManifestEntry,
  NULL_VERSION,
  type ObjectAttributes,
  type ObjectType,
  type Part,
  type StoredObject,
  type Upload,
  type VersionId,
} from '../../ports/metadata-store.ts'
import { blobIdOf, fromHex, partNumberOf, readUint, toHex, writeUint } from './keys.ts'

const VERSION = 1

const utf8 = new TextEncoder()
const text = new TextDecoder()

export function encodeBucket({ name: _, createdAt, ...bucket }: Bucket): Uint8Array {
  return encodeJson({ ...bucket, createdAt: createdAt.getTime() })
}

export function decodeBucket(name: string, row: Uint8Array): Bucket {
  const { createdAt, ...bucket } = decodeJson<Omit<Bucket, 'createdAt'> & { createdAt: number }>(
    row,
  )
  return { ...bucket, name, createdAt: new Date(createdAt) }
}

interface UploadRow {
  readonly initiatedAt: number
  readonly sequential?: boolean
  readonly attributes: ObjectAttributes
}

export function encodeUpload({ initiatedAt, attributes, sequential }: Upload): Uint8Array {
  return encodeJson({
    initiatedAt: initiatedAt.getTime(),
    attributes,
    ...(sequential ? { sequential } : {}),
  } satisfies UploadRow)
}

export function decodeUpload(
  ref: { readonly bucket: string; readonly key: string; readonly uploadId: UploadId },
  row: Uint8Array,
): Upload {
  const { initiatedAt, ...said } = decodeJson<UploadRow>(row)
  const { bucket, key, uploadId } = ref
  return { bucket, key, uploadId, initiatedAt: new Date(initiatedAt), ...said }
}

/** What changes with each part: a count of the commits, the numbers held, and the bytes of their parts. */
export interface UploadState {
  readonly epoch: number
  readonly parts: number
  readonly bytes: number
}

/** The layout that also counts bytes; the first did not. */
const STATE_VERSION = 2

export function encodeUploadState({ epoch, parts, bytes }: UploadState): Uint8Array {
  const row = new Uint8Array(25)
  row[0] = STATE_VERSION
  writeUint(row, 1, epoch)
  writeUint(row, 9, parts)
  writeUint(row, 17, bytes)
  return row
}

export function decodeUploadState(row: Uint8Array): UploadState {
  requireVersion(row, STATE_VERSION)
  return { ...decodeFirstUploadState(row), bytes: readUint(row, 17) }
}

/** What the first layout and the second have in common. */
export function decodeFirstUploadState(row: Uint8Array): Omit<UploadState, 'bytes'> {
  return { epoch: readUint(row, 1), parts: readUint(row, 9) }
}

const PART = { blob: 1, md5: 17, crc64: 33, size: 41, uploadedAt: 49, end: 57 }

export function encodePart(part: Part): Uint8Array {
  if (part.md5.length !== 16) throw new RangeError('An MD5 has 16 bytes.')
  const row = new Uint8Array(PART.end)
  row[0] = VERSION
  row.set(fromHex(part.blobId), PART.blob)
  row.set(part.md5, PART.md5)
  new DataView(row.buffer).setBigUint64(PART.crc64, part.crc64)
  writeUint(row, PART.size, part.size)
  writeUint(row, PART.uploadedAt, part.uploadedAt.getTime())
  return row
}

export function decodePart(key: Uint8Array, row: Uint8Array): Part {
  requireVersion(row)
  return {
    partNumber: partNumberOf(key),
    blobId: blobOfPart(row),
    size: readUint(row, PART.size),
    md5: new Uint8Array(row.subarray(PART.md5, PART.crc64)),
    crc64: new DataView(row.buffer, row.byteOffset, PART.end).getBigUint64(PART.crc64),
    uploadedAt: new Date(readUint(row, PART.uploadedAt)),
  }
}

export function sizeOfPart(row: Uint8Array): number {
  return readUint(row, PART.size)
}

export function blobOfPart(row: Uint8Array): BlobId {
  return blobIdOf(row.subarray(PART.blob, PART.md5))
}

/**
 * Where an object's bytes are: in the row itself, or in segments of their own, of which the row
 * keeps where each begins.
 */
export type Whereabouts =
  | { readonly kind: 'inline'; readonly entries: readonly ManifestEntry[] }
  | { readonly kind: 'segments'; readonly id: number; readonly starts: readonly number[] }

interface ObjectRow {
  readonly type: ObjectType
  readonly size: number
  readonly etag: string
  readonly crc64: string
  readonly md5?: string
  readonly modifiedAt: number
  readonly attributes: ObjectAttributes
  /** Absent means `null`. */
  readonly version?: VersionId
  readonly symlink?: string
  readonly restore?: readonly [readyAt: number, expiresAt: number]
  readonly entries?: readonly (readonly [blob: string, offset: number, length: number])[]
  readonly manifest?: number
  readonly starts?: readonly number[]
}

export function encodeObject(object: StoredObject, whereabouts: Whereabouts): Uint8Array {
  const { type, size, etag, crc64, md5, modifiedAt, attributes } = object
  const { versionId, symlinkTarget, restore } = object
  return encodeJson({
    type,
    size,
    etag,
    crc64: crc64.toString(),
    ...(md5 ? { md5: toHex(md5) } : {}),
    modifiedAt: modifiedAt.getTime(),
    attributes,
    ...(versionId === NULL_VERSION ? {} : { version: versionId }),
    ...(symlinkTarget === undefined ? {} : { symlink: symlinkTarget }),
    ...(restore
      ? { restore: [restore.readyAt.getTime(), restore.expiresAt.getTime()] as const }
      : {}),
    ...(whereabouts.kind === 'inline'
      ? { entries: whereabouts.entries.map((e) => [e.blobId, e.blobOffset, e.length] as const) }
      : { manifest: whereabouts.id, starts: whereabouts.starts }),
  } satisfies ObjectRow)
}

export function decodeObject(bucket: string, key: string, row: Uint8Array): StoredObject {
  return readObject(bucket, key, decodeJson<ObjectRow>(row))
}

export function decodeObjectAndWhereabouts(
  bucket: string,
  key: string,
  bytes: Uint8Array,
): { readonly object: StoredObject; readonly whereabouts: Whereabouts } {
  const row = decodeJson<ObjectRow>(bytes)
  const { entries = [], manifest, starts = [] } = row
  return {
    object: readObject(bucket, key, row),
    whereabouts:
      manifest === undefined
        ? {
            kind: 'inline',
            entries: entries.map(([blob, blobOffset, length]) => {
              return { blobId: blob as BlobId, blobOffset, length }
            }),
          }
        : { kind: 'segments', id: manifest, starts },
  }
}

function readObject(bucket: string, key: string, row: ObjectRow): StoredObject {
  return {
    bucket,
    key,
    type: row.type,
    size: row.size,
    etag: row.etag as ETag,
    crc64: BigInt(row.crc64),
    md5: row.md5 === undefined ? undefined : fromHex(row.md5),
    modifiedAt: new Date(row.modifiedAt),
    attributes: row.attributes,
    versionId: row.version ?? NULL_VERSION,
    ...(row.symlink === undefined ? {} : { symlinkTarget: row.symlink }),
    ...(row.restore && {
      restore: { readyAt: new Date(row.restore[0]), expiresAt: new Date(row.restore[1]) },
    }),
  }
}

interface MarkerRow {
  readonly marker: true
  readonly version?: VersionId
  readonly modifiedAt: number
}

export function encodeMarker({ versionId, modifiedAt }: DeleteMarker): Uint8Array {
  return encodeJson({
    marker: true,
    ...(versionId === NULL_VERSION ? {} : { version: versionId }),
    modifiedAt: modifiedAt.getTime(),
  } satisfies MarkerRow)
}

/** `undefined` for the row of an object. */
export function decodeMarkerIfAny(
  bucket: string,
  key: string,
  bytes: Uint8Array,
): DeleteMarker | undefined {
  const row = decodeJson<MarkerRow | { readonly marker?: undefined }>(bytes)
  if (!row.marker) return undefined
  const { version = NULL_VERSION, modifiedAt } = row
  return { bucket, key, versionId: version, modifiedAt: new Date(modifiedAt) }
}

export function encodeUsage(usage: BucketUsage): Uint8Array {
  return encodeJson(usage)
}

export function decodeUsage(row: Uint8Array): BucketUsage {
  return decodeJson<BucketUsage>(row)
}

export function encodeText(value: string): Uint8Array {
  return concatenate([Uint8Array.of(VERSION), utf8.encode(value)])
}

export function decodeText(row: Uint8Array): string {
  requireVersion(row)
  return text.decode(row.subarray(1))
}

const ENTRY = 32

/** A segment of a manifest: 32 bytes an entry. */
export function encodeEntries(entries: readonly ManifestEntry[]): Uint8Array {
  const row = Buffer.alloc(1 + entries.length * ENTRY)
  row[0] = VERSION
  let at = 1
  for (const { blobId, blobOffset, length } of entries) {
    row.write(blobId, at, 'hex')
    writeUint(row, at + 16, blobOffset)
    writeUint(row, at + 24, length)
    at += ENTRY
  }
  return row
}

export function decodeEntries(row: Uint8Array): ManifestEntry[] {
  requireVersion(row)
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.length)
  const entries: ManifestEntry[] = []
  for (let at = 1; at < row.length; at += ENTRY) {
    entries.push({
      blobId: bytes.toString('hex', at, at + 16) as BlobId,
      blobOffset: readUint(row, at + 16),
      length: readUint(row, at + 24),
    })
  }
  return entries
}

/** One item of garbage, as it is queued. */
export type GarbageRow =
  | { readonly kind: 'blobs'; readonly blobs: readonly BlobId[] }
  | { readonly kind: 'manifest'; readonly id: number }
  /** The parts of an aborted upload, with their blobs. */
  | { readonly kind: 'parts'; readonly uploadId: UploadId }
  /** The part rows of a completed upload; their blobs are the object's, or were dropped by name. */
  | { readonly kind: 'part-rows'; readonly uploadId: UploadId }

const garbageKinds = ['blobs', 'manifest', 'parts', 'part-rows'] as const

export function encodeGarbage(item: GarbageRow): Uint8Array {
  const head = Uint8Array.of(VERSION, garbageKinds.indexOf(item.kind))
  switch (item.kind) {
    case 'blobs':
      return concatenate([head, ...item.blobs.map(fromHex)])
    case 'manifest': {
      const id = new Uint8Array(8)
      writeUint(id, 0, item.id)
      return concatenate([head, id])
    }
    default:
      return concatenate([head, fromHex(item.uploadId)])
  }
}

export function decodeGarbage(row: Uint8Array): GarbageRow {
  requireVersion(row)
  const kind = garbageKinds[row[1] ?? -1]
  const rest = row.subarray(2)
  switch (kind) {
    case 'blobs': {
      const blobs: BlobId[] = []
      for (let at = 0; at < rest.length; at += 16) blobs.push(blobIdOf(rest.subarray(at, at + 16)))
      return { kind, blobs }
    }
    case 'manifest':
      return { kind, id: readUint(rest, 0) }
    case undefined:
      throw new Error(`Garbage of an unknown kind: ${row[1]}`)
    default:
      return { kind, uploadId: toHex(rest).toUpperCase() as UploadId }
  }
}

/** A process that reads: nothing that became garbage after `order` may be deleted until `until`. */
export interface Lease {
  readonly order: number
  /** Milliseconds since 1970. */
  readonly until: number
}

export function encodeLease(lease: Lease): Uint8Array {
  return encodeJson(lease)
}

export function decodeLease(row: Uint8Array): Lease {
  return decodeJson<Lease>(row)
}

export function encodeNumber(value: number): Uint8Array {
  const row = new Uint8Array(8)
  writeUint(row, 0, value)
  return row
}

export function decodeNumber(row: Uint8Array | undefined): number {
  return row === undefined ? 0 : readUint(row, 0)
}

function encodeJson(value: object): Uint8Array {
  return concatenate([Uint8Array.of(VERSION), utf8.encode(JSON.stringify(value))])
}

function decodeJson<Value>(row: Uint8Array): Value {
  requireVersion(row)
  return JSON.parse(text.decode(row.subarray(1))) as Value
}

function requireVersion(row: Uint8Array, version: number = VERSION): void {
  if (row[0] !== version) throw new Error(`A row has layout ${row[0]}, which is unknown.`)
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}
