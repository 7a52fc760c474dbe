/** Proof that the bytes sent are the bytes stored: sums taken here against what the service answers. */

import { formatContentMd5, type MakeHasher, md5ETag, type Sums, sameETag } from '@lading/protocol'
import type { HttpBody } from '../body.ts'
import { IntegrityError, type IntegritySubject } from '../errors.ts'
import { crc64Header, requireETag } from './attributes.ts'

/**
 * How it is proved that the service stored the bytes sent.
 *
 * - `md5`, the default: Content-MD5 is sent, and the ETag compared with the MD5. Each byte is hashed
 *   once; a CRC-64 is taken only where the ETag is no MD5, as under server-side encryption.
 * - `strict`: a CRC-64 is taken of everything as well and compared with the service's.
 * - `crc64`: where the service answers with a CRC-64 that alone decides, and ETags are not looked at.
 * - `off`: nothing is hashed and nothing compared, except parts that an upload is resumed with.
 */
export type Verify = 'md5' | 'strict' | 'crc64' | 'off'

/** Which of the service's sums was compared, and agreed. */
export type Proof = 'etag' | 'crc64'

/** @throws {RangeError} for what is no such level. */
export function requireVerify(verify: Verify): Verify {
  if (['md5', 'strict', 'crc64', 'off'].includes(verify)) return verify
  throw new RangeError(`verify must be md5, strict, crc64 or off, and not ${verify}.`)
}

/** Whether the CRC-64 is taken in the same pass as the MD5. */
export function takesCrc64(verify: Verify): boolean {
  return verify === 'strict' || verify === 'crc64'
}

/** Brings the hasher that takes the CRC-64 besides the MD5, or does not. */
export type Hashers = (options: { readonly crc64: boolean }) => Promise<MakeHasher>

/** A body and what is known of it. */
export interface ProvableBody {
  readonly body: HttpBody
  /** The header's value; `undefined` where nothing is hashed, or the sums come only with the last byte. */
  readonly contentMd5: string | undefined
  /**
   * Compares with what the service answered, once the body has been sent.
   *
   * @throws {IntegrityError} when the service stored other bytes.
   */
  prove(subject: IntegritySubject, headers: ReadonlyMap<string, string>): Promise<readonly Proof[]>
}

/**
 * Takes the sums of `body`, unless they are `known`: of a replayable one by reading it once more than
 * it is sent, so that Content-MD5 can go ahead of it; of a stream while it passes, both at once,
 * because nobody can read it again.
 */
export async function provable(
  body: HttpBody,
  hashers: Hashers,
  {
    known,
    verify = 'md5',
    signal,
  }: {
    readonly known?: Sums | undefined
    readonly verify?: Verify | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<ProvableBody> {
  requireVerify(verify)
  if (verify === 'off') return { body, contentMd5: undefined, prove: async () => [] }
  if (body.replayable) {
    const take = async (crc64: boolean): Promise<Sums> =>
      sumsOf(body.open(), await hashers({ crc64 }), signal)
    const sums = known ?? (await take(takesCrc64(verify)))
    const crc64 = async (): Promise<bigint | undefined> => sums.crc64 ?? (await take(true)).crc64
    return {
      body,
      contentMd5: formatContentMd5(sums.md5),
      prove: (subject, headers) => requireSameBytes(subject, { ...sums, crc64 }, headers, verify),
    }
  }
  const makeHasher = await hashers({ crc64: true })
  let passed: Sums | undefined
  async function* passing(): AsyncGenerator<Uint8Array, void, void> {
    const hasher = makeHasher()
    try {
      for await (const chunk of body.open()) {
        await hasher.update(chunk)
        yield chunk
      }
      passed = await hasher.finish()
    } finally {
      // Its memory is that of the client, and nobody asks for the sums of what failed.
      hasher.abandon()
    }
  }
  return {
    body: { ...body, open: passing },
    contentMd5: undefined,
    async prove(subject, headers) {
      if (!passed) throw otherBytes(subject, 'it answered before it had all of them')
      const sums = passed
      const crc64 = async (): Promise<bigint | undefined> => sums.crc64
      return requireSameBytes(subject, { ...sums, crc64 }, headers, verify)
    },
  }
}

export async function sumsOf(
  chunks: AsyncIterable<Uint8Array>,
  makeHasher: MakeHasher,
  signal?: AbortSignal,
): Promise<Sums> {
  const hasher = makeHasher()
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted()
      await hasher.update(chunk)
    }
    return await hasher.finish()
  } finally {
    hasher.abandon()
  }
}

/** Whether an ETag can be the MD5 of the bytes: encrypted ones need not be, whatever they look like. */
export function isMd5ETag(etag: string): boolean {
  return /^[0-9A-F]{32}$/i.test(etag)
}

interface OwnSums {
  readonly md5: Uint8Array
  /** Taken only when asked for, where no pass has taken it. */
  crc64(): Promise<bigint | undefined>
}

async function requireSameBytes(
  subject: IntegritySubject,
  own: OwnSums,
  headers: ReadonlyMap<string, string>,
  verify: Verify,
): Promise<readonly Proof[]> {
  const etag = requireETag(headers)
  const reported = crc64Header(headers)
  const expected = md5ETag(own.md5)
  const isMd5 = isMd5ETag(etag) && !headers.has('x-oss-server-side-encryption')
  const isSameETag = sameETag(etag, expected)
  const proofs: Proof[] = isSameETag && verify !== 'crc64' ? ['etag'] : []

  if (reported !== undefined && (takesCrc64(verify) || (!isMd5 && !isSameETag))) {
    const crc64 = await own.crc64()
    if (crc64 !== reported) throw otherBytes(subject, `CRC-64 ${reported} instead of ${crc64}`)
    proofs.push('crc64')
    if (verify === 'crc64' || !isMd5) return proofs
  }
  if (isSameETag) return proofs.length > 0 ? proofs : ['etag']
  throw otherBytes(subject, `ETag ${etag} instead of ${expected}`)
}

function otherBytes(subject: IntegritySubject, difference: string): IntegrityError {
  return new IntegrityError(
    subject,
    `The service stored other bytes than were sent: ${difference}. Send them again.`,
  )
}
