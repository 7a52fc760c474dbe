/** The bytes of one engine object, gathered: an engine wants to know how many there are first. */

import { createHash, type Hash } from 'node:crypto'
import { BLOCK, type BlockSums, SUM, writeSum } from '../blob-layout.ts'
import type { Budget } from './budget.ts'

/** Bytes of a new buffer; it grows with what comes, so that a client that hardly sends costs little. */
const FIRST = 64 * 1024

export class Piece {
  readonly #memory: Budget
  readonly #capacity: number
  readonly #md5: Hash = createHash('md5')
  #buffer: Uint8Array = new Uint8Array()
  #used = 0

  /** Takes at most `capacity` bytes with the sums among them, out of `memory`. */
  constructor(capacity: number, memory: Budget) {
    this.#capacity = capacity
    this.#memory = memory
  }

  get isFull(): boolean {
    return this.#used === this.#capacity
  }

  /** Adds bytes of one block, and the block's sum if it is whole by then. */
  async add(bytes: Uint8Array, sums: BlockSums): Promise<void> {
    await this.#makeRoom(bytes.length + SUM)
    this.#append(bytes)
    sums.add(bytes)
    if (sums.left === 0) await this.#addSum(sums)
  }

  /** All that was added, with the sum of the block that is not whole, and its MD5. */
  async end(sums: BlockSums): Promise<{ readonly bytes: Uint8Array; readonly md5: Buffer }> {
    if (sums.left < BLOCK) await this.#addSum(sums)
    return { bytes: this.#buffer.subarray(0, this.#used), md5: this.#md5.digest() }
  }

  /** Gives its memory back. It must not be used afterwards. */
  release(): void {
    this.#memory.giveBack(this.#buffer.length)
    this.#buffer = new Uint8Array()
  }

  async #addSum(sums: BlockSums): Promise<void> {
    const sum = new Uint8Array(SUM)
    writeSum(sum, 0, sums.take())
    await this.#makeRoom(SUM)
    this.#append(sum)
  }

  #append(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#used)
    this.#md5.update(bytes)
    this.#used += bytes.length
  }

  async #makeRoom(more: number): Promise<void> {
    const { length: before } = this.#buffer
    let length = Math.max(before, FIRST)
    while (length < this.#used + more) length *= 2
    length = Math.min(length, this.#capacity)
    if (length <= before) return
    await this.#memory.take(length - before)
    const larger = new Uint8Array(length)
    larger.set(this.#buffer.subarray(0, this.#used))
    this.#buffer = larger
  }
}
