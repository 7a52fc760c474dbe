/** The package's only platform seam: synchronous hashes, and a turn. `node.ts` and `web.ts` implement it. */

export declare function md5(bytes: Uint8Array): Uint8Array
export declare function sha256(bytes: Uint8Array): Uint8Array
export declare function hmacSha1(key: Uint8Array, bytes: Uint8Array): Uint8Array
export declare function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array

/** Calls `run` in a later turn of the event loop, once events that are due by now have been handled. */
export declare function nextTurn(run: () => void): void

/** Compares in a time that does not depend on where the two differ. */
export declare function equalInConstantTime(left: Uint8Array, right: Uint8Array): boolean

/** The module of assembly/hash-parts.ts in a thread of its own, and the memory that it shares with this one. */
export interface PartsThread {
  readonly memory: ArrayBufferLike
  /** Hashes so many parts, as the rows at the beginning of the memory tell; one call at a time. */
  hashParts(count: number): Promise<void>
  /** A call under way rejects. */
  end(): Promise<void>
}

/**
 * @param pages Of memory, 64 KiB each; taken as it is used.
 * @returns `undefined` where there are no threads, no shared memory, not as much of it, or no SIMD.
 */
export declare function startPartsThread(pages: number): Promise<PartsThread | undefined>
