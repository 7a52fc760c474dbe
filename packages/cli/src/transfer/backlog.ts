/** What has been found and waits for its turn; whoever finds it waits when there is too much. */

export class Backlog<Item> implements AsyncIterable<Item> {
  readonly #room: number
  readonly #waiting: Item[] = []
  #isClosed = false
  #takers: (() => void)[] = []
  #putters: (() => void)[] = []

  /** @param room How many wait at most. */
  constructor(room: number) {
    this.#room = room
  }

  get isFull(): boolean {
    return this.#waiting.length >= this.#room
  }

  /** Resolves once there is room for it. What is put after the end is dropped. */
  async put(item: Item): Promise<void> {
    while (this.isFull && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#putters.push(resolve))
    }
    if (this.#isClosed) return
    this.#waiting.push(item)
    this.#takers.shift()?.()
  }

  /** Those who take get what waits, and then the end. */
  end(): void {
    this.#isClosed = true
    for (const wake of [...this.#takers, ...this.#putters]) wake()
    this.#takers = []
    this.#putters = []
  }

  /** Each item goes to one of those who take. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for (;;) {
      const item = this.#waiting.shift()
      if (item !== undefined) {
        this.#putters.shift()?.()
        yield item
      } else if (this.#isClosed) {
        return
      } else {
        await new Promise<void>((resolve) => this.#takers.push(resolve))
      }
    }
  }
}
