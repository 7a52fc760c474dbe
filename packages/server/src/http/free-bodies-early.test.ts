import { constants, PerformanceObserver } from 'node:perf_hooks'
import { expect, onTestFinished, test, vi } from 'vitest'
import { bodyPassed, freeBodiesEarly } from './free-bodies-early.ts'

const MiB = 1024 * 1024

/** What Node tells of one, and its types do not. */
interface Collection {
  readonly kind: number
  readonly flags: number
}

test('young garbage is collected whenever 16 MiB of bodies have passed', async () => {
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind, flags } = (entry as unknown as { detail: Collection }).detail
      const isYoung = kind === constants.NODE_PERFORMANCE_GC_MINOR
      // Forced ones are those that somebody asked for.
      if (isYoung && flags === constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) collections += 1
    }
  })
  observer.observe({ entryTypes: ['gc'] })
  onTestFinished(() => observer.disconnect())
  freeBodiesEarly()
  for (let chunk = 0; chunk < 8; chunk += 1) bodyPassed(4 * MiB)
  await vi.waitFor(() => expect(collections).toBe(2))
  expect('gc' in globalThis).toBe(false)
})
