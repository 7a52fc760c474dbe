/** Progress of several transfers as one. */

import type { Output } from '../output/output.ts'
import type { Progress } from '../output/progress.ts'

/** Adds up what each transfer says of itself. */
export class Totals {
  readonly #transfers = new Map<string, { readonly loaded: number; readonly resumed: number }>()
  readonly #progress: Progress
  #loaded = 0
  #resumed = 0

  constructor(output: Output, label: () => string, total: number) {
    this.#progress = output.startProgress(label, total)
  }

  /** `loaded` bytes of the transfer `name` are there now; 0 when it failed. */
  update(name: string, loaded: number, resumed = 0): void {
    const before = this.#transfers.get(name) ?? { loaded: 0, resumed: 0 }
    this.#transfers.set(name, { loaded, resumed })
    this.#loaded += loaded - before.loaded
    this.#resumed += resumed - before.resumed
    this.#progress.update(this.#loaded, this.#resumed)
  }
}
