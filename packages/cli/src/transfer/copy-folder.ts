/** Copies many files or objects, several at a time, with one progress for all. */

import { describeError, formatDescribed } from '../describe-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { plural } from '../quantities.ts'
import type { Service } from '../service.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { Totals } from './totals.ts'
import { tellCopied, tellFailed, tellProgress, tellSkipped } from './transfer.ts'

export interface Copied {
  readonly copied: number
  readonly skipped: number
  readonly failed: number
}

/** One that fails does not keep the others from going on. */
export async function copyFolder(
  { output, signal }: Service,
  transfers: readonly Transfer[],
  { jobs, smallJobs, update, bigfileThreshold }: CopyOptions,
): Promise<Copied> {
  const total = transfers.reduce((sum, { size }) => sum + (size ?? 0), 0)
  let [copied, skipped, failed] = [0, 0, 0]
  const ended = (): number => copied + skipped + failed
  const label = (): string =>
    `${ended().toLocaleString('en-US')} of ${plural(transfers.length, 'file')}`
  const totals = new Totals(output, label, total)

  async function copy(transfer: Transfer): Promise<void> {
    const { source, target, size } = transfer
    try {
      if (update && (await transfer.isCurrent(signal))) {
        tellSkipped(output, transfer)
        totals.update(source, size ?? 0, size ?? 0)
        skipped += 1
        return
      }
      output.event({ event: 'started', source, target, size })
      const began = performance.now()
      const onProgress = tellProgress(output, transfer, ({ loaded, resumed }) =>
        totals.update(source, loaded, resumed),
      )
      const transferred = await transfer.run({ onProgress, signal, mayAsk: false })
      tellCopied(output, transfer, transferred, performance.now() - began)
      copied += 1
    } catch (error) {
      signal.throwIfAborted()
      failed += 1
      totals.update(source, 0)
      tellFailed(output, transfer, error)
      output.note(`${formatDescribed(describeError(error))}\n  It was: ${source} to ${target}`)
    }
  }

  const isSmall = ({ size }: Transfer): boolean => size !== undefined && size <= bigfileThreshold
  const kinds = [
    { queue: transfers.filter((transfer) => !isSmall(transfer)), workers: jobs },
    { queue: transfers.filter(isSmall), workers: smallJobs },
  ]
  // Those of a kind share one iterator, so each takes the next that nobody has taken. None rejects
  // but for the signal, and all are waited for: a transfer that is interrupted still closes its files.
  const workers = kinds.flatMap(({ queue, workers }) => {
    const rest = queue.values()
    return Array.from({ length: workers }, async () => {
      for (const transfer of rest) {
        signal.throwIfAborted()
        await copy(transfer)
      }
    })
  })
  await Promise.allSettled(workers)
  signal.throwIfAborted()
  return { copied, skipped, failed }
}

/** The last line of a command that copies many; the exit status tells that some failed. */
export function tellFinished(
  { output }: Service,
  { copied, skipped, failed }: Copied,
  others: Readonly<Record<string, number>> = {},
): ExitCode {
  const parts = [
    `${plural(copied, 'file')} copied`,
    ...Object.entries({ skipped, ...others, failed }).flatMap(([name, count]) =>
      count > 0 ? [`${count.toLocaleString('en-US')} ${name}`] : [],
    ),
  ]
  output.result(parts.join(', '), { event: 'finished', copied, skipped, ...others, failed })
  return failed > 0 ? exitCodes.failed : exitCodes.ok
}
