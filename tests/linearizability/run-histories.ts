/** Many histories against one service, each on keys of its own, a few at a time; all are judged. */

import { Random } from '../support/random.ts'
import { explain } from './checker.ts'
import { type History, makeHistory, UploadIds } from './history.ts'
import type { Service } from './service.ts'

export interface RunOptions {
  readonly service: Service
  readonly bucket: string
  /** Histories with enough in them. */
  readonly count: number
  readonly seed: number
  readonly tick: () => number
  /** Called in mid-work of each history, with its number. */
  readonly onMiddle?: (history: number, random: Random) => void
  /** Ends the run at the first violation. */
  readonly stopAtFirst?: boolean
}

export interface HistoriesReport {
  histories: number
  operations: number
  overlapping: number
  unanswered: number
  /**
   * Histories with fewer clients, operations or overlaps than a history should have, such as one whose
   * service was killed early and slow to come back. They are judged, and another one is made instead.
   */
  thin: number
  /** Histories in which no answer was lost. */
  allAnswered: number
  fewestClients: number
  undecided: number
  readonly violations: string[]
}

const AT_ONCE = 3

/** One thin history to so many others: with more of them the run ends early. */
const THIN_AT_MOST = 5

export async function runHistories(options: RunOptions): Promise<HistoriesReport> {
  const { bucket, count, seed } = options
  const random = new Random(seed)
  const pool = random.bytes(1 << 20)
  const uploadIds = new UploadIds()
  const report: HistoriesReport = {
    histories: 0,
    operations: 0,
    overlapping: 0,
    unanswered: 0,
    thin: 0,
    allAnswered: 0,
    fewestClients: Number.POSITIVE_INFINITY,
    undecided: 0,
    violations: [],
  }
  const { wire } = await options.service.life()
  await wire.putBucket(bucket)
  let next = 0
  const work = async (): Promise<void> => {
    while (
      next - report.thin < count &&
      report.thin <= count / THIN_AT_MOST &&
      !(options.stopAtFirst && report.violations.length > 0)
    ) {
      next += 1
      const number = next
      const own = new Random(random.between(1, 2 ** 31))
      const middle = own.between(16, 48)
      const history = await makeHistory({
        service: options.service,
        bucket,
        name: `seed ${seed}/history ${number}`,
        random: own,
        pool,
        tick: options.tick,
        uploadIds,
        onBegin: (begun) => begun === middle && options.onMiddle?.(number, own),
      })
      judge(history, number, report)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return report
}

function judge(history: History, number: number, report: HistoriesReport): void {
  const { clients, sent, overlapping, unanswered, operations, wrong } = history
  if (sent < 60 || clients < 8 || overlapping * 5 < sent) report.thin += 1
  else {
    report.histories += 1
    report.operations += sent
    report.overlapping += overlapping
    report.unanswered += unanswered
    report.fewestClients = Math.min(report.fewestClients, clients)
    if (unanswered === 0) report.allAnswered += 1
  }
  report.violations.push(...wrong.map((sentence) => `history ${number}: ${sentence}`))
  for (const [key, asked] of operations) {
    const verdict = explain(asked)
    if (verdict.kind === 'undecided') report.undecided += 1
    if (verdict.kind === 'violation') {
      report.violations.push(`history ${number}, ${key}: ${verdict.story}`)
    }
  }
}
