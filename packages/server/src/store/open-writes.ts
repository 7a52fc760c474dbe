/** Which writes are under way, so that the collector can tell when those of an earlier moment are over. */

/** The writes that were under way at one moment. */
export type Writes = ReadonlySet<symbol>

export class OpenWrites {
  readonly #open = new Set<symbol>()

  /** Runs `write`, which counts as under way until it settles. */
  async during<Result>(write: () => Promise<Result>): Promise<Result> {
    const token = Symbol()
    this.#open.add(token)
    try {
      return await write()
    } finally {
      this.#open.delete(token)
    }
  }

  now(): Writes {
    return new Set(this.#open)
  }

  areOver(writes: Writes): boolean {
    return ![...writes].some((write) => this.#open.has(write))
  }
}
