/**
 * Whether some order of the operations explains every answer: one that keeps each operation between
 * its beginning and its end, in which the model answers as the service did. The search is that of
 * Wing and Gong with Lowe's memory of the places that led nowhere. Keys have nothing to do with one
 * another, so each key of a history, with its uploads, is checked by itself.
 */

import { ask, beginning, type KeyState, type Question } from './model.ts'

export interface Operation {
  readonly client: number
  readonly question: Question
  /** `undefined`: none came, and it may have happened at any later time, or never. */
  readonly answer: string | undefined
  /** Ticks of the history's clock, all different. */
  readonly began: number
  /** When the answer was there. */
  readonly ended: number
  /**
   * Of an operation without an answer: from when on it cannot happen any more, because everything
   * that could do it was dead by then. Infinity where that is not known.
   */
  readonly over: number
}

export type Verdict =
  | { readonly kind: 'explained'; readonly visited: number }
  | { readonly kind: 'violation'; readonly story: string }
  /** More places than the search may visit. */
  | { readonly kind: 'undecided'; readonly visited: number }

const MOST_PLACES = 2_000_000

/** Judges the operations on one key and its uploads. */
export function explain(operations: readonly Operation[]): Verdict {
  return new Search(operations).run()
}

class Search {
  readonly #operations: readonly Operation[]
  readonly #dead = new Set<string>()
  #best: readonly Operation[] = []
  #undecided = false

  constructor(operations: readonly Operation[]) {
    // What was read and never told binds nobody.
    this.#operations = operations
      .filter(({ answer, question }) => answer !== undefined || changes(question))
      .sort((left, right) => left.ended - right.ended)
  }

  run(): Verdict {
    const ids = this.#operations.flatMap(({ question }) =>
      'uploadId' in question ? [question.uploadId] : [],
    )
    const found = this.#goOn(beginning(new Set(ids)), 0n, -1, [])
    const visited = this.#dead.size
    if (found) return { kind: 'explained', visited }
    if (this.#undecided) return { kind: 'undecided', visited }
    return { kind: 'violation', story: this.#story() }
  }

  /**
   * Whether the operations that are not in `done` can follow in this state. `latest` is when the
   * latest operation of `order` began.
   */
  #goOn(state: KeyState, done: bigint, latest: number, order: readonly Operation[]): boolean {
    const left = this.#operations.map((_, at) => at).filter((at) => !((done >> BigInt(at)) & 1n))
    const [first] = left
    // Sorted by their ends: those without an answer come last, and need not happen.
    if (first === undefined || this.#operations[first]?.answer === undefined) return true
    const place = `${done}/${state.name}`
    if (this.#dead.has(place)) return false
    if (this.#dead.size >= MOST_PLACES) {
      this.#undecided = true
      return false
    }
    if (order.length > this.#best.length) this.#best = order
    const earliestEnd = this.#operations[first]?.ended ?? 0
    for (const at of left) {
      const operation = this.#operations[at]
      // One that began after another had ended cannot come before it.
      if (!operation || operation.began > earliestEnd || operation.over < latest) continue
      const { answer, next } = ask(state, operation.question)
      if (operation.answer === undefined ? next.name === state.name : answer !== operation.answer)
        continue
      const began = Math.max(latest, operation.began)
      if (this.#goOn(next, done | (1n << BigInt(at)), began, [...order, operation])) return true
    }
    this.#dead.add(place)
    return false
  }

  #story(): string {
    const explained = new Set(this.#best)
    const others = this.#operations.filter((operation) => !explained.has(operation))
    return [
      'No order explains these answers. The longest that could be explained:',
      ...this.#best.map(show),
      'and then one of these had to come:',
      ...others.map(show),
    ].join('\n')
  }
}

function changes({ kind }: Question): boolean {
  return kind !== 'get' && kind !== 'list-parts'
}

function show({ client, question, answer, began, ended, over }: Operation): string {
  const { kind, ...rest } = question
  const end = answer === undefined ? (Number.isFinite(over) ? `over ${over}` : 'open') : ended
  return `  [${began}, ${end}] client ${client}: ${kind} ${JSON.stringify(rest)} -> ${answer ?? 'no answer'}`
}
