/** A request's body on its way in: as much as was declared, not more, not slower than allowed. */

import type { IncomingMessage } from 'node:http'
import { OssError } from '@lading/protocol'
import type { RequestBody } from '../api/operation.ts'
import type { Framing } from './framing.ts'
import { bodyPassed } from './free-bodies-early.ts'
import { type Pace, pacedPieces } from './pace.ts'

/** How slowly a body may come. */
export interface BodyRate {
  readonly bytesPerSecond: number
  /** Milliseconds that a client may owe before it is given up. */
  readonly windowMs: number
}

export interface IncomingBodyOptions {
  readonly rate: BodyRate
  /** Asks the client for the body; called once, before the first byte is read. */
  readonly requestBytes: () => void
  /** Aborts when the client has left: then nobody is slowed down any more. */
  readonly left: AbortSignal
}

export class IncomingBody implements RequestBody {
  readonly declaredLength: number | undefined
  readonly #request: IncomingMessage
  readonly #chunked: boolean
  readonly #options: IncomingBodyOptions
  #limit = 0
  #received = 0
  #begun = false
  #failure: Error | undefined
  /** Milliseconds that the client may still keep us waiting; bytes earn more, up to the window. */
  #patience: number
  #wake: () => void = () => {}
  #cut: { readonly after: number; readonly act: () => void | Promise<void> } | undefined
  readonly #paces: Pace[] = []
  #delayedMs = 0

  constructor(request: IncomingMessage, framing: Framing, options: IncomingBodyOptions) {
    this.#request = request
    this.#chunked = framing.chunked
    this.#options = options
    this.declaredLength = framing.contentLength
    this.#patience = options.rate.windowMs
  }

  /** Bytes read so far. */
  get received(): number {
    return this.#received
  }

  /** Whether any of it was asked for. */
  get begun(): boolean {
    return this.#begun
  }

  /** Milliseconds that it was slowed down by. */
  get delayedMs(): number {
    return this.#delayedMs
  }

  /** Reads no faster than this, besides what was asked for before. */
  slowDown(pace: Pace): void {
    this.#paces.push(pace)
  }

  /** @throws {OssError} `EntityTooLarge` at once when more than `limit` bytes are declared. */
  allow(limit: number): void {
    this.#limit = limit
    if (this.declaredLength !== undefined && this.declaredLength > limit) throw tooLarge(limit)
  }

  /** Calls `act` once `after` bytes have been read, before they are handed on; then it is over. */
  cutAfter(after: number, act: () => void | Promise<void>): void {
    this.#cut = { after, act }
  }

  /** Ends the reading, now or when it begins, with `error`. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#wake()
  }

  /**
   * Not `for await` over the request: leaving that destroys the socket and the answer with it, and
   * its wait cannot be ended while the client is silent.
   */
  async *bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#begun) throw new TypeError('A body can be read once.')
    this.#begun = true
    const request = this.#request
    if (this.#failure) throw this.#failure
    this.#options.requestBytes()

    const wake = (): void => this.#wake()
    for (const event of WAKING) request.on(event, wake)
    try {
      for (;;) {
        if (this.#failure) throw this.#failure
        const chunk = request.read() as Uint8Array | null
        if (chunk !== null) {
          this.#take(chunk.length)
          if (this.#cut && this.#received >= this.#cut.after) {
            // Unread, a connection does not tell that its client has left.
            request.on('readable', () => request.read())
            request.read()
            await this.#cut.act()
            throw new OssError('IncompleteBody')
          }
          if (this.#paces.length === 0) yield chunk
          else yield* this.#slowly(chunk)
        } else if (request.readableEnded) {
          break
        } else if (request.destroyed) {
          throw new OssError('IncompleteBody', { cause: request.errored ?? undefined })
        } else {
          await this.#more()
        }
      }
      this.#requireWhole()
    } finally {
      for (const event of WAKING) request.off(event, wake)
    }
  }

  async text(): Promise<string> {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    let text = ''
    const decode = (chunk?: Uint8Array): string => {
      try {
        return decoder.decode(chunk, { stream: chunk !== undefined })
      } catch (cause) {
        throw new OssError('MalformedXML', { cause })
      }
    }
    for await (const chunk of this.bytes()) text += decode(chunk)
    return text + decode()
  }

  /** Reads the body and drops it, so that its framing is checked as well. */
  async discard(): Promise<void> {
    for await (const _ of this.bytes());
  }

  async *#slowly(chunk: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    const waited = (ms: number): void => {
      this.#delayedMs += ms
    }
    for await (const piece of pacedPieces(chunk, this.#paces, this.#options.left, waited)) {
      if (this.#failure) throw this.#failure
      yield piece
    }
  }

  #take(bytes: number): void {
    const { bytesPerSecond, windowMs } = this.#options.rate
    this.#received += bytes
    bodyPassed(bytes)
    this.#patience = Math.min(windowMs, this.#patience + (bytes * 1000) / bytesPerSecond)
    if (this.declaredLength !== undefined && this.#received > this.declaredLength) {
      throw new OssError('IncompleteBody')
    }
    if (this.#received > this.#limit) throw tooLarge(this.#limit)
  }

  #requireWhole(): void {
    if (this.declaredLength !== undefined && this.#received !== this.declaredLength) {
      throw new OssError('IncompleteBody')
    }
    // `Transfer-Encoding: chunked` followed by a blank looks like chunked here, while the parser
    // reads on until the peer hangs up. Such an end proves nothing.
    if (this.#chunked && this.#request.socket.readableEnded) throw new OssError('IncompleteBody')
  }

  /** Waits for the client, and counts only that: time that we take ourselves is not its fault. */
  #more(): Promise<void> {
    return new Promise((resolve) => {
      const since = performance.now()
      const impatience = setTimeout(
        () => this.fail(new OssError('RequestTimeout')),
        Math.max(0, this.#patience),
      )
      this.#wake = () => {
        this.#wake = () => {}
        clearTimeout(impatience)
        this.#patience -= performance.now() - since
        resolve()
      }
    })
  }
}

const WAKING = ['readable', 'end', 'error', 'close'] as const

function tooLarge(limit: number): OssError {
  return new OssError('EntityTooLarge', { details: { MaxSizeAllowed: String(limit) } })
}
