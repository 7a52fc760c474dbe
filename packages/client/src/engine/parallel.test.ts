import { OssError } from '@lading/protocol'
import { expect, test } from 'vitest'
import { IntegrityError, TransportError } from '../errors.ts'
import { Lanes, type Parallel, requireParallel } from './parallel.ts'

const refusal = (status: number): OssError =>
  new OssError('Code', { status, message: 'No.', requestId: undefined })

test('begins with 5, or fewer where there are fewer transfers or the bounds say so', () => {
  expect(new Lanes().limit).toBe(5)
  expect(new Lanes('adaptive', { transfers: 3 }).limit).toBe(3)
  expect(new Lanes({ max: 2 }).limit).toBe(2)
  expect(new Lanes({ min: 20 }).limit).toBe(20)
  expect(new Lanes(9).limit).toBe(9)
  expect(new Lanes(9, { transfers: 0 }).limit).toBe(1)
})

test.each([
  [new TransportError('silence'), 2],
  [refusal(503), 2],
  [refusal(429), 2],
  [refusal(408), 2],
  [refusal(504), 2],
  [refusal(500), 5],
  [refusal(400), 5],
  [new IntegrityError('part', 'Damaged.'), 5],
])('%s leaves %i at a time', (error, left) => {
  const lanes = new Lanes('adaptive', { now: () => 0 })
  lanes.failed(error)
  expect(lanes.limit).toBe(left)
})

test('a number stays, whatever happens', () => {
  let now = 0
  const lanes = new Lanes(6, { now: () => now })
  lanes.failed(refusal(503))
  for (; now < 60_000; now += 500) lanes.finished(now)
  expect(lanes.limit).toBe(6)
})

test('what is made ready ahead gives way to transfers that come to be more', () => {
  let now = 0
  const lanes = new Lanes({ max: 12 }, { now: () => now })
  const turns = lanes.turns()
  const inHand = lanes.turns(4)
  const seen: string[] = []
  for (let bytes = 1; lanes.limit < 12; bytes *= 1.2, now += 100) {
    const line = `${lanes.limit} and ${count(turns)} of ${count(inHand)}`
    if (seen.at(-1) !== line) seen.push(line)
    lanes.finished(bytes)
  }
  const line = () => `${lanes.limit} and ${count(turns)} of ${count(inHand)}`
  seen.push(line())
  lanes.failed(new TransportError('silence'))
  seen.push(line())
  expect(seen).toEqual(['5 and 5 of 9', '8 and 8 of 9', '12 and 12 of 13', '6 and 6 of 9'])
})

/** How many there are; all are given back. */
function count(allowance: ReturnType<Lanes['turns']>): number {
  let taken = 0
  while (allowance.tryAcquire(1)) taken += 1
  allowance.release(taken)
  return taken
}

test.each<Parallel>([0, 257, 1.5, { min: 0 }, { max: 257 }, { min: 5, max: 4 }, { max: 0 }])(
  '%j is refused',
  (parallel) => {
    expect(() => requireParallel(parallel)).toThrow(RangeError)
  },
)

test.each<Parallel>([1, 256, 'adaptive', {}, { min: 20 }, { max: 3 }, { min: 2, max: 2 }])(
  '%j is taken',
  (parallel) => {
    expect(() => requireParallel(parallel)).not.toThrow()
  },
)
