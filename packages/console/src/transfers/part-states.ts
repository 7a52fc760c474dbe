/** What has become of each part, in a few bytes for each: there may be 10,000. */

import { type Signal, signal } from '@preact/signals'

export const partStates = ['waiting', 'sending', 'stored', 'failed'] as const
export type PartState = (typeof partStates)[number]

export class PartStates {
  /** How many parts there are; 0 until that is known. */
  readonly count: Signal<number> = signal(0)
  /** Bytes of each but the last; 0 until that is known. */
  readonly partSize: Signal<number> = signal(0)
  /** Counts up, at most once a frame, when states have changed. */
  readonly round: Signal<number> = signal(0)
  #states = new Uint8Array(0)
  #tries = new Uint8Array(0)
  readonly #etags = new Map<number, string>()
  #isDue = false

  /** Forgets what was known of other parts, if there were another number of them. */
  expect(count: number): void {
    if (count === this.#states.length) return
    const [states, tries] = [this.#states, this.#tries]
    this.#states = new Uint8Array(count)
    this.#tries = new Uint8Array(count)
    this.#states.set(states.subarray(0, count))
    this.#tries.set(tries.subarray(0, count))
    this.count.value = count
    this.#tell()
  }

  began(partNumber: number, size: number | undefined): void {
    const index = partNumber - 1
    this.#tries[index] = Math.min(255, this.triesOf(partNumber) + 1)
    if (size !== undefined && size > this.partSize.value) this.partSize.value = size
    this.#set(partNumber, 'sending')
  }

  stored(
    partNumber: number,
    { etag, size }: { readonly etag: string; readonly size: number },
  ): void {
    this.#etags.set(partNumber, etag)
    if (size > this.partSize.value) this.partSize.value = size
    this.#set(partNumber, 'stored')
  }

  failed(partNumber: number): void {
    this.#set(partNumber, 'failed')
  }

  /** Nothing is on the way any more. */
  stopped(): void {
    const sending = partStates.indexOf('sending')
    this.#states = this.#states.map((state) => (state === sending ? 0 : state))
    this.#tell()
  }

  stateOf(partNumber: number): PartState {
    return partStates[this.#states[partNumber - 1] ?? 0] ?? 'waiting'
  }

  triesOf(partNumber: number): number {
    return this.#tries[partNumber - 1] ?? 0
  }

  etagOf(partNumber: number): string | undefined {
    return this.#etags.get(partNumber)
  }

  /** Bytes of one part of a file of `total`; the last has what is left. */
  sizeOf(partNumber: number, total: number): number {
    const partSize = this.partSize.value
    return partNumber < this.count.value ? partSize : total - partSize * (partNumber - 1)
  }

  countOf(state: PartState): number {
    const wanted = partStates.indexOf(state)
    return this.#states.reduce((sum, each) => (each === wanted ? sum + 1 : sum), 0)
  }

  #set(partNumber: number, state: PartState): void {
    if (partNumber > this.#states.length) this.expect(partNumber)
    this.#states[partNumber - 1] = partStates.indexOf(state)
    this.#tell()
  }

  #tell(): void {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      this.round.value += 1
    })
  }
}
