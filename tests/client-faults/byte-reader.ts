/** A socket read by heads and by lengths. */

import type { Socket } from 'node:net'

export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#chunks = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>
  }

  /** The lines up to a blank one, with it; `undefined` when the peer ends before the first byte. */
  async head(): Promise<Buffer | undefined> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end >= 0) return this.#take(end + 4)
      if (!(await this.#more())) return undefined
    }
  }

  /** Rejects when the peer ends before so many. */
  async bytes(size: number): Promise<Buffer> {
    while (this.#rest.length < size) {
      if (!(await this.#more())) throw new Error('The peer ended in the middle of a body.')
    }
    return this.#take(size)
  }

  /** As many as are at hand, up to `size`; waits for the first. */
  async some(size: number): Promise<Buffer> {
    if (this.#rest.length === 0 && !(await this.#more())) {
      throw new Error('The peer ended in the middle of a body.')
    }
    return this.#take(Math.min(size, this.#rest.length))
  }

  #take(size: number): Buffer {
    const taken = this.#rest.subarray(0, size)
    this.#rest = this.#rest.subarray(size)
    return taken
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next()
    if (next.done) return false
    this.#rest = Buffer.concat([this.#rest, next.value])
    return true
  }
}
