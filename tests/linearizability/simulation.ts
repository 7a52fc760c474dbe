/** Histories of a service that is not there: right ones, and ones of a service with one known defect. */

import type { Random } from '../support/random.ts'
import type { Operation } from './checker.ts'
import { ask, beginning, type KeyState, type Question } from './model.ts'

export const defects = [
  'forgets a part that it acknowledged',
  'acknowledges a deletion and does nothing',
  'acknowledges an abort and does nothing',
  'acknowledges a completion and makes no object',
  'keeps the older of two parts',
  'lists parts as they were before',
  'reads objects as they were before',
  'leaves an upload open that it completed',
] as const

export type Defect = (typeof defects)[number]

const UPLOADS = ['U1', 'U2'] as const
const CLIENTS = 8
const OPERATIONS = 24

/**
 * Each operation takes its effect at one moment between its beginning and its end. The last ones look
 * at everything, so that hardly any defect that happened stays unseen.
 */
export function simulate(
  random: Random,
  defect: Defect | undefined,
): { readonly operations: readonly Operation[]; readonly happened: boolean } {
  const service = new DefectiveService(random, defect)
  const operations: Operation[] = []
  let time = 0
  let number = 0
  const underWay: { client: number; question: Question; began: number; answer?: string }[] = []
  const idle = Array.from({ length: CLIENTS }, (_, client) => client)
  while (number < OPERATIONS || underWay.length > 0) {
    time += 1
    const client = number < OPERATIONS && random.chance(0.5) ? idle.pop() : undefined
    if (client !== undefined) {
      number += 1
      const question = service.draw(number)
      underWay.push({ client, question, began: time })
      continue
    }
    const at = random.between(0, underWay.length - 1)
    const one = underWay[at]
    if (one === undefined) continue
    if (one.answer === undefined) {
      one.answer = service.answer(one.question)
      continue
    }
    underWay.splice(at, 1)
    idle.push(one.client)
    // Of some the answer is lost.
    const lost = random.chance(0.05)
    operations.push({
      client: one.client,
      question: one.question,
      answer: lost ? undefined : one.answer,
      began: one.began,
      ended: lost ? Number.POSITIVE_INFINITY : time,
      over: Number.POSITIVE_INFINITY,
    })
  }
  const looks: Question[] = [
    { kind: 'get' },
    ...UPLOADS.map((uploadId): Question => ({ kind: 'list-parts', uploadId })),
  ]
  for (const question of looks) {
    time += 2
    const answer = service.answer(question)
    const over = Number.POSITIVE_INFINITY
    operations.push({ client: 0, question, answer, began: time - 1, ended: time, over })
  }
  return { operations, happened: service.happened }
}

class DefectiveService {
  happened = false
  readonly #random: Random
  readonly #defect: Defect | undefined
  #state: KeyState = beginning(UPLOADS)
  #before: KeyState = this.#state

  constructor(random: Random, defect: Defect | undefined) {
    this.#random = random
    this.#defect = defect
  }

  draw(number: number): Question {
    const uploadId = this.#random.pick(UPLOADS)
    const draw = this.#random.next()
    const etag = `E${number}`
    if (draw < 0.4) {
      const partNumber = this.#random.between(1, 2)
      return { kind: 'part', uploadId, partNumber, etag, size: 102_400 }
    }
    if (draw < 0.55) return { kind: 'list-parts', uploadId }
    if (draw < 0.65) {
      const held = this.#state.uploads.get(uploadId)
      const parts = held === undefined || held === 'ended' ? [] : [...held]
      const listed = parts
        .map(([partNumber, part]) => [partNumber, part.etag] as const)
        .sort(([left], [right]) => left - right)
      return { kind: 'complete', uploadId, parts: listed, makes: etag }
    }
    if (draw < 0.7) return { kind: 'abort', uploadId }
    if (draw < 0.85) return { kind: 'get' }
    return draw < 0.95 ? { kind: 'put', etag } : { kind: 'delete' }
  }

  answer(question: Question): string {
    const { answer, next } = ask(this.#state, question)
    if (answer === 'ok' || this.#isOld(question)) {
      const wrong = this.#random.chance(0.5) ? this.#goWrong(question) : undefined
      if (wrong !== undefined && !this.#isSame(wrong, { answer, next })) {
        this.happened = true
        this.#state = wrong.next
        return wrong.answer
      }
    }
    if (next.name !== this.#state.name) this.#before = this.#state
    this.#state = next
    return answer
  }

  #isOld({ kind }: Question): boolean {
    return kind === 'get' || kind === 'list-parts'
  }

  #isSame(
    left: { readonly answer: string; readonly next: KeyState },
    right: { readonly answer: string; readonly next: KeyState },
  ): boolean {
    return left.answer === right.answer && left.next.name === right.next.name
  }

  /** What the defect makes of a question that is answered with success. */
  #goWrong(question: Question): { readonly answer: string; readonly next: KeyState } | undefined {
    const state = this.#state
    const nothingDone = { answer: 'ok', next: state }
    const { kind } = question
    switch (this.#defect) {
      case 'forgets a part that it acknowledged':
        return kind === 'part' ? nothingDone : undefined
      case 'acknowledges a deletion and does nothing':
        return kind === 'delete' ? nothingDone : undefined
      case 'acknowledges an abort and does nothing':
        return kind === 'abort' ? nothingDone : undefined
      case 'acknowledges a completion and makes no object':
        return kind === 'complete'
          ? { answer: 'ok', next: ask(state, { kind: 'abort', uploadId: question.uploadId }).next }
          : undefined
      case 'keeps the older of two parts': {
        if (kind !== 'part') return undefined
        const held = state.uploads.get(question.uploadId)
        const replaces = held !== 'ended' && held?.has(question.partNumber)
        return replaces ? nothingDone : undefined
      }
      case 'lists parts as they were before':
        return kind === 'list-parts'
          ? { answer: ask(this.#before, question).answer, next: state }
          : undefined
      case 'reads objects as they were before':
        return kind === 'get'
          ? { answer: ask(this.#before, question).answer, next: state }
          : undefined
      case 'leaves an upload open that it completed':
        return kind === 'complete'
          ? { answer: 'ok', next: ask(state, { kind: 'put', etag: question.makes }).next }
          : undefined
      default:
        return undefined
    }
  }
}
