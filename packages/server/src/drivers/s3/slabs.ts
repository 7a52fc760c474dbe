/**
 * Memory in which pieces are gathered, used again and again: what a machine gives for the first time costs
 * more than what is copied into it, and garbage of that size is collected by collecting everything.
 */

/** Bytes. */
export const SLAB: number = 128 * 1024

/** Slabs that are kept while nobody uses them: 16 MiB. */
const KEPT = 128

export class Slabs {
  readonly #free: Uint8Array[] = []

  /** Holds whatever it held before. */
  take(): Uint8Array {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(SLAB)
  }

  /** Nobody may look at it any more: not a socket either. */
  giveBack(slab: Uint8Array): void {
    if (slab.length === SLAB && this.#free.length < KEPT) this.#free.push(slab)
  }
}
