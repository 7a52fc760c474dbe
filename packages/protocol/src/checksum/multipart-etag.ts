/** The ETag of an object made of parts. */

import { md5 } from '#hash'
import { toHex } from '../headers.ts'
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
