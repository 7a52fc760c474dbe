import { describe, expect, test } from 'vitest'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { explain, type Operation } from './checker.ts'
import { UploadIds } from './history.ts'
import type { Question } from './model.ts'
import { defects, simulate } from './simulation.ts'

const ROUNDS = 60
const seed = seedFromEnvironment()

type Line = readonly [question: Question, answer: string | undefined, began: number, ended?: number]

/** Operations as a test writes them: an end that is not given is right after the beginning. */
function told(...lines: readonly Line[]): Operation[] {
  return lines.map(([question, answer, began, ended = began + 1], client) => ({
    client,
    question,
    answer,
    began,
    ended: answer === undefined ? Number.POSITIVE_INFINITY : ended,
    over: answer === undefined ? ended : Number.POSITIVE_INFINITY,
  }))
}

const never = Number.POSITIVE_INFINITY
const upload = { uploadId: 'U' }
const part = (partNumber: number, etag: string, size = 102_400): Question => ({
  kind: 'part',
  ...upload,
  partNumber,
  etag,
  size,
})
const list: Question = { kind: 'list-parts', ...upload }
const abort: Question = { kind: 'abort', ...upload }
const complete = (makes: string, ...parts: readonly (readonly [number, string])[]): Question => ({
  kind: 'complete',
  ...upload,
  parts,
  makes,
})
const get: Question = { kind: 'get' }
const put = (etag: string): Question => ({ kind: 'put', etag })
const remove: Question = { kind: 'delete' }

/** What must be seen through, each beside the most alike history that is in order. */
const planted: readonly (readonly [
  name: string,
  wrong: readonly Operation[],
  right: readonly Operation[],
])[] = [
  [
    'an acknowledged part that is lost',
    told([part(1, 'A'), 'ok', 1], [list, 'parts ', 3]),
    told([part(1, 'A'), undefined, 1, never], [list, 'parts ', 3]),
  ],
  [
    'a listing that misses one of two acknowledged parts',
    told([part(1, 'A'), 'ok', 1], [part(2, 'B'), 'ok', 3], [list, 'parts 2:B/102400', 5]),
    told([part(1, 'A'), 'ok', 1, 9], [part(2, 'B'), 'ok', 3], [list, 'parts 2:B/102400', 5]),
  ],
  [
    'a part that gives way to an older one',
    told([part(1, 'A'), 'ok', 1], [part(1, 'B'), 'ok', 3], [list, 'parts 1:A/102400', 5]),
    told([part(1, 'A'), 'ok', 1, 4], [part(1, 'B'), 'ok', 3], [list, 'parts 1:A/102400', 5]),
  ],
  [
    'a listing that goes back and forth between two parts',
    told(
      [part(1, 'A'), 'ok', 1, 20],
      [part(1, 'B'), 'ok', 2, 21],
      [list, 'parts 1:A/102400', 4],
      [list, 'parts 1:B/102400', 6],
      [list, 'parts 1:A/102400', 8],
    ),
    told(
      [part(1, 'A'), 'ok', 1, 20],
      [part(1, 'B'), 'ok', 2, 21],
      [list, 'parts 1:A/102400', 4],
      [list, 'parts 1:B/102400', 6],
      [list, 'parts 1:B/102400', 8],
    ),
  ],
  [
    'a part that was never sent',
    told([list, 'parts 1:A/102400', 1]),
    told([part(1, 'A'), undefined, 0, never], [list, 'parts 1:A/102400', 1]),
  ],
  [
    'an aborted upload that comes back',
    told([abort, 'ok', 1], [list, 'parts ', 3]),
    told([abort, 'ok', 1, 5], [list, 'parts ', 3]),
  ],
  [
    'an aborted upload that takes a part',
    told([abort, 'ok', 1], [part(1, 'A'), 'ok', 3]),
    told([abort, 'ok', 1, 5], [part(1, 'A'), 'ok', 3]),
  ],
  [
    'a completion and an abort that both win',
    told([part(1, 'A'), 'ok', 1], [complete('M', [1, 'A']), 'ok', 3, 6], [abort, 'ok', 4, 7]),
    told(
      [part(1, 'A'), 'ok', 1],
      [complete('M', [1, 'A']), 'ok', 3, 6],
      [abort, 'NoSuchUpload', 4, 7],
    ),
  ],
  [
    'a completion and an abort that both lose',
    told(
      [part(1, 'A'), 'ok', 1],
      [complete('M', [1, 'A']), 'NoSuchUpload', 3, 6],
      [abort, 'NoSuchUpload', 4, 7],
    ),
    told(
      [part(1, 'A'), 'ok', 1],
      [complete('M', [1, 'A']), 'NoSuchUpload', 3, 6],
      [abort, 'ok', 4, 7],
    ),
  ],
  [
    'two completions that both win',
    told(
      [part(1, 'A'), 'ok', 1],
      [complete('M', [1, 'A']), 'ok', 3, 6],
      [complete('M', [1, 'A']), 'ok', 4, 7],
    ),
    told(
      [part(1, 'A'), 'ok', 1],
      [complete('M', [1, 'A']), 'ok', 3, 6],
      [complete('M', [1, 'A']), 'NoSuchUpload', 4, 7],
    ),
  ],
  [
    'a completion of a part that was replaced before',
    told([part(1, 'A'), 'ok', 1], [part(1, 'B'), 'ok', 3], [complete('M', [1, 'A']), 'ok', 5]),
    told(
      [part(1, 'A'), 'ok', 1],
      [part(1, 'B'), 'ok', 3, 9],
      [complete('M', [1, 'A']), 'ok', 5],
      [list, 'NoSuchUpload', 7],
    ).map((operation) =>
      operation.question.kind === 'part' && operation.question.etag === 'B'
        ? { ...operation, answer: 'NoSuchUpload' }
        : operation,
    ),
  ],
  [
    'a completion that is refused for a part that is held',
    told([part(1, 'A'), 'ok', 1], [complete('M', [1, 'A']), 'InvalidPart', 3]),
    told([part(1, 'A'), 'ok', 1, 5], [complete('M', [1, 'A']), 'InvalidPart', 3]),
  ],
  [
    'an object that is not there after its completion',
    told([part(1, 'A'), 'ok', 1], [complete('M', [1, 'A']), 'ok', 3], [get, 'NoSuchKey', 5]),
    told([part(1, 'A'), 'ok', 1], [complete('M', [1, 'A']), 'ok', 3, 7], [get, 'NoSuchKey', 5]),
  ],
  [
    'an object that is there although its completion came to nothing before',
    told(
      [part(1, 'A'), 'ok', 1],
      [complete('M', [1, 'A']), undefined, 3, 5],
      [list, 'parts 1:A/102400', 7],
      [get, 'object M', 9],
    ),
    told(
      [part(1, 'A'), 'ok', 1],
      [complete('M', [1, 'A']), undefined, 3, never],
      [list, 'parts 1:A/102400', 7],
      [get, 'object M', 9],
    ),
  ],
  [
    'half an object',
    told(
      [part(1, 'A'), 'ok', 1],
      [complete('M', [1, 'A']), 'ok', 3],
      [get, '7 other bytes as M', 5],
    ),
    told([part(1, 'A'), 'ok', 1], [complete('M', [1, 'A']), 'ok', 3], [get, 'object M', 5]),
  ],
  [
    'a read of what was overwritten before',
    told([put('A'), 'ok', 1], [put('B'), 'ok', 3], [get, 'object A', 5]),
    told([put('A'), 'ok', 1], [put('B'), 'ok', 3, 7], [get, 'object A', 5]),
  ],
  [
    'two reads that see the new object and then the old one',
    told([put('A'), 'ok', 1], [put('B'), 'ok', 3, 9], [get, 'object B', 4], [get, 'object A', 6]),
    told([put('A'), 'ok', 1], [put('B'), 'ok', 3, 9], [get, 'object A', 4], [get, 'object B', 6]),
  ],
  [
    'a deleted object that comes back',
    told([put('A'), 'ok', 1], [remove, 'ok', 3], [get, 'object A', 5]),
    told([put('A'), 'ok', 1], [remove, 'ok', 3, 7], [get, 'object A', 5]),
  ],
  [
    'a deleted object that comes back for one read, because of a put that was seen already',
    told(
      [put('A'), undefined, 1, never],
      [get, 'object A', 2],
      [remove, 'ok', 4],
      [get, 'object A', 6],
    ),
    told([put('A'), undefined, 1, never], [remove, 'ok', 4], [get, 'object A', 6]),
  ],
  [
    'an operation without an answer that happens after all who could do it were dead',
    told([put('A'), undefined, 1, 3], [get, 'NoSuchKey', 5], [get, 'object A', 7]),
    told([put('A'), undefined, 1, never], [get, 'NoSuchKey', 5], [get, 'object A', 7]),
  ],
]

