import { expect, test } from 'vitest'
import { abortable } from './abortable.ts'

async function* counting(log: string[]): AsyncIterable<Uint8Array> {
  try {
    for (let n = 0; n < 5; n++) yield Uint8Array.of(n)
  } finally {
    await new Promise((resolve) => setImmediate(resolve))
    log.push('producer ended')
  }
}

test.each([undefined, new AbortController().signal])(
  'a consumer that leaves waits until the producer has ended',
  async (signal) => {
    const log: string[] = []
    for await (const chunk of abortable(counting(log), signal)) if (chunk[0] === 2) break
    log.push('consumer went on')
    expect(log).toEqual(['producer ended', 'consumer went on'])
  },
)

test('a signal that aborts leaves no listener behind, and nor does an end', async () => {
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--
    remove(...args)
  }
  const chunks: number[] = []
  for await (const chunk of abortable(counting([]), signal)) chunks.push(chunk[0] ?? -1)
  expect(chunks).toEqual([0, 1, 2, 3, 4])
  expect(listeners).toBe(0)
})

test('a producer that fails after the signal aborted fails unheard', async () => {
  const controller = new AbortController()
  let fail: (error: Error) => void = () => {}
  const broken: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () =>
        new Promise((_, reject) => {
          fail = reject
        }),
      return: () => Promise.reject(new Error('cannot be ended')),
    }),
  }
  const reading = abortable(broken, controller.signal).next()
  await Promise.resolve()
  controller.abort(new Error('given up'))
  await expect(reading).rejects.toThrow('given up')
  // Were either rejection not heard, the test run would fail.
  fail(new Error('too late'))
  await new Promise((resolve) => setImmediate(resolve))
})
