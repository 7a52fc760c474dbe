/**
 * Random histories of many clients against two worker processes over one store, some of whose answers
 * are lost with a connection, a worker or the whole server. Each must have an order that explains it.
 */

import { expect, test } from 'vitest'
import { reportFigure } from '../support/figures.ts'
import { seedFromEnvironment } from '../support/random.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { runHistories } from './run-histories.ts'
import { MortalService } from './service.ts'

const COUNT = Number(process.env.LADING_HISTORIES ?? (process.env.CI ? 300 : 24))
/** Of so many histories one loses a worker, and one of four such the whole server. */
const A_KILL_IN = 8
const seed = seedFromEnvironment()

test(`of ${COUNT} histories of concurrent clients each has an order that explains every answer`, {
  timeout: 60_000 + COUNT * 1_000,
}, async () => {
  const directory = await temporaryDirectory()
  let time = 0
  const tick = (): number => (time += 1)
  const service = await MortalService.start(directory, tick)
  const kills: Promise<void>[] = []
  try {
    const report = await runHistories({
      service,
      bucket: 'histories',
      count: COUNT,
      seed,
      tick,
      onMiddle(history, random) {
        if (history % A_KILL_IN !== A_KILL_IN / 2) return
        const whole = history % (4 * A_KILL_IN) === (5 * A_KILL_IN) / 2
        kills.push(
          whole ? service.killAll() : service.killWorker((count) => random.between(0, count - 1)),
        )
      },
    })
    await Promise.all(kills)
    const { histories, operations, overlapping, unanswered } = report
    reportFigure('histories', histories)
    reportFigure('others with too little in them', report.thin)
    reportFigure('operations', operations)
    reportFigure('operations that overlap another on their key', overlapping)
    reportFigure('answers lost', unanswered)
    reportFigure('histories without a lost answer', report.allAnswered)
    reportFigure('workers killed', service.workersKilled)
    reportFigure('whole servers killed', service.serversKilled)
    reportFigure('violations', report.violations.length)
    expect(report.violations, `seed ${seed}`).toEqual([])
    expect(report.undecided, 'histories too hard to judge').toBe(0)
    expect(histories, `${report.thin} had too little in them`).toBe(COUNT)
    expect(unanswered).toBeGreaterThan(COUNT)
    expect(service.workersKilled).toBeGreaterThan(0)
    expect(service.serversKilled).toBeGreaterThan(0)
  } finally {
    await Promise.allSettled(kills)
    await service.close()
  }
})
