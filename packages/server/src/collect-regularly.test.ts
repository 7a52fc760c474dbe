import { expect, test, vi } from 'vitest'
import { collectRegularly } from './collect-regularly.ts'

test('runs follow one another, also after one that failed, until stopped', async () => {
  const failures: unknown[] = []
  let runs = 0
  let third = (): void => {}
  const reached = new Promise<void>((resolve) => {
    third = resolve
  })
  const regular = collectRegularly(
    async () => {
      runs += 1
      if (runs === 1) throw new Error('once')
      if (runs === 3) third()
    },
    { intervalMs: 1, report: (error) => failures.push(error) },
  )
  await reached
  await regular.stop()
  expect(failures).toHaveLength(1)
  const after = runs
  await new Promise((resolve) => setImmediate(resolve))
  expect(runs).toBe(after)
})

test('stopping ends the run that is on and waits for it', async () => {
  let ended = false
  const begun = vi.fn()
  const regular = collectRegularly(
    async (signal) => {
      begun()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ended = true
    },
    { intervalMs: 1, report: () => {} },
  )
  await vi.waitFor(() => expect(begun).toHaveBeenCalled())
  await regular.stop()
  expect(ended).toBe(true)
})

test('an interval of 0 never runs by itself', async () => {
  const collect = vi.fn(async () => {})
  const regular = collectRegularly(collect, { intervalMs: 0, report: () => {} })
  await new Promise((resolve) => setTimeout(resolve, 5))
  await regular.stop()
  expect(collect).not.toHaveBeenCalled()
})
