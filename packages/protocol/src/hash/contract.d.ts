/** The package's only platform seam: synchronous hashes, and a turn. `node.ts` and `web.ts` implement it. */

export declare function md5(bytes: Uint8Array): Uint8Array
export declare function sha256(bytes: Uint8Array): Uint8Array
export declare function hmacSha1(key: Uint8Array, bytes: Uint8Array): Uint8Array
export declare function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array

/** Calls `run` in a later turn of the event loop, once events that are due by now have been handled. */
export declare function nextTurn(run: () => void): void

/** Compares in a time that does not depend on where the two differ. */
export declare function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean
