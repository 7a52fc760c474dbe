/** Repeatable randomness: every draw follows from a seed that a failing test prints. */

export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to 1, exclusive (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.between(0, items.length - 1)] ?? items[0]
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    const whole = length - (length % 4)
    for (let index = 0; index < whole; index += 4) {
      bytes.writeUInt32LE((this.next() * 4294967296) >>> 0, index)
    }
    for (let index = whole; index < length; index += 1) bytes[index] = this.between(0, 255)
    return bytes
  }
}

/** The seed from the environment, or a new one; print it. */
export function seedFromEnvironment(name = 'LADING_SEED'): number {
  const given = Number(process.env[name])
  return Number.isInteger(given) && given > 0 ? given : (Date.now() ^ (process.pid << 8)) >>> 0
}
