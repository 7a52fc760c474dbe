/** Progress of several transfers as one. */

import type { Output } from '../output/output.ts'
import type { Progress } from '../output/progress.ts'
import { plural } from '../quantities.ts'
import type { Transfer } from './copy-one.ts'

interface Moved {
  /** Bytes. */
  readonly loaded: number
  readonly resumed: number
}

const nothing: Moved = { loaded: 0, resumed: 0 }

/** Adds up what each transfer says of itself; of those that are over nothing is kept but the sum. */
export class Totals {
  readonly #underWay = new Map<Transfer, Moved>()
  readonly #progress: Progress
  readonly #ended: () => number
  #loaded = 0
  #resumed = 0
  #files = 0
  #bytes = 0
  /** Whether that is all there is. */
  #isWhole = false

  /** @param ended How many files are over. */
  constructor(output: Output, ended: () => number, isSilent: boolean) {
    this.#ended = ended
    this.#progress = output.startProgress(
      () => this.#label(),
      () => (this.#isWhole ? this.#bytes : undefined),
      isSilent,
    )
  }

  /** One more file of so many bytes, unless all are counted already. */
  found(bytes: number): void {
    if (this.#isWhole) return
    this.#files += 1
    this.#bytes += bytes
  }

  foundAll(): void {
    this.#isWhole = true
  }

  /** This is all there is. */
  counted(files: number, bytes: number): void {
    this.#files = files
    this.#bytes = bytes
    this.#isWhole = true
  }

  /** `loaded` bytes of the transfer are there now. */
  update(transfer: Transfer, loaded: number, resumed = 0): void {
    const before = this.#underWay.get(transfer) ?? nothing
    this.#underWay.set(transfer, { loaded, resumed })
    this.#loaded += loaded - before.loaded
    this.#resumed += resumed - before.resumed
    this.#progress.update(this.#loaded, this.#resumed)
  }

  /** Whatever became of it, its bytes are not waited for any more. */
  ended(transfer: Transfer, size: number): void {
    const { resumed } = this.#underWay.get(transfer) ?? { resumed: size }
    this.update(transfer, size, resumed)
    this.#underWay.delete(transfer)
  }

  #label(): string {
    const ended = this.#ended().toLocaleString('en-US')
    // More are being found.
    return `${ended} of ${plural(this.#files, 'file')}${this.#isWhole ? '' : ' so far'}`
  }
}
