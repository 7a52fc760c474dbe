/**
 * Sums of parts that lie whole in memory, taken by a thread beside the event loop, four parts at a time.
 * The memory is shared with it: what is read into a buffer is hashed there, and sent from there.
 */

import type { PartsThread } from '#hash'
import { INITIAL_MD5 } from './hash-core.ts'
import type { Sums } from './hasher.ts'
import { LINE, RESERVED } from './part-memory.ts'

const LANES = 4

const CLOSED = 'The hasher was closed.'

interface Waiting {
  readonly bytes: Uint8Array
  readonly crc64: boolean
  resolve(sums: Sums): void
  reject(error: unknown): void
}

export class PartHasher {
  readonly #thread: PartsThread
  #end = RESERVED
  /** Buffers that are being filled, and may soon be hashed in company. */
  readonly #filling = new Set<Uint8Array>()
  /** Those that are hashed and not yet on their way: nobody is in a hurry as long as there are some. */
  readonly #ready = new Set<Uint8Array>()
  readonly #idle: Uint8Array[] = []
  readonly #waiting: Waiting[] = []
  #isBusy = false
  #isClosed = false

  constructor(thread: PartsThread) {
    this.#thread = thread
  }

  /** A buffer to be filled and then hashed or given back; `undefined` once there is no room for more. */
  take(size: number): Uint8Array | undefined {
    const index = this.#idle.findIndex(({ length }) => length === size)
    const buffer = index < 0 ? this.#make(size) : this.#idle.splice(index, 1)[0]
    if (buffer) this.#filling.add(buffer)
    return buffer
  }

  giveBack(buffer: Uint8Array): void {
    this.#idle.push(buffer)
    this.#filling.delete(buffer)
    this.onItsWay(buffer)
  }

  /** The bytes of `buffer`, which was hashed, are being sent. */
  onItsWay(buffer: Uint8Array): void {
    this.#ready.delete(buffer)
    this.#runWhenFull()
  }

  /**
   * Resolves with the sums of `buffer`, one of ours, which must not change before. It waits for company:
   * for buffers that are being filled, and while others lie ready to be sent.
   */
  sums(buffer: Uint8Array, { crc64 }: { readonly crc64: boolean }): Promise<Sums> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw new Error(CLOSED)
      this.#waiting.push({ bytes: buffer, crc64, resolve, reject })
      this.#filling.delete(buffer)
      this.#runWhenFull()
    })
  }

  /** Ends the thread. What still waits is rejected. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(CLOSED))
    await this.#thread.end()
  }

  #make(size: number): Uint8Array | undefined {
    const at = this.#end
    if (at + size > this.#thread.memory.byteLength) return undefined
    this.#end += Math.ceil(size / LINE) * LINE
    return new Uint8Array(this.#thread.memory, at, size)
  }

  #runWhenFull(): void {
    if (this.#isBusy || this.#waiting.length === 0) return
    const isAlone = this.#filling.size + this.#ready.size === 0
    if (this.#waiting.length >= LANES || isAlone) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isBusy = true
    const parts = this.#waiting.splice(0, LANES)
    try {
      for (const [index, part] of parts.entries()) this.#describe(index, part)
      await this.#thread.hashParts(parts.length)
      for (const [index, part] of parts.entries()) {
        this.#ready.add(part.bytes)
        part.resolve(this.#sumsOf(index, part))
      }
    } catch (error) {
      for (const { reject } of parts) reject(error)
    } finally {
      this.#isBusy = false
    }
    this.#runWhenFull()
  }

  /** What assembly/hash-parts.ts reads. */
  #describe(index: number, { bytes, crc64 }: Waiting): void {
    const row = this.#row(index)
    row.setUint32(0, bytes.byteOffset, true)
    row.setUint32(4, bytes.length, true)
    row.setUint32(8, crc64 ? 1 : 0, true)
    row.setUint32(12, bytes.length, true)
    for (const [word, value] of INITIAL_MD5.entries()) row.setUint32(16 + 4 * word, value, true)
    row.setBigUint64(32, 0n, true)
  }

  #sumsOf(index: number, { bytes, crc64 }: Waiting): Sums {
    const row = this.#row(index)
    return {
      md5: new Uint8Array(row.buffer, row.byteOffset + 16, 16).slice(),
      crc64: crc64 ? row.getBigUint64(32, true) : undefined,
      size: bytes.length,
    }
  }

  #row(index: number): DataView {
    return new DataView(this.#thread.memory, 64 * index, 64)
  }
}
