/** Copies many files or objects, several at a time, with one progress for all. */

import { describeError, formatDescribed } from '../describe-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { plural } from '../quantities.ts'
import type { Service } from '../service.ts'
import type { Transfer } from './copy-one.ts'
import type { CopyOptions } from './copy-options.ts'
import { Totals } from './totals.ts'
import { tellCopied, tellFailed, tellProgress, tellSkipped } from './transfer.ts'

/** One that fails does not keep the others from going on; the exit status tells that some did. */
export async function copyFolder(
  { output, signal }: Service,
  transfers: readonly Transfer[],
  { jobs, update }: CopyOptions,
): Promise<ExitCode> {
  const total = transfers.reduce((sum, { size }) => sum + (size ?? 0), 0)
  const totals = new Totals(output, plural(transfers.length, 'file'), total)
  let [copied, skipped, failed] = [0, 0, 0]

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

  // They share one iterator, so each takes the next that nobody has taken. None of them rejects but
  // for the signal, and all are waited for: a transfer that is interrupted still closes its files.
  const queue = transfers.values()
  const workers = Array.from({ length: jobs }, async () => {
    for (const transfer of queue) {
      signal.throwIfAborted()
      await copy(transfer)
    }
  })
  await Promise.allSettled(workers)
  signal.throwIfAborted()
  const parts = [
    `${plural(copied, 'file')} copied`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ]
  output.result(parts.join(', '), { event: 'finished', copied, skipped, failed })
  return failed > 0 ? exitCodes.failed : exitCodes.ok
}
