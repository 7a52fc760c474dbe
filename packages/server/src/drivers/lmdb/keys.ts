/**
 * The keys of all tables, as bytes, so that their order is the order of the bytes.
 *
 * Texts are joined by U+0000, which no name and no key holds: a shorter text then sorts before a
 * longer one that it begins, as the bytes of the texts themselves do.
 */

import type { UploadId } from '@lading/protocol'
import type { BlobId } from '../../ports/blob-store.ts'

/** Bytes. The longest key that is stored; the engine's own limit is 1,978. */
const LONGEST = 1_900

/** Bytes. Where a position that is only sought is cut: past every stored key that it could equal. */
const LONGEST_SOUGHT = 1_950

const utf8 = new TextEncoder()

/** @throws {RangeError} the texts hold U+0000, or are empty or too long together. */
export function textKey(...texts: readonly string[]): Uint8Array {
  const key = textKeyIfAny(...texts)
  if (!key) throw new RangeError(`A key is empty, holds U+0000, or has more than ${LONGEST} bytes.`)
  return key
}

/** `undefined` for texts that are no key, under which nothing is ever stored. */
export function textKeyIfAny(...texts: readonly string[]): Uint8Array | undefined {
  const bytes = utf8.encode(texts.join('\0'))
  const possible =
    bytes.length > 0 && bytes.length <= LONGEST && !texts.some((text) => text.includes('\0'))
  return possible ? bytes : undefined
}

/** Where the table `meta` says the layout of all. */
export const formatKey: Uint8Array = textKey('format')

/** A position in a table of text keys; never stored, so any text will do. */
export function position(text: string): Uint8Array {
  return utf8.encode(text).subarray(0, LONGEST_SOUGHT)
}

/** The least position after every key that begins with `bytes`. */
export function afterAll(bytes: Uint8Array): Uint8Array {
  let last = bytes.length - 1
  while (bytes[last] === 0xff) last--
  // Not `slice`: of a Buffer it is a view, and the key itself would change.
  const next = new Uint8Array(bytes.subarray(0, last + 1))
  next[last] = (next[last] ?? 0) + 1
  return next
}

/** The least position after `key` itself. */
export function justAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

/** What upload ids and version ids of ours look like. Others were never issued. */
export function isTimeOrdered(text: string): boolean {
  return /^[0-9A-F]{32}$/.test(text)
}

/** The hexadecimal digits of the numbers' complement: what sorted first sorts last. */
export function reversed(hex: string): string {
  return hex.replace(/[0-9A-F]/g, (digit) =>
    (15 - Number.parseInt(digit, 16)).toString(16).toUpperCase(),
  )
}

export function uploadIdKey(uploadId: UploadId): Uint8Array {
  return fromHex(uploadId)
}

/** By upload, then by number, which must be below 65,536. */
export function partKey(uploadId: UploadId, partNumber: number): Uint8Array {
  if (!Number.isInteger(partNumber) || partNumber < 0 || partNumber > 0xffff) {
    throw new RangeError(`Not a part number: ${partNumber}`)
  }
  const key = new Uint8Array(18)
  key.set(fromHex(uploadId))
  key[16] = partNumber >>> 8
  key[17] = partNumber & 0xff
  return key
}

export function partNumberOf(key: Uint8Array): number {
  return ((key[16] ?? 0) << 8) | (key[17] ?? 0)
}

export function blobKey(blobId: BlobId): Uint8Array {
  return fromHex(blobId)
}

export function blobIdOf(bytes: Uint8Array): BlobId {
  return toHex(bytes) as BlobId
}

/** By time, then by the order in which things became garbage. */
export function garbageKey(since: number, order: number): Uint8Array {
  const key = new Uint8Array(16)
  writeUint(key, 0, Math.max(0, since))
  writeUint(key, 8, order)
  return key
}

/** A segment of a long manifest; without a number, where its segments begin. */
export function segmentKey(manifest: number, segment = 0): Uint8Array {
  const key = new Uint8Array(12)
  writeUint(key, 0, manifest)
  new DataView(key.buffer).setUint32(8, segment)
  return key
}

/** Eight bytes, big-endian; exact below 2^53. By hand, as making a view costs more than all of it. */
export function writeUint(into: Uint8Array, at: number, value: number): void {
  writeWord(into, at, Math.floor(value / 2 ** 32))
  writeWord(into, at + 4, value % 2 ** 32)
}

export function readUint(from: Uint8Array, at: number): number {
  return readWord(from, at) * 2 ** 32 + readWord(from, at + 4)
}

function writeWord(into: Uint8Array, at: number, word: number): void {
  into[at] = word >>> 24
  into[at + 1] = word >>> 16
  into[at + 2] = word >>> 8
  into[at + 3] = word
}

function readWord(from: Uint8Array, at: number): number {
  const high = ((from[at] ?? 0) << 8) | (from[at + 1] ?? 0)
  const low = ((from[at + 2] ?? 0) << 8) | (from[at + 3] ?? 0)
  return high * 2 ** 16 + low
}

export function fromHex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
