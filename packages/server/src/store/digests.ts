/** The sums of bytes on their way past, compared with what was promised of them. */

import { type MakeHasher, OssError } from '@lading/protocol'

/** What the sender says its bytes come to; what is `undefined` is not compared. */
export interface Expectations {
  /** 16 bytes. */
  readonly md5?: Uint8Array | undefined
  readonly crc64?: bigint | undefined
  /** What is said of bytes that the sender did not send. Default: `InvalidDigest`, `InvalidCRC64`. */
  readonly refusal?: (() => Error) | undefined
}

export interface Digests {
  /** 16 bytes. */
  readonly md5: Uint8Array
  readonly crc64: bigint
  /** Bytes. */
  readonly size: number
}

export interface Observed {
  /**
   * The same bytes. Ends with an error instead of its end when they are not what was promised, so
   * that whoever stores them has stored nothing.
   *
   * @throws {OssError} `InvalidDigest`, `InvalidCRC64`.
   */
  readonly bytes: AsyncIterable<Uint8Array>
  /** The sums, once `bytes` has come to its end. */
  digests(): Digests
}

export function observe(
  bytes: AsyncIterable<Uint8Array>,
  makeHasher: MakeHasher,
  expected: Expectations = {},
): Observed {
  let seen: Digests | undefined

  async function* pass(): AsyncGenerator<Uint8Array> {
    const hasher = makeHasher()
    try {
      for await (const chunk of bytes) {
        const hashed = hasher.update(chunk)
        if (hashed) await hashed
        yield chunk
      }
      const { md5, crc64, size } = await hasher.finish()
      if (crc64 === undefined)
        throw new TypeError('The store needs a hasher that takes the CRC-64.')
      compare({ md5, crc64 }, expected)
      seen = { md5, crc64, size }
    } finally {
      hasher.abandon()
    }
  }

  return {
    bytes: pass(),
    digests() {
      if (!seen) throw new TypeError('The bytes have not been read to their end.')
      return seen
    },
  }
}

function compare(actual: { md5: Uint8Array; crc64: bigint }, expected: Expectations): void {
  const { md5, crc64, refusal } = expected
  if (md5 && !sameBytes(actual.md5, md5)) throw refusal?.() ?? new OssError('InvalidDigest')
  if (crc64 !== undefined && actual.crc64 !== crc64) {
    throw refusal?.() ?? new OssError('InvalidCRC64')
  }
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index])
}
