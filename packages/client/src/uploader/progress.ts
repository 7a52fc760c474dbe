/** How far an upload is, by byte. */

import type { ReplayableBody } from '../body.ts'

export interface UploadProgress {
  /**
   * Bytes handed to the network or found at the service. Never goes down: bytes sent again count
   * once. Equals `total` in the end.
   */
  readonly loaded: number
  /** Bytes of parts that the service is proved to have. */
  readonly confirmed: number
  /** Bytes; `undefined` for a stream, until its end is known. */
  readonly total: number | undefined
  readonly partsDone: number
  /** Of `partsDone`, those the service had before this run. */
  readonly partsResumed: number
  /** `undefined` for a stream, until its end is known. */
  readonly parts: number | undefined
}

export class ProgressMeter {
  readonly #listener: ((progress: UploadProgress) => void) | undefined
  /** Of parts under way, the most bytes that any attempt got out. */
  readonly #sent = new Map<number, number>()
  #loaded = 0
  #confirmed = 0
  #partsDone = 0
  #partsResumed = 0
  #total: number | undefined
  #parts: number | undefined

  constructor(listener: ((progress: UploadProgress) => void) | undefined) {
    this.#listener = listener
  }

  get current(): UploadProgress {
    return {
      loaded: this.#loaded,
      confirmed: this.#confirmed,
      total: this.#total,
      partsDone: this.#partsDone,
      partsResumed: this.#partsResumed,
      parts: this.#parts,
    }
  }

  expect(total: number, parts: number): void {
    this.#total = total
    this.#parts = parts
    this.#tell()
  }

  /** `sent` bytes of the part have left in the present attempt. */
  sent(partNumber: number, sent: number): void {
    const before = this.#sent.get(partNumber) ?? 0
    if (sent <= before) return
    this.#sent.set(partNumber, sent)
    this.#loaded += sent - before
    this.#tell()
  }

  /** The service has the part, all `size` bytes of it. */
  done(partNumber: number, size: number, { resumed }: { readonly resumed: boolean }): void {
    this.#loaded += size - (this.#sent.get(partNumber) ?? 0)
    this.#sent.delete(partNumber)
    this.#confirmed += size
    this.#partsDone += 1
    if (resumed) this.#partsResumed += 1
    this.#tell()
  }

  #tell(): void {
    this.#listener?.(this.current)
  }
}

/** `body`, telling after each chunk how many bytes of this attempt the transport has taken. */
export function metered(body: ReplayableBody, sent: (bytes: number) => void): ReplayableBody {
  async function* open(): AsyncGenerator<Uint8Array, void, void> {
    let bytes = 0
    for await (const chunk of body.open()) {
      yield chunk
      bytes += chunk.length
      sent(bytes)
    }
  }
  return { size: body.size, open, whole: body.whole, sent }
}
