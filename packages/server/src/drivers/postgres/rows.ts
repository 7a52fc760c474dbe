/** Values to columns and back. */

import type { ETag, UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'
import {
  type Bucket,
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

export function bytesOf(text: string): Buffer {
  return Buffer.from(text)
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
}

export function fromHex(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/** Names and keys hold no U+0000; nothing is ever stored under a text that does. */
export function isKey(...texts: readonly string[]): boolean {
  return texts.every((text) => text !== '' && !text.includes('\0'))
}

/** What upload ids and version ids of ours look like. Others were never issued. */
export function isTimeOrdered(text: string): boolean {
  return /^[0-9A-F]{32}$/.test(text)
}

/** The id of an upload or of a version, as 16 bytes. */
export function idBytes(id: string): Buffer {
  return fromHex(id)
}

export function idOf(bytes: Uint8Array): string {
  return toHex(bytes).toUpperCase()
}

/** Where a version stands among those of its key, the newest first: the complement of its id. */
export function placeOf(id: Uint8Array): Buffer {
  return Buffer.from(id.map((byte) => 0xff - byte))
}

export function blobIdOf(bytes: Uint8Array): BlobId {
  return toHex(bytes) as BlobId
}

/** Sorted, so that two transactions which name some of the same blobs do not wait for one another. */
export function blobColumn(blobs: Iterable<BlobId>): Buffer[] {
  return [...new Set(blobs)].sort().map(fromHex)
}

export function packBlobs(blobs: readonly BlobId[]): Buffer {
  return fromHex(blobs.join(''))
}

export function unpackBlobs(packed: Uint8Array): BlobId[] {
  const hex = toHex(packed)
  return Array.from({ length: hex.length / 32 }, (_, at) => {
    return hex.slice(at * 32, (at + 1) * 32) as BlobId
  })
}

function encode(value: object): Buffer {
  return bytesOf(JSON.stringify(value))
}

function decode<Value>(said: Uint8Array): Value {
  return JSON.parse(textOf(said)) as Value
}

export function encodeBucket({ name: _, createdAt, ...bucket }: Bucket): Buffer {
  return encode({ ...bucket, createdAt: createdAt.getTime() })
}

export function decodeBucket(name: string, said: Uint8Array): Bucket {
  const { createdAt, ...bucket } = decode<Omit<Bucket, 'createdAt'> & { createdAt: number }>(said)
  return { ...bucket, name, createdAt: new Date(createdAt) }
}

interface SaidOfUpload {
  readonly initiatedAt: number
  readonly sequential?: boolean
  readonly attributes: ObjectAttributes
}

export function encodeUpload(upload: Omit<Upload, 'uploadId'>): Buffer {
  const { initiatedAt, attributes, sequential } = upload
  return encode({
    initiatedAt: initiatedAt.getTime(),
    attributes,
    ...(sequential ? { sequential } : {}),
  } satisfies SaidOfUpload)
}

export function decodeUpload(
  { bucket, key, uploadId }: { bucket: string; key: string; uploadId: UploadId },
  said: Uint8Array,
): Upload {
  const { initiatedAt, ...rest } = decode<SaidOfUpload>(said)
  return { bucket, key, uploadId, initiatedAt: new Date(initiatedAt), ...rest }
}

/** Where the columns of a part lie in its bytes. */
const PART = { number: 0, blob: 4, md5: 20, crc64: 36, size: 44, uploadedAt: 52, end: 60 }

export function encodePart(part: Part): Buffer {
  if (part.md5.length !== 16) throw new RangeError('An MD5 has 16 bytes.')
  const said = Buffer.alloc(PART.end)
  said.writeUInt32BE(part.partNumber, PART.number)
  said.write(part.blobId, PART.blob, 'hex')
  said.set(part.md5, PART.md5)
  said.writeBigUInt64BE(part.crc64, PART.crc64)
  writeUint(said, PART.size, part.size)
  writeUint(said, PART.uploadedAt, part.uploadedAt.getTime())
  return said
}

export function decodePart(said: Buffer, at = 0): Part {
  return {
    partNumber: said.readUInt32BE(at + PART.number),
    blobId: said.toString('hex', at + PART.blob, at + PART.md5) as BlobId,
    size: readUint(said, at + PART.size),
    md5: new Uint8Array(said.subarray(at + PART.md5, at + PART.crc64)),
    crc64: said.readBigUInt64BE(at + PART.crc64),
    uploadedAt: new Date(readUint(said, at + PART.uploadedAt)),
  }
}

/** Many of them, one behind the other. */
export function decodeParts(said: Buffer): Part[] {
  const parts: Part[] = []
  for (let at = 0; at < said.length; at += PART.end) parts.push(decodePart(said, at))
  return parts
}

interface SaidOfObject {
  readonly type: ObjectType
  readonly size: number
  readonly etag: string
  readonly crc64: string
  readonly md5?: string
  readonly modifiedAt: number
  readonly attributes: ObjectAttributes
  readonly symlink?: string
  readonly restore?: readonly [readyAt: number, expiresAt: number]
}

export function encodeObject(object: Omit<StoredObject, 'versionId'>): Buffer {
  const { type, size, etag, crc64, md5, modifiedAt, attributes, symlinkTarget, restore } = object
  return encode({
    type,
    size,
    etag,
    crc64: crc64.toString(),
    ...(md5 ? { md5: toHex(md5) } : {}),
    modifiedAt: modifiedAt.getTime(),
    attributes,
    ...(symlinkTarget === undefined ? {} : { symlink: symlinkTarget }),
    ...(restore
      ? { restore: [restore.readyAt.getTime(), restore.expiresAt.getTime()] as const }
      : {}),
  } satisfies SaidOfObject)
}

export function decodeObject(
  bucket: string,
  key: string,
  { version, said }: { readonly version: Uint8Array | null; readonly said: Uint8Array },
): StoredObject {
  const row = decode<SaidOfObject>(said)
  return {
    bucket,
    key,
    type: row.type,
    size: row.size,
    etag: row.etag as ETag,
    crc64: BigInt(row.crc64),
    md5: row.md5 === undefined ? undefined : new Uint8Array(fromHex(row.md5)),
    modifiedAt: new Date(row.modifiedAt),
    attributes: row.attributes,
    versionId: versionIdOf(version),
    ...(row.symlink === undefined ? {} : { symlinkTarget: row.symlink }),
    ...(row.restore && {
      restore: { readyAt: new Date(row.restore[0]), expiresAt: new Date(row.restore[1]) },
    }),
  }
}

export function encodeMarker({ modifiedAt }: Pick<DeleteMarker, 'modifiedAt'>): Buffer {
  return encode({ modifiedAt: modifiedAt.getTime() })
}

export function decodeMarker(
  bucket: string,
  key: string,
  { version, said }: { readonly version: Uint8Array | null; readonly said: Uint8Array },
): DeleteMarker {
  const { modifiedAt } = decode<{ modifiedAt: number }>(said)
  return { bucket, key, versionId: versionIdOf(version), modifiedAt: new Date(modifiedAt) }
}

export function versionIdOf(version: Uint8Array | null): VersionId {
  return version === null ? NULL_VERSION : idOf(version)
}

export function versionColumn(versionId: VersionId): Buffer | null {
  return versionId === NULL_VERSION ? null : idBytes(versionId)
}

/** Bytes of an entry of a manifest: blob, offset in it, length. */
const ENTRY = 32

export function packEntries(entries: readonly ManifestEntry[]): Buffer {
  const packed = Buffer.alloc(entries.length * ENTRY)
  let at = 0
  for (const { blobId, blobOffset, length } of entries) {
    packed.write(blobId, at, 'hex')
    writeUint(packed, at + 16, blobOffset)
    writeUint(packed, at + 24, length)
    at += ENTRY
  }
  return packed
}

export function unpackEntries(packed: Buffer): ManifestEntry[] {
  const entries: ManifestEntry[] = []
  for (let at = 0; at < packed.length; at += ENTRY) {
    entries.push({
      blobId: packed.toString('hex', at, at + 16) as BlobId,
      blobOffset: readUint(packed, at + 16),
      length: readUint(packed, at + 24),
    })
  }
  return entries
}

/** Eight bytes, big-endian; exact below 2^53. */
function writeUint(into: Buffer, at: number, value: number): void {
  into.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  into.writeUInt32BE(value % 2 ** 32, at + 4)
}

function readUint(from: Buffer, at: number): number {
  return from.readUInt32BE(at) * 2 ** 32 + from.readUInt32BE(at + 4)
}

/** The least position after every text that begins with `bytes`. */
export function afterAll(bytes: Buffer): Buffer {
  let last = bytes.length - 1
  while (bytes[last] === 0xff) last--
  // No text of UTF-8 has this byte, so it stands behind all of them.
  if (last < 0) return Buffer.of(0xff)
  const next = Buffer.from(bytes.subarray(0, last + 1))
  next[last] = (next[last] ?? 0) + 1
  return next
}

/** The least position after `key` itself: none holds U+0000. */
export function justAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)])
}
