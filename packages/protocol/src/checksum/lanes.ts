/**
 * When the streams of the hash core are hashed, and with whom. MD5 of one stream cannot be spread, but
 * four streams run side by side in the lanes of SIMD in hardly more time than one. So a stream that
 * has much waiting makes its feeder wait, and in the next turn all that have come by then run
 * together. Without the wait one socket is drained before the next is looked at, and lanes stay empty.
 */

import { BLOCK, HashCore, REGION, type Slot } from './hash-core.ts'
import type { ByteHasher, MakeHasher, Sums } from './hasher.ts'

const LANES = 4

/** Bytes that may wait before their feeder does; the other half of the region takes a late chunk. */
const FULL: number = REGION / 2

/** Runs `run` in a later turn of the event loop, once what has arrived by now was taken in. */
export type Later = (run: () => void) => unknown

export interface LanesOptions {
  /** Whether the CRC-64 is taken as well. */
  readonly crc64: boolean
  readonly later: Later
}

/** Lanes over a hash core of their own. */
export async function loadLanes({
  simd,
  ...options
}: LanesOptions & { readonly simd: boolean }): Promise<MakeHasher> {
  return makeLanes(await HashCore.load({ simd }), options)
}

export function makeLanes(core: HashCore, { crc64, later }: LanesOptions): MakeHasher {
  const lanes = new Lanes(core, later)
  return () => new LaneHasher(core, lanes, crc64)
}

class Lanes {
  readonly #core: HashCore
  readonly #later: Later
  readonly #streams = new Set<LaneHasher>()
  #armed = false

  constructor(core: HashCore, later: Later) {
    this.#core = core
    this.#later = later
  }

  add(stream: LaneHasher): void {
    this.#streams.add(stream)
  }

  remove(stream: LaneHasher): void {
    this.#streams.delete(stream)
  }

  /** A stream is due: all that can be hashed will be, in one of the next turns. */
  arm(): void {
    if (this.#armed) return
    this.#armed = true
    this.#later(() => {
      this.#armed = false
      this.#run()
    })
  }

  #run(): void {
    for (;;) {
      const company = this.#company()
      if (!company) break
      this.#advance(company)
    }
    for (const stream of this.#streams) stream.settle()
  }

  /** Up to four streams with a block or more: the due ones first, then those with the most. */
  #company(): readonly LaneHasher[] | undefined {
    const ready: LaneHasher[] = []
    let due = false
    for (const stream of this.#streams) {
      if (stream.waiting < BLOCK) continue
      ready.push(stream)
      due ||= stream.isDue
    }
    if (!due) return undefined
    if (ready.length <= LANES) return ready
    ready.sort((a, b) => Number(b.isDue) - Number(a.isDue) || b.waiting - a.waiting)
    return ready.slice(0, LANES)
  }

  #advance(company: readonly LaneHasher[]): void {
    const blocks = Math.floor(Math.min(...company.map(({ waiting }) => waiting)) / BLOCK)
    const [only] = company
    if (company.length === 1 && only) this.#core.md5(only.slot, only.start, blocks)
    else {
      this.#core.md5Lanes(
        company.map(({ slot }) => slot),
        company.map(({ start }) => start),
        blocks,
      )
    }
    // Right behind the MD5, while the bytes are in the processor's cache.
    for (const stream of company) stream.advance(blocks * BLOCK)
  }
}

class LaneHasher implements ByteHasher {
  readonly #core: HashCore
  readonly #lanes: Lanes
  readonly #crc64: boolean
  /** None before the first bytes: a connection on which nothing comes costs nothing. */
  #slot: Slot | undefined
  /** Addresses of the bytes that wait. */
  start = 0
  #end = 0
  #size = 0
  #state: 'open' | 'waiting' | 'closed' = 'open'
  #resume: (() => void) | undefined

  constructor(core: HashCore, lanes: Lanes, crc64: boolean) {
    this.#core = core
    this.#lanes = lanes
    this.#crc64 = crc64
  }

  get slot(): Slot {
    this.#slot ??= this.#begin()
    return this.#slot
  }

  /** Bytes. */
  get waiting(): number {
    return this.#end - this.start
  }

  get isDue(): boolean {
    return this.#resume !== undefined
  }

  update(chunk: Uint8Array): void | Promise<void> {
    this.#requireOpen()
    if (chunk.length === 0) return
    if (chunk.length > this.#room) this.#moveToFront()
    if (chunk.length > this.#room) return this.#updateInPieces(chunk)
    this.#append(chunk)
    if (this.waiting >= FULL) return this.#drained()
  }

  async finish(): Promise<Sums> {
    this.#requireOpen()
    if (this.waiting >= BLOCK) await this.#drained()
    // Whoever abandoned it meanwhile has given its slot to another.
    this.#requireOpen()
    const { slot } = this
    const rest = this.waiting
    if (this.#crc64) this.#core.crc64(slot, this.start, rest)
    const crc64 = this.#crc64 ? this.#core.crc64Of(slot) : undefined
    const md5 = this.#core.finishMd5(slot, this.start, rest, this.#size)
    this.abandon()
    return { md5, crc64, size: this.#size }
  }

  abandon(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#lanes.remove(this)
    if (this.#slot) this.#core.giveBack(this.#slot)
    this.#wake()
  }

  /** Takes the next `length` bytes into the CRC and leaves them behind. */
  advance(length: number): void {
    if (this.#crc64) this.#core.crc64(this.slot, this.start, length)
    this.start += length
  }

  /** After a run: a due stream has less than a block left, and room again. */
  settle(): void {
    if (!this.isDue) return
    this.#moveToFront()
    this.#wake()
  }

  #begin(): Slot {
    const slot = this.#core.takeSlot()
    this.start = slot.region
    this.#end = slot.region
    this.#lanes.add(this)
    return slot
  }

  get #room(): number {
    return this.slot.region + REGION - this.#end
  }

  #moveToFront(): void {
    const { region } = this.slot
    this.#core.move(region, this.start, this.#end)
    this.#end = region + this.waiting
    this.start = region
  }

  #append(bytes: Uint8Array): void {
    this.#core.write(this.#end, bytes)
    this.#end += bytes.length
    this.#size += bytes.length
  }

  async #updateInPieces(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length && !this.#isClosed(); ) {
      this.#moveToFront()
      const piece = chunk.subarray(at, at + this.#room)
      this.#append(piece)
      at += piece.length
      if (this.waiting >= FULL) await this.#drained()
    }
  }

  #drained(): Promise<void> {
    this.#state = 'waiting'
    return new Promise((resolve) => {
      this.#resume = resolve
      this.#lanes.arm()
    })
  }

  #wake(): void {
    const resume = this.#resume
    this.#resume = undefined
    if (this.#state === 'waiting') this.#state = 'open'
    resume?.()
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #requireOpen(): void {
    if (this.#state === 'closed') throw new Error('This hasher is finished.')
    if (this.#state === 'waiting') throw new Error('Wait for the promise of the last update.')
  }
}
