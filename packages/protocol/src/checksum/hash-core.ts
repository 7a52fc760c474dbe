/** The WebAssembly hash core: its memory, the slots in it, and calls by address. */

import { scalarModule, simdModule } from './hash-core-module.ts'

/**
 * Bytes of a stream that a slot holds at most: what arrives while others have their turn. Twice as much
 * costs as much processor time, and memory for every slow stream.
 */
export const REGION: number = 128 * 1024

/** Bytes of a block of MD5. */
export const BLOCK = 64

/**
 * Bytes before a slot's region: the state of its MD5, at 0, and of its CRC-64, at 16. As much stands
 * behind the region, for the padding that ends an MD5.
 */
const MARGIN = 128
const STRIDE = MARGIN + REGION + MARGIN

/** Below lie the core's scratch space and tables. */
const FIRST_SLOT = 64 * 1024
const PAGE = 64 * 1024

interface Exports {
  prepare(): void
  md5(at: number, state: number, blocks: number): void
  md5x4(
    at0: number,
    at1: number,
    at2: number,
    at3: number,
    state0: number,
    state1: number,
    state2: number,
    state3: number,
    blocks: number,
  ): void
  crc64(at: number, length: number, state: number): void
}

/** Where one stream's bytes and states lie. */
export interface Slot {
  /** The address of the MD5's state, 16 bytes; the CRC's 8 follow. */
  readonly state: number
  /** The address of the first byte of the region. */
  readonly region: number
}

/** The initial value of MD5's four words. Source: RFC 1321, section 3.3. */
export const INITIAL_MD5 = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const

/** How the work was spread over the lanes; for tests and benches. */
export interface LaneCounts {
  /** Blocks of all streams. */
  blocks: number
  /** Those that ran beside other streams' blocks. */
  shared: number
}

export class HashCore {
  readonly counts: LaneCounts = { blocks: 0, shared: 0 }

  readonly #memory: WebAssembly.Memory
  readonly #exports: Exports
  readonly #idle: Slot[] = []
  readonly #spare: Slot
  #slots = 0
  #bytes: Uint8Array
  #view: DataView

  private constructor(memory: WebAssembly.Memory, exports: Exports) {
    this.#memory = memory
    this.#exports = exports
    this.#bytes = new Uint8Array(memory.buffer)
    this.#view = new DataView(memory.buffer)
    exports.prepare()
    this.#spare = this.takeSlot()
  }

  /**
   * @param simd `false` takes the scalar module where SIMD would do: for tests. Engines without SIMD
   *   get it anyway.
   */
  static async load({ simd = true }: { simd?: boolean } = {}): Promise<HashCore> {
    const memory = new WebAssembly.Memory({ initial: FIRST_SLOT / PAGE })
    const wanted = simd ? decode(simdModule) : decode(scalarModule)
    // An engine that lacks SIMD does not know its instructions and finds the module invalid.
    const bytes = WebAssembly.validate(wanted) ? wanted : decode(scalarModule)
    const { instance } = await WebAssembly.instantiate(bytes, {
      env: {
        memory,
        abort() {
          throw new Error('The hash core gave up.')
        },
      },
    })
    return new HashCore(memory, instance.exports as unknown as Exports)
  }

  /** Slots ever made: the most streams that there were at one time. */
  get slots(): number {
    return this.#slots
  }

  /** A slot that nobody uses, its states set to begin. */
  takeSlot(): Slot {
    const slot = this.#idle.pop() ?? this.#makeSlot()
    for (const [index, word] of INITIAL_MD5.entries()) {
      this.#view.setUint32(slot.state + 4 * index, word, true)
    }
    this.resumeCrc64(slot, 0n)
    return slot
  }

  giveBack(slot: Slot): void {
    this.#idle.push(slot)
  }

  write(at: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, at)
  }

  move(to: number, from: number, end: number): void {
    this.#bytes.copyWithin(to, from, end)
  }

  md5({ state }: Slot, at: number, blocks: number): void {
    this.#exports.md5(at, state, blocks)
    this.counts.blocks += blocks
  }

  /** Two to four streams, each by its slot and address. Lanes without one run on bytes of no meaning. */
  md5Lanes(slots: readonly Slot[], at: readonly number[], blocks: number): void {
    const { state, region } = this.#spare
    const [a, b, c, d] = slots
    const [atA = region, atB = region, atC = region, atD = region] = at
    this.#exports.md5x4(
      atA,
      atB,
      atC,
      atD,
      a?.state ?? state,
      b?.state ?? state,
      c?.state ?? state,
      d?.state ?? state,
      blocks,
    )
    this.counts.blocks += blocks * slots.length
    this.counts.shared += blocks * slots.length
  }

  /** The slot's CRC goes on from `value`. */
  resumeCrc64({ state }: Slot, value: bigint): void {
    this.#view.setBigUint64(state + 16, value, true)
  }

  crc64({ state }: Slot, at: number, length: number): void {
    this.#exports.crc64(at, length, state + 16)
  }

  /** Pads the last `rest` bytes (below a block) of a stream of `size`, and gives its MD5. */
  finishMd5(slot: Slot, at: number, rest: number, size: number): Uint8Array {
    const padded = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK
    this.#bytes.fill(0, at + rest, at + padded)
    this.#bytes[at + rest] = 0x80
    this.#view.setBigUint64(at + padded - 8, BigInt(size) * 8n, true)
    this.#exports.md5(at, slot.state, padded / BLOCK)
    return this.#bytes.slice(slot.state, slot.state + 16)
  }

  crc64Of({ state }: Slot): bigint {
    return this.#view.getBigUint64(state + 16, true)
  }

  #makeSlot(): Slot {
    const at = FIRST_SLOT + this.#slots * STRIDE
    this.#slots += 1
    const missing = at + STRIDE - this.#memory.buffer.byteLength
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE))
      // Growing detaches the buffer that the views were of.
      this.#bytes = new Uint8Array(this.#memory.buffer)
      this.#view = new DataView(this.#memory.buffer)
    }
    return { state: at, region: at + MARGIN }
  }
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64)
  return Uint8Array.from({ length: binary.length }, (_, index) => binary.charCodeAt(index))
}
