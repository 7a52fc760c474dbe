/** How fast bytes go, over the last seconds. */

/** Milliseconds that are looked back over. */
const WINDOW_MS = 6000

export class Speed {
  #samples: { readonly at: number; readonly bytes: number }[] = []

  /** `bytes` are all until now. */
  note(at: number, bytes: number): void {
    this.#samples.push({ at, bytes })
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > WINDOW_MS) {
      this.#samples.shift()
    }
  }

  /** Bytes a second; 0 until there is something to compare. */
  get now(): number {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)]
    if (!first || !last || last.at <= first.at) return 0
    return Math.max(0, ((last.bytes - first.bytes) * 1000) / (last.at - first.at))
  }

  /** After a pause what came before says nothing. */
  forget(): void {
    this.#samples = []
  }
}
