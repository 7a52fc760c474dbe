import { expect, onTestFinished, test } from 'vitest'
import { delay } from '../abort.ts'
import { Allowance, forEachConcurrent } from './for-each-concurrent.ts'
import { Gate } from './gate.ts'

const never = new AbortController().signal
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('every item is worked on once, no more at a time than allowed', async () => {
  const seen: number[] = []
  let running = 0
  let most = 0
  await forEachConcurrent([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1
    most = Math.max(most, running)
    await turn()
    seen.push(item)
    running -= 1
  })
  expect(seen.sort()).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(most).toBe(3)
})

test('the first failure stops the others, is waited for, and is what is thrown', async () => {
  const failure = new Error('first')
  let stopped = false
  let left = false
  async function* items(): AsyncGenerator<number> {
    try {
      for (let item = 1; ; item += 1) yield item
    } finally {
      left = true
    }
  }
  const work = forEachConcurrent(items(), 2, async (item, signal) => {
    if (item === 2) throw failure
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    await turn()
    stopped = true
    throw new Error('second')
  })
  await expect(work).rejects.toBe(failure)
  expect([stopped, left]).toEqual([true, true])
})

test('an abort from outside ends it with the reason', async () => {
  const controller = new AbortController()
  const reason = new Error('enough')
  const done: number[] = []
  const work = forEachConcurrent(
    [1, 2, 3],
    1,
    async (item) => {
      done.push(item)
      controller.abort(reason)
    },
    controller.signal,
  )
  await expect(work).rejects.toBe(reason)
  expect(done).toEqual([1])
})

test('an allowance is given out in the order of asking', async () => {
  const allowance = new Allowance(10)
  await allowance.acquire(8, never)
  const order: string[] = []
  const large = allowance.acquire(6, never).then(() => order.push('large'))
  const small = allowance.acquire(1, never).then(() => order.push('small'))
  await turn()
  expect(order).toEqual([])
  allowance.release(8)
  await Promise.all([large, small])
  expect(order).toEqual(['large', 'small'])
})

test('who stops waiting makes way for those behind', async () => {
  const allowance = new Allowance(10)
  await allowance.acquire(8, never)
  const controller = new AbortController()
  const large = allowance.acquire(6, controller.signal)
  const small = allowance.acquire(2, never)
  controller.abort(new Error('gave up'))
  await expect(large).rejects.toThrow('gave up')
  await small
})

test('more than there ever is cannot be had', async () => {
  await expect(new Allowance(10).acquire(11, never)).rejects.toThrow(RangeError)
})

test('a failure does not wait for an item that never comes', async () => {
  async function* items(): AsyncGenerator<number> {
    yield 1
    await new Promise<never>(() => {})
  }
  const work = forEachConcurrent(items(), 2, async () => {
    throw new Error('broken')
  })
  await expect(work).rejects.toThrow('broken')
})

test('an allowance that grows or shrinks in the middle says how many are worked on from then on', async () => {
  const turns = new Allowance(1)
  const running: (() => void)[] = []
  const work = forEachConcurrent([1, 2, 3, 4, 5, 6], turns, () => {
    return new Promise<void>((resolve) => running.push(resolve))
  })
  await turn()
  expect(running).toHaveLength(1)
  turns.resize(3)
  await turn()
  expect(running).toHaveLength(3)
  turns.resize(1)
  for (const end of running.splice(0, 2)) end()
  await turn()
  expect(running).toHaveLength(1)
  for (let done = 0; done < 4; done += 1) {
    running.shift()?.()
    await turn()
    expect(running.length).toBeLessThanOrEqual(1)
  }
  await work
  await turns.acquire(1, never) // what was drawn on is given back
})

test('however many are worked on, no signal has more listeners than Node takes for sound', async () => {
  const warnings: Error[] = []
  const listen = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  const gate = new Gate()
  const sending = new Allowance(20)
  const items = Array.from({ length: 60 }, (_, index) => index)
  await forEachConcurrent(items, 40, async (_, signal) => {
    await sending.acquire(1, signal)
    await gate.run(async (signal) => delay(1, signal), signal)
    sending.release(1)
  })
  await turn()
  expect(warnings).toEqual([])
})
