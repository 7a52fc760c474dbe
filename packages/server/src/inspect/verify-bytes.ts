/** Whether stored bytes are still those that were stored: read in full, by the sums that were kept. */

import { createHash, type Hash } from 'node:crypto'
import { combineCrc64, type ETag, type MakeHasher, md5ETag, multipartETag } from '@lading/protocol'
import {
  BlobDamagedError,
  BlobNotFoundError,
  type BlobStore,
  type ByteRange,
} from '../ports/blob-store.ts'
import type { ManifestEntry, ObjectEncryption } from '../ports/metadata-store.ts'

/** What the bytes are to come to. */
export interface KeptSums {
  /** Bytes. */
  readonly size: number
  readonly crc64: bigint
  /** 16 bytes, where one is known. */
  readonly md5: Uint8Array | undefined
  /** Of an object that was made of parts; compared where every part has bytes of its own. */
  readonly etag?: ETag | undefined
  /** How the bytes lie; the sums are of what they were before. */
  readonly encryption?: ObjectEncryption | undefined
}

/** The blobs as they were before they were encrypted so. */
export type PlainBlobs = (encryption: ObjectEncryption | undefined) => Pick<BlobStore, 'read'>

export interface VerifyDependencies {
  readonly plain: PlainBlobs
  readonly makeHasher: MakeHasher
  /** Called for every chunk; the reading waits for it. */
  readonly onBytes?: ((bytes: number) => Promise<void> | void) | undefined
}

/** Why bytes are not what they were. */
export interface Damage {
  readonly kind: 'missing' | 'damaged'
  readonly why: string
}

/** `undefined` when all is well. @throws what the engine throws when it cannot be read at all. */
export async function verifyBytes(
  dependencies: VerifyDependencies,
  entries: readonly ManifestEntry[],
  kept: KeptSums,
): Promise<Damage | undefined> {
  const whole = needsWhole(entries, kept) ? createHash('md5') : undefined
  const pieces: PieceSums[] = []
  try {
    for (const entry of entries) {
      const sums = await sumsOf(dependencies, entry, { encryption: kept.encryption, whole })
      pieces.push({ ...sums, length: entry.length })
    }
  } catch (error) {
    if (error instanceof BlobNotFoundError) return { kind: 'missing', why: error.message }
    if (error instanceof BlobDamagedError) return { kind: 'damaged', why: error.message }
    throw error
  }
  return compareSums(pieces, kept, whole?.digest())
}

/** Whether the sums of its pieces do not tell an object's MD5: only all of its bytes together do. */
export function needsWhole(entries: readonly ManifestEntry[], { md5 }: KeptSums): boolean {
  return md5 !== undefined && entries.length !== 1
}

/** The sums of one run of an object's bytes. */
export interface PieceSums {
  /** Bytes. */
  readonly length: number
  /** 16 bytes. */
  readonly md5: Uint8Array
  readonly crc64: bigint
}

/** The same for bytes that were read elsewhere; `whole` is the MD5 of all of them, where it is needed. */
export function compareSums(
  pieces: readonly PieceSums[],
  kept: KeptSums,
  whole?: Uint8Array,
): Damage | undefined {
  let crc64 = 0n
  let size = 0
  for (const piece of pieces) {
    crc64 = combineCrc64(crc64, piece.crc64, piece.length)
    size += piece.length
  }
  const damaged = (why: string): Damage => ({ kind: 'damaged', why })
  if (size !== kept.size) return damaged(`it has ${size} bytes, and should have ${kept.size}`)
  if (crc64 !== kept.crc64) return damaged('its CRC-64 is another than when it was stored')
  const md5 = whole ?? (pieces.length === 1 ? pieces[0]?.md5 : undefined)
  if (kept.md5 && md5 && Buffer.compare(md5, kept.md5) !== 0) {
    return damaged('its MD5 is another than when it was stored')
  }
  if (kept.etag?.endsWith(`-${pieces.length}`) && pieces.length > 0) {
    if (multipartETag(pieces.map((piece) => md5ETag(piece.md5))) !== kept.etag) {
      return damaged('its ETag is not that of its parts')
    }
  }
  return undefined
}

async function sumsOf(
  { plain, makeHasher, onBytes }: VerifyDependencies,
  { blobId, blobOffset, length }: ManifestEntry,
  { encryption, whole }: { encryption: KeptSums['encryption']; whole: Hash | undefined },
): Promise<{ readonly md5: Uint8Array; readonly crc64: bigint }> {
  const range: ByteRange = { offset: blobOffset, length }
  const hasher = makeHasher()
  try {
    for await (const chunk of plain(encryption).read(blobId, range)) {
      whole?.update(chunk)
      await hasher.update(chunk)
      await onBytes?.(chunk.length)
    }
    const { md5, crc64 } = await hasher.finish()
    if (crc64 === undefined) throw new TypeError('A check needs a hasher that takes the CRC-64.')
    return { md5, crc64 }
  } finally {
    hasher.abandon()
  }
}
