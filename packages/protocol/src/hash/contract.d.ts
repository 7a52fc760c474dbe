/** The package's only platform seam: synchronous hashes. `node.ts` and `web.ts` implement it. */

export declare function md5(bytes: Uint8Array): Uint8Array
export declare function sha256(bytes: Uint8Array): Uint8Array
export declare function hmacSha1(key: Uint8Array, bytes: Uint8Array): Uint8Array
export declare function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array

/** An MD5 that is fed in pieces. */
export interface Md5Stream {
  update(chunk: Uint8Array): void
  digest(): Uint8Array
}

export declare function createMd5(): Md5Stream

/** Compares in a time that does not depend on where the two differ. */
export declare function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean
