/** Both sums of a stream: MD5 from the platform, CRC-64 from WebAssembly. */

import { createCRC64, type IHasher } from 'hash-wasm'
import { createMd5, type Md5Stream } from '#hash'
import type { ByteHasher, MakeHasher, Sums } from './hasher.ts'

/**
 * Prepares hashers of MD5 and CRC-64. They share a pool of WebAssembly instances, which grows to the
 * most hashers ever in use at once (130 KB each); each instance serves one hasher at a time.
 */
export async function loadHasher(): Promise<MakeHasher> {
  const pool = new InstancePool()
  pool.giveBack(await pool.create())
  return () => new StreamHasher(pool)
}

/** Hashers of MD5 alone, where nobody asks for the CRC-64. */
export function loadMd5Hasher(): MakeHasher {
  return () => new StreamHasher(undefined)
}

/** CRC-64 instances nobody uses. Making one takes a promise, using a known one does not. */
class InstancePool {
  readonly #idle: IHasher[] = []

  takeIdle(): IHasher | undefined {
    return this.#idle.pop()?.init()
  }

  /** Its default polynomial is that of CRC-64/XZ. */
  create(): Promise<IHasher> {
    return createCRC64()
  }

  giveBack(instance: IHasher): void {
    this.#idle.push(instance)
  }
}

class StreamHasher implements ByteHasher {
  readonly #md5: Md5Stream = createMd5()
  readonly #pool: InstancePool | undefined
  #crc64: IHasher | undefined
  #state: 'open' | 'waiting' | 'closed' = 'open'
  #size = 0

  constructor(pool: InstancePool | undefined) {
    this.#pool = pool
  }

  update(chunk: Uint8Array): void | Promise<void> {
    this.#requireOpen()
    if (chunk.length === 0) return
    this.#md5.update(chunk)
    this.#size += chunk.length
    if (!this.#pool) return
    this.#crc64 ??= this.#pool.takeIdle()
    if (!this.#crc64) return this.#updateWithNewInstance(this.#pool, chunk)
    this.#crc64.update(chunk)
  }

  async #updateWithNewInstance(pool: InstancePool, chunk: Uint8Array): Promise<void> {
    this.#state = 'waiting'
    const instance = await pool.create()
    if (this.#isClosed()) return pool.giveBack(instance)
    this.#state = 'open'
    this.#crc64 = instance.update(chunk)
  }

  /** Rejects after `finish` or `abandon`. */
  async finish(): Promise<Sums> {
    this.#requireOpen()
    const crc64 = this.#crc64 ? BigInt(`0x${this.#crc64.digest()}`) : 0n
    const sums = { md5: this.#md5.digest(), crc64: this.#pool && crc64, size: this.#size }
    this.abandon()
    return sums
  }

  abandon(): void {
    this.#state = 'closed'
    if (this.#crc64) this.#pool?.giveBack(this.#crc64)
    this.#crc64 = undefined
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #requireOpen(): void {
    if (this.#state === 'closed') throw new Error('This hasher is finished.')
    if (this.#state === 'waiting') throw new Error('Wait for the promise of the last update.')
  }
}
