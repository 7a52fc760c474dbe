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

/**
 * Judges the operations on one key and its uploads. `everyOrder` takes none of the shortcuts, which
 * are there because of long histories with many lost answers, and must not change the verdict.
 */
export function explain(
  operations: readonly Operation[],
  { everyOrder = false }: { readonly everyOrder?: boolean } = {},
): Verdict {
  return new Search(operations, everyOrder).run()
}

class Search {
  readonly #operations: readonly Operation[]
  readonly #everyOrder: boolean
  readonly #dead = new Set<string>()
  #best: readonly Operation[] = []
  #undecided = false

  constructor(operations: readonly Operation[], everyOrder: boolean) {
    this.#everyOrder = everyOrder
    // What was read and never told binds nobody, and nor does what nobody can have seen.
    this.#operations = operations
      .filter(({ answer, question }) => answer !== undefined || changes(question))
      .filter((operation) => everyOrder || mayMatter(operation, operations))
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
      // What was read or refused could have come here in any order that explains the others: unless
      // others that were not answered had to come before it for being over.
      const changesNothing = operation.answer !== undefined && answer !== 'ok'
      const endsNone = !left.some((other) => this.#ends(other, latest, began))
      if (changesNothing && endsNone && !this.#everyOrder) break
    }
    this.#dead.add(place)
    return false
  }

  /** Whether it could happen while `latest` was the latest beginning, and cannot once `began` is. */
  #ends(at: number, latest: number, began: number): boolean {
    const over = this.#operations[at]?.over ?? Number.POSITIVE_INFINITY
    return over >= latest && over < began
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

/** Whether an operation that was not answered can have made a difference to an answer that came. */
function mayMatter({ answer, question }: Operation, operations: readonly Operation[]): boolean {
  if (answer !== undefined) return true
  const told = operations.filter((other) => other.answer !== undefined)
  const isGot = (etag: string) =>
    told.some((other) => other.question.kind === 'get' && other.answer?.includes(etag))
  switch (question.kind) {
    case 'put':
      return isGot(question.etag)
    case 'delete':
      return told.some((other) => other.answer === 'NoSuchKey')
    case 'abort':
      return isFoundEnded(question, told)
    case 'complete':
      return isGot(question.makes) || isFoundEnded(question, told)
    case 'part':
      return operations.some((other) => isAboutPart(other, question))
    default:
      return false
  }
}

function isFoundEnded({ uploadId }: { readonly uploadId: string }, told: readonly Operation[]) {
  return told.some(
    ({ answer, question }) =>
      answer === 'NoSuchUpload' && 'uploadId' in question && question.uploadId === uploadId,
  )
}

/** Whether a list of parts shows it, or a completion lists it or was refused, perhaps for what it replaced. */
function isAboutPart(
  { answer, question: other }: Operation,
  { uploadId, etag }: Extract<Question, { readonly kind: 'part' }>,
): boolean {
  if (!('uploadId' in other) || other.uploadId !== uploadId) return false
  if (other.kind === 'list-parts') return answer?.includes(etag) ?? false
  if (other.kind !== 'complete') return false
  const isRefused = answer === 'InvalidPart' || answer === 'EntityTooSmall'
  return isRefused || other.parts.some(([, listed]) => listed === etag)
}

function changes({ kind }: Question): boolean {
  return kind !== 'get' && kind !== 'list-parts'
}

function show({ client, question, answer, began, ended, over }: Operation): string {
  const { kind, ...rest } = question
  const end = answer === undefined ? (Number.isFinite(over) ? `over ${over}` : 'open') : ended
  return `  [${began}, ${end}] client ${client}: ${kind} ${JSON.stringify(rest)} -> ${answer ?? 'no answer'}`
}