describe('the judge of histories', () => {
  test.each(planted)('sees %s, and nothing wrong without it', (_, wrong, right) => {
    expect(explain(right).kind).toBe('explained')
    expect(explain(wrong).kind).toBe('violation')
  })

  test('sees an upload id that is given out twice, or after a greater one', () => {
    const ids = new UploadIds()
    expect(ids.add('1', '')).toBeUndefined()
    expect(ids.add('2', ids.greatest)).toBeUndefined()
    expect(ids.add('2', '1')).toContain('given out twice')
    expect(ids.add('15', ids.greatest)).toContain('came after 2')
  })

  test('finds an order for every history of a service without defects', () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { operations } = simulate(new Random(seed + round), undefined)
      expect(explain(operations), `seed ${seed + round}`).toMatchObject({ kind: 'explained' })
    }
  })

  test('comes by its shortcuts to the verdict that trying every order comes to', () => {
    const verdicts = { explained: 0, violation: 0, undecided: 0 }
    for (let round = 0; round < 10 * ROUNDS; round += 1) {
      const random = new Random(seed + round)
      const { operations } = simulate(random, random.pick([undefined, ...defects]))
      const latest = Math.max(...operations.map(({ began }) => began))
      const lossy = operations.map((operation): Operation => {
        if (operation.answer !== undefined && random.chance(0.75)) return operation
        const over = random.chance(0.5) ? random.between(operation.began, latest) : never
        return { ...operation, answer: undefined, ended: never, over }
      })
      const { kind } = explain(lossy, { everyOrder: true })
      verdicts[kind] += 1
      expect(explain(lossy).kind, `seed ${seed + round}`).toBe(kind)
    }
    expect(verdicts.undecided).toBe(0)
    expect(verdicts.explained).toBeGreaterThan(ROUNDS)
    expect(verdicts.violation).toBeGreaterThan(ROUNDS)
  })

  test.each(defects)('finds none once a service %s', (defect) => {
    let planted = 0
    let seen = 0
    // The same ones always: how many of so few show what happened is a matter of chance.
    for (let round = 1; round <= ROUNDS; round += 1) {
      const { operations, happened } = simulate(new Random(round), defect)
      if (!happened) continue
      planted += 1
      if (explain(operations).kind === 'violation') seen += 1
    }
    // In the others it was covered up before anybody could look.
    expect(seen, `of ${planted}`).toBeGreaterThan(0)
  })
})
