/** What signs for `#hash` where there is no `node:crypto`: a file of its own, because pages may never sign. */

import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'

export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

export function hmacSha1(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(sha1, key, bytes)
}

export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, bytes)
}
