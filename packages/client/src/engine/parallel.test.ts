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

test('every allowance follows, with what it has beyond', async () => {
  let now = 0
  const lanes = new Lanes('adaptive', { now: () => now })
  const turns = lanes.turns()
  const inHand = lanes.turns(4)
  expect([count(turns), count(inHand)]).toEqual([5, 9])
  for (; lanes.limit === 5; now += 100) lanes.finished(1)
  expect([count(turns), count(inHand)]).toEqual([3, 3]) // besides those taken before
})

function count(allowance: ReturnType<Lanes['turns']>): number {
  let taken = 0
  while (allowance.tryAcquire(1)) taken += 1
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
