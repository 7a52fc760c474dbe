/** How many may be under way at the same time; the others wait, in the order in which they asked. */

export class Turns {
  readonly #limit: number
  #taken = 0
  readonly #waiting = new Set<() => void>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Calls `go` when it is its turn: at once, or later. To be told, by what it returns, that the turn is over. */
  ask(go: () => void): () => void {
    let isLeft = false
    const start = (): void => {
      this.#taken += 1
      go()
    }
    if (this.#taken < this.#limit) start()
    else this.#waiting.add(start)
    return () => {
      if (isLeft) return
      isLeft = true
      if (this.#waiting.delete(start)) return
      this.#taken -= 1
      this.#next()
    }
  }

  #next(): void {
    const [start] = this.#waiting
    if (!start) return
    this.#waiting.delete(start)
    start()
  }
}
