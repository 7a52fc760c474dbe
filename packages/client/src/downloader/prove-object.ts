/** Proof that the bytes received are the object's. */

import { md5ETag, sameETag } from '@lading/protocol'
import { IntegrityError } from '../errors.ts'
import type { HeadObjectAnswer } from '../operations/objects.ts'
import { isMd5ETag, type Proof, type Verify } from '../operations/prove.ts'
import { type ObjectToRead, otherCrc64, placeOf } from './read-object.ts'

/** Which sums of the bytes say something about whether they are the object's. */
export interface NeededSums {
  readonly crc64: boolean
  readonly md5: boolean
}

export function neededSums(
  { etag, hashCrc64ecma, serverSideEncryption }: HeadObjectAnswer,
  verify: Verify | undefined,
): NeededSums {
  if (verify === 'off') return { crc64: false, md5: false }
  const crc64 = hashCrc64ecma !== undefined
  const isMd5 = isMd5ETag(etag) && serverSideEncryption === undefined
  return { crc64, md5: isMd5 && (!crc64 || verify === 'strict') }
}

/**
 * An MD5 that differs says nothing beside a CRC-64 that agrees: some ETags only look like one.
 *
 * @throws {IntegrityError} when the bytes are not the object's.
 */
export function compareSums(
  object: ObjectToRead,
  { etag, hashCrc64ecma, status, requestId }: HeadObjectAnswer,
  { crc64, md5 }: { readonly crc64?: bigint | undefined; readonly md5?: Uint8Array | undefined },
): readonly Proof[] {
  const proofs: Proof[] = []
  if (crc64 !== undefined && hashCrc64ecma !== undefined) {
    if (crc64 !== hashCrc64ecma)
      throw otherCrc64(object, crc64, hashCrc64ecma, { status, requestId })
    proofs.push('crc64')
  }
  if (md5 === undefined || !isMd5ETag(etag)) return proofs
  const own = md5ETag(md5)
  if (sameETag(etag, own)) return [...proofs, 'etag']
  if (proofs.length > 0) return proofs
  throw new IntegrityError(
    'object',
    `The bytes of ${placeOf(object)} have the MD5 ${own}, and the object the ETag ${etag}. Download it again; if that is no MD5, only verify: 'off' takes them.`,
    { status, requestId },
  )
}

/** @throws {IntegrityError} under `strict`, where the service says nothing that could prove the bytes. */
export function requireProvable(
  object: ObjectToRead,
  head: HeadObjectAnswer,
  verify: Verify | undefined,
): void {
  const { crc64, md5 } = neededSums(head, verify)
  if (verify === 'strict' && !crc64 && !md5) {
    throw new IntegrityError(
      'object',
      `${unproved(object, head)} verify: 'strict' refuses that; 'md5' takes it.`,
      { status: head.status, requestId: head.requestId },
    )
  }
}

export function unproved(object: ObjectToRead, { etag }: HeadObjectAnswer): string {
  return `The bytes of ${placeOf(object)} cannot be proved: the service knows no CRC-64 of it, and its ETag ${etag} is no MD5.`
}
