/** `#hash` under Node: `node:crypto` and its event loop. */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export function md5(bytes: Uint8Array): Uint8Array {
  return createHash('md5').update(bytes).digest()
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

export function hmacSha1(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('sha1', key).update(bytes).digest()
}

export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(bytes).digest()
}

export function nextTurn(run: () => void): void {
  setImmediate(run)
}

export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}
