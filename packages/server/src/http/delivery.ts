/** What holds up an answer's body on its way out, or breaks it off. */

import { type Pace, pacedPieces } from './pace.ts'

export class Delivery {
  readonly #left: AbortSignal
  readonly #paces: Pace[] = []
  #cut: { readonly after: number; readonly act: () => void | Promise<void> } | undefined
  #sent = 0

  /** `left` aborts when the client has left: then nobody is slowed down any more. */
  constructor(left: AbortSignal) {
    this.#left = left
  }

  /** Sends no faster than this, besides what was asked for before. */
  slowDown(pace: Pace): void {
    this.#paces.push(pace)
  }

  /** Calls `act` in place of the byte that would be sent after the first `after`. */
  cutAfter(after: number, act: () => void | Promise<void>): void {
    this.#cut = { after, act }
  }

  /** The chunk as it may be sent: at once, or piece by piece. */
  async *pieces(chunk: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    const rest = this.#cut ? Math.max(0, this.#cut.after - this.#sent) : chunk.length
    const part = rest < chunk.length ? chunk.subarray(0, rest) : chunk
    if (this.#paces.length === 0) yield part
    else yield* pacedPieces(part, this.#paces, this.#left)
    this.#sent += part.length
    if (part.length < chunk.length) await this.#cut?.act()
  }
}
