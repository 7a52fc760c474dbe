/** The ETag of an object made of parts. */

import { md5 } from '#hash'
import { fromHex, toHex } from '../headers.ts'
import type { ETag } from '../values.ts'

const encoder = new TextEncoder()

/**
 * The MD5 of the parts' ETags in the order listed, and how many they are. Of their upper-case text,
 * not of the digests, as S3 has it. Source: calcMultipartsETag in the tests of the OSS Java SDK.
 */
export function multipartETag(partETags: readonly ETag[]): ETag {
  const text = partETags.join('').toUpperCase()
  return `${toHex(md5(encoder.encode(text)))}-${partETags.length}` as ETag
}

/**
 * The same by S3's rule: of the digests, not of their text. Some services that speak OSS answer so.
 * `undefined` where a part's ETag is no MD5, or there is no part.
 */
export function multipartETagOfDigests(partETags: readonly ETag[]): ETag | undefined {
  const text = partETags.join('')
  if (partETags.length === 0 || !partETags.every((etag) => /^[0-9A-F]{32}$/i.test(etag))) {
    return undefined
  }
  return `${toHex(md5(fromHex(text)))}-${partETags.length}` as ETag
}
