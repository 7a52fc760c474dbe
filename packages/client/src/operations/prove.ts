/** Proof that the bytes sent are the bytes stored: both sums here against what the service answers. */

import { formatContentMd5, type MakeHasher, md5ETag, type Sums, sameETag } from '@lading/protocol'
import type { HttpBody } from '../body.ts'
import { IntegrityError, type IntegritySubject } from '../errors.ts'
import { crc64Header, requireETag } from './attributes.ts'

/** A body and what is known of it. */
export interface ProvableBody {
  readonly body: HttpBody
  /** The header's value; `undefined` where the sums come only with the last byte. */
  readonly contentMd5: string | undefined
  /** Valid once the body has been sent. */
  sums(): Promise<Sums>
}

/**
 * Takes the sums of `body`, unless they are `known`: of a replayable one by reading it once more than
 * it is sent, so that Content-MD5 can go ahead of it; of a stream while it passes.
 */
export async function provable(
  body: HttpBody,
  makeHasher: MakeHasher,
  {
    known,
    signal,
  }: { readonly known?: Sums | undefined; readonly signal?: AbortSignal | undefined },
): Promise<ProvableBody> {
  if (body.replayable) {
    const sums = known ?? (await sumsOf(body.open(), makeHasher, signal))
    return { body, contentMd5: formatContentMd5(sums.md5), sums: async () => sums }
  }
  const hasher = makeHasher()
  async function* passing(): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of body.open()) {
      await hasher.update(chunk)
      yield chunk
    }
  }
  return {
    body: { ...body, open: passing },
    contentMd5: undefined,
    sums: () => hasher.finish(),
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

/**
 * Compares the ETag, which is the MD5, and the CRC-64 where the answer has one. Under server-side
 * encryption the ETag need not be an MD5: then an equal CRC-64 is proof enough.
 *
 * @throws {IntegrityError} when they differ.
 */
export function requireSameSums(
  subject: IntegritySubject,
  sums: Sums,
  headers: ReadonlyMap<string, string>,
): void {
  const etag = requireETag(headers)
  const crc64 = crc64Header(headers)
  if (crc64 !== undefined && sums.crc64 !== undefined && crc64 !== sums.crc64) {
    throw new IntegrityError(
      subject,
      `The service stored other bytes than were sent: CRC-64 ${crc64} instead of ${sums.crc64}.`,
    )
  }
  if (sameETag(etag, md5ETag(sums.md5))) return
  const provedByCrc = crc64 !== undefined && headers.has('x-oss-server-side-encryption')
  if (provedByCrc) return
  throw new IntegrityError(
    subject,
    `The service stored other bytes than were sent: ETag ${etag} instead of ${md5ETag(sums.md5)}.`,
  )
}
