/** The bytes of one engine object, gathered: an engine wants to know how many there are first. */

import type { ByteHasher, MakeHasher } from '@lading/protocol'
import { BLOCK, type BlockSums, SUM, writeSum } from '../blob-layout.ts'
import type { Budget } from './budget.ts'
import { SLAB, type Slabs } from './slabs.ts'

/** Bytes of the memory that comes first, so that a client that hardly sends costs little. */
const FIRST = 64 * 1024

/** What an engine is to store. */
export interface Gathered {
  readonly size: number
  readonly chunks: readonly Uint8Array[]
  readonly md5: Buffer
}

/** What all pieces share. */
export interface Gathering {
  readonly memory: Budget
  readonly slabs: Slabs
  /** Takes the MD5. */
  readonly makeHasher: MakeHasher
}

export class Piece {
  readonly #memory: Budget
  readonly #slabs: Slabs
  readonly #capacity: number
  readonly #hasher: ByteHasher
  /** All of them full but the last. */
  readonly #held: Uint8Array[] = []
  #room = 0
  #size = 0

  /** Takes at most `capacity` bytes with the sums among them, out of `memory`. */
  constructor(capacity: number, { memory, slabs, makeHasher }: Gathering) {
    this.#capacity = capacity
    this.#memory = memory
    this.#slabs = slabs
    this.#hasher = makeHasher()
  }

  get isFull(): boolean {
    return this.#size === this.#capacity
  }

  /** Adds bytes of one block, and the block's sum if it is whole by then. */
  async add(bytes: Uint8Array, sums: BlockSums): Promise<void> {
    await this.#append(bytes)
    sums.add(bytes)
    if (sums.left === 0) await this.#addSum(sums)
  }

  /** All that was added, with the sum of the block that is not whole, and its MD5. */
  async end(sums: BlockSums): Promise<Gathered> {
    if (sums.left < BLOCK) await this.#addSum(sums)
    const last = this.#held.at(-1)
    const chunks = last
      ? [...this.#held.slice(0, -1), last.subarray(0, last.length - this.#room)]
      : []
    return { size: this.#size, chunks, md5: Buffer.from((await this.#hasher.finish()).md5) }
  }

  /**
   * Gives its memory back. It must not be used afterwards. `isSent` says that no request can be under way
   * that still reads it.
   */
  release({ isSent }: { readonly isSent: boolean }): void {
    this.#hasher.abandon()
    for (const slab of this.#held) {
      this.#memory.giveBack(slab.length)
      if (isSent) this.#slabs.giveBack(slab)
    }
    this.#held.length = 0
    this.#room = 0
  }

  async #addSum(sums: BlockSums): Promise<void> {
    const sum = new Uint8Array(SUM)
    writeSum(sum, 0, sums.take())
    await this.#append(sum)
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const hashed = this.#hasher.update(bytes)
    if (hashed) await hashed
    for (let at = 0; at < bytes.length; ) {
      if (this.#room === 0) await this.#makeRoom()
      const last = this.#held.at(-1) as Uint8Array
      const taken = bytes.subarray(at, at + this.#room)
      last.set(taken, last.length - this.#room)
      this.#room -= taken.length
      this.#size += taken.length
      at += taken.length
    }
  }

  async #makeRoom(): Promise<void> {
    const [first] = this.#held
    if (!first) {
      await this.#memory.take(FIRST)
      this.#held.push(Buffer.allocUnsafeSlow(FIRST))
      this.#room = FIRST
      return
    }
    if (first.length === SLAB) {
      await this.#memory.take(SLAB)
      this.#held.push(this.#slabs.take())
      this.#room = SLAB
      return
    }
    await this.#memory.take(SLAB - FIRST)
    const slab = this.#slabs.take()
    slab.set(first)
    this.#held[0] = slab
    this.#room = SLAB - FIRST
  }
}
