/** The sums that a request says its body comes to. */

import { createHash } from 'node:crypto'
import { OssError, parseContentMd5, parseCrc64 } from '@lading/protocol'
import type { Expectations } from '../store/digests.ts'
import type { RequestHeaders } from './operation.ts'

/** @throws {OssError} `InvalidDigest` or `InvalidCRC64` for a sum that cannot be read. */
export function expectedSums(headers: RequestHeaders): Expectations {
  return { md5: expectedMd5(headers), crc64: expectedCrc64(headers) }
}

/** @throws {OssError} `InvalidDigest` when `text` is not what its Content-MD5 says. */
export function requireDigest(headers: RequestHeaders, text: string): void {
  const md5 = expectedMd5(headers)
  if (md5 && !createHash('md5').update(text).digest().equals(md5))
    throw new OssError('InvalidDigest')
}

function expectedMd5(headers: RequestHeaders): Uint8Array | undefined {
  const text = headers.get('content-md5')
  return text === undefined ? undefined : parseContentMd5(text)
}

function expectedCrc64(headers: RequestHeaders): bigint | undefined {
  const text = headers.get('x-oss-hash-crc64ecma')
  if (text === undefined) return undefined
  const crc64 = parseCrc64(text)
  if (crc64 === undefined) throw new OssError('InvalidCRC64')
  return crc64
}
