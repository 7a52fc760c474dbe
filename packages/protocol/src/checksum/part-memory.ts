/** How the memory of a `PartHasher` is laid out. */

const PAGE = 64 * 1024

/** Bytes that the module has for itself at the beginning. */
export const RESERVED: number = 64 * 1024

/** Buffers begin at lines of the processor's cache. */
export const LINE = 64

/** Pages of WebAssembly for `count` buffers of `size` bytes. */
export function pagesFor(count: number, size: number): number {
  return Math.ceil((RESERVED + count * (size + LINE)) / PAGE)
}
