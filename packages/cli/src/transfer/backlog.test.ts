import { expect, test } from 'vitest'
import { Backlog } from './backlog.ts'

test('each item is taken once, by whoever is free, and never more than the room wait', async () => {
  const backlog = new Backlog<number>(3)
  let [put, most] = [0, 0]
  const taken: number[] = []
  async function take(): Promise<void> {
    for await (const item of backlog) {
      most = Math.max(most, put - taken.length)
      taken.push(item)
    }
  }
  const takers = [take(), take(), take()]
  for (let item = 0; item < 100; item += 1) {
    await backlog.put(item)
    put += 1
  }
  backlog.end()
  await Promise.all(takers)
  expect(taken.sort((one, other) => one - other)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(most).toBeLessThanOrEqual(3 + 1)
})

test('an end lets go of those who wait for room', async () => {
  const backlog = new Backlog<number>(1)
  await backlog.put(1)
  const second = backlog.put(2)
  expect(backlog.isFull).toBe(true)
  backlog.end()
  await second
  const taken: number[] = []
  for await (const item of backlog) taken.push(item)
  expect(taken).toEqual([1])
})
