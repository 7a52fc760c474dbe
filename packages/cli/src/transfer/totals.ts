/** Progress of several transfers as one. */

import type { Output } from '../output/output.ts'
import type { Progress } from '../output/progress.ts'

/** Adds up what each transfer says of itself. */
export class Totals {
  readonly #loaded = new Map<string, number>()
  readonly #progress: Progress
  #sum = 0

  constructor(output: Output, label: string, total: number) {
    this.#progress = output.startProgress(label, total)
  }

  /** `loaded` bytes of the transfer `name` are there now; 0 when it failed. */
  update(name: string, loaded: number): void {
    this.#sum += loaded - (this.#loaded.get(name) ?? 0)
    this.#loaded.set(name, loaded)
    this.#progress.update(this.#sum)
  }
}
