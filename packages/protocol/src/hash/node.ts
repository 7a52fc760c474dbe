/** `#hash` under Node: `node:crypto`. */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export interface Md5Stream {
  update(chunk: Uint8Array): void
  digest(): Uint8Array
}

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

export function createMd5(): Md5Stream {
  return createHash('md5')
}

export function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}
