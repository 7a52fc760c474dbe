/** One client's connection: its requests one after another, and an end that loses no answer. */

import type { Duplex } from 'node:stream'
import type { OssError } from '@lading/protocol'

/** Requests that may wait on one connection; a client that pipelines more is cut off. */
const MAX_WAITING = 64

/** One request being answered, as far as its connection must know. */
export interface ActiveRequest {
  /** Whether bytes of its body may still come. */
  bodyIsOpen(): boolean
  /** Ends the reading of its body with `refusal`, if anybody reads it. */
  failBody(refusal: OssError): void
}

export class Connection {
  readonly #socket: Duplex
  readonly #lingerMs: number
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0
  /** The request that came last: only its body can still be on its way. */
  #last: { readonly active: ActiveRequest; answered: boolean } | undefined
  #closing = false
  #broken = false

  constructor(socket: Duplex, options: { readonly lingerMs: number }) {
    this.#socket = socket
    this.#lingerMs = options.lingerMs
    // Node ends a connection after the last answer by this method, and with what the client has
    // not sent yet, or we not read, it would lose the answer.
    Object.assign(socket, { destroySoon: () => this.closeLingering() })
  }

  /** Whether nothing is being answered. */
  get idle(): boolean {
    return this.#waiting === 0
  }

  /** Whether the next answer must be the last: its client can no longer be understood. */
  get broken(): boolean {
    return this.#broken
  }

  /**
   * Runs `answer` after all before it on this connection. Resolves when it has; rejects never, as
   * `answer` must not. Does nothing on a connection that is closing.
   */
  enqueue(active: ActiveRequest, answer: () => Promise<void>): Promise<void> {
    if (this.#closing) return Promise.resolve()
    if (this.#waiting >= MAX_WAITING) {
      this.destroy()
      return Promise.resolve()
    }
    this.#waiting += 1
    const last = { active, answered: false }
    this.#last = last
    this.#tail = this.#tail.then(async () => {
      try {
        // What follows an answer that closes is not to be done: nobody would learn that it was.
        if (!this.#closing && !this.#socket.destroyed) await answer()
      } finally {
        last.answered = true
        this.#waiting -= 1
      }
    })
    return this.#tail
  }

  /** Tells a client that it cannot be understood: through the answer it waits for, or by `write`. */
  refuse(refusal: OssError, write: () => string): void {
    if (this.#broken || this.#closing) return
    this.#broken = true
    const last = this.#last
    if (last?.active.bodyIsOpen()) {
      last.active.failBody(refusal)
      if (last.answered) this.closeLingering()
      return
    }
    this.#tail = this.#tail.then(() => {
      if (this.#socket.writable) this.#socket.write(write())
      this.closeLingering()
    })
  }

  /**
   * Says that no more will be sent, goes on reading for a while, and only then closes: unread bytes
   * make the kernel reset the connection, and the client would lose the answer it has not read yet.
   */
  closeLingering(): void {
    const socket = this.#socket
    if (this.#closing || socket.destroyed) return
    this.#closing = true
    const destroy = (): void => {
      socket.destroy()
    }
    const timer = setTimeout(destroy, this.#lingerMs)
    socket.once('close', () => clearTimeout(timer))
    if (socket.readableEnded) socket.once('finish', destroy)
    else socket.once('end', destroy)
    socket.end()
  }

  destroy(): void {
    this.#closing = true
    this.#socket.destroy()
  }
}
