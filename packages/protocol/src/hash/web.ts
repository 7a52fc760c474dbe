/** `#hash` where there is no `node:crypto`: synchronous, audited JavaScript. */

import { hmac } from '@noble/hashes/hmac.js'
import { md5 as nobleMd5, sha1 } from '@noble/hashes/legacy.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'

export function md5(bytes: Uint8Array): Uint8Array {
  return nobleMd5(bytes)
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes)
}

export function hmacSha1(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(sha1, key, bytes)
}

export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, bytes)
}

/** Not a timer: those wait for milliseconds once they nest. */
export function nextTurn(run: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close()
    run()
  }
  port2.postMessage(undefined)
}

/** Threads of browsers share memory only on pages that are isolated for it, which a library cannot ask for. */
export async function startPartsThread(): Promise<undefined> {}

export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  let difference = 0
  for (let index = 0; index < left.length; index += 1) {
    difference |= (left[index] ?? 0) ^ (right[index] ?? 0)
  }
  return difference === 0
}
