/** What `histories.test.ts` finds nothing with must find something where there is something. */

import type { RunningServer } from '@lading/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { interpose, proxyDefects } from './defective-proxy.ts'
import { type HistoriesReport, runHistories } from './run-histories.ts'
import { lasting } from './service.ts'

const seed = seedFromEnvironment()
let server: RunningServer

beforeAll(async () => {
  server = await startServer({ credentials: [KEY_PAIR] })
})

afterAll(() => server.close())

async function historiesThrough(
  defect: keyof typeof proxyDefects | undefined,
  count: number,
): Promise<HistoriesReport> {
  const random = new Random(seed)
  const proxy = await interpose(server.port, defect && proxyDefects[defect], random)
  const service = lasting(proxy.port)
  let time = 0
  try {
    return await runHistories({
      service,
      bucket: `defects-${proxy.port}`,
      count,
      seed,
      tick: () => (time += 1),
      stopAtFirst: true,
    })
  } finally {
    service.close()
    await proxy.close()
  }
}

test.each(Object.keys(proxyDefects) as (keyof typeof proxyDefects)[])(
  'histories of a service that %s have no order that explains them',
  async (defect) => {
    // It ends with the first that is found, which is among the first ten, but for bad luck.
    const report = await historiesThrough(defect, 60)
    expect(report.violations.length, `seed ${seed}`).toBeGreaterThan(0)
  },
)

test('histories of the same service without a defect have one', async () => {
  const report = await historiesThrough(undefined, 4)
  expect(report.violations, `seed ${seed}`).toEqual([])
})
