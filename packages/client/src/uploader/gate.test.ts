import { expect, test } from 'vitest'
import { Gate } from './gate.ts'

const never = new AbortController().signal

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

test('what the gate closes on is stopped, and done again when it opens', async () => {
  const gate = new Gate()
  let runs = 0
  const work = gate.run(async (signal) => {
    runs += 1
    return runs === 1 ? untilAborted(signal) : 'done'
  }, never)
  await gate.passed(never)
  await gate.close()
  expect(runs).toBe(1)
  gate.open()
  expect(await work).toBe('done')
  expect(runs).toBe(2)
})

test('nothing begins while the gate is closed', async () => {
  const gate = new Gate()
  await gate.close()
  let begun = false
  const work = gate.run(async () => {
    begun = true
  }, never)
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toBe(false)
  gate.open()
  await work
  expect(begun).toBe(true)
})

test('an abort gets through a closed gate', async () => {
  const gate = new Gate()
  await gate.close()
  const controller = new AbortController()
  const work = gate.run(async () => 'never', controller.signal)
  controller.abort(new Error('enough'))
  await expect(work).rejects.toThrow('enough')
})

test('a failure that no pause caused is thrown', async () => {
  const failing = new Gate().run(async () => {
    throw new Error('broken')
  }, never)
  await expect(failing).rejects.toThrow('broken')
})

test('closing twice and opening twice changes nothing', async () => {
  const gate = new Gate()
  await Promise.all([gate.close(), gate.close()])
  gate.open()
  gate.open()
  expect(await gate.run(async () => 'passed', never)).toBe('passed')
})
