/** Copies one file or object, with its own progress and its own line. */

import { CommandError } from '../command-error.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { tellFailed } from '../output/tell-failed.ts'
import type { Service } from '../service.ts'
import type { CopyOptions } from './copy-options.ts'
import type { Comparison } from './existing.ts'
import { existsError } from './overwrite.ts'
import {
  type Route,
  type TransferContext,
  type TransferProgress,
  type Transferred,
  tellCopied,
  tellProgress,
  tellSkipped,
  tellWouldCopy,
} from './transfer.ts'

/** One thing to copy, not begun yet. */
export interface Transfer extends Route {
  /** What progress calls it. */
  readonly label: string
  /** Bytes; `undefined` when nobody knows. */
  readonly size: number | undefined
  /** Whether the target is there already and, by that comparison, is the same. */
  isCurrent(comparison: Comparison, signal: AbortSignal): Promise<boolean>
  run(context: TransferContext): Promise<Transferred>
}

export async function copyOne(
  { output, signal }: Service,
  transfer: Transfer,
  options: CopyOptions,
  watch: (progress: TransferProgress) => void,
): Promise<ExitCode> {
  const { source, target, size } = transfer
  const { skips } = options.existing
  try {
    if (skips && (await transfer.isCurrent(skips, signal))) {
      tellSkipped(output, transfer, skips)
      return exitCodes.ok
    }
    if (options.dryRun) {
      await requireFree(transfer, options, signal)
      tellWouldCopy(output, transfer)
      return exitCodes.ok
    }
    output.event({ event: 'started', source, target, size })
    const began = performance.now()
    const progress = output.startProgress(transfer.label, size)
    const onProgress = tellProgress(output, transfer, (now) => {
      watch(now)
      progress.update(now.loaded, now.resumed)
    })
    const transferred = await transfer.run({ onProgress, signal, mayAsk: !output.json })
    progress.stop()
    tellCopied(output, transfer, transferred, performance.now() - began)
  } catch (error) {
    if (cameMeanwhile(error, options)) {
      tellSkipped(output, transfer, 'existence')
      return exitCodes.ok
    }
    if (!signal.aborted) await tellFailed(output, error, { source, target })
    throw error
  }
  return exitCodes.ok
}

/**
 * What would be refused is not said to be copied.
 *
 * @throws {CommandError} exists.
 */
export async function requireFree(
  transfer: Transfer,
  { existing }: CopyOptions,
  signal: AbortSignal,
): Promise<void> {
  const { target } = transfer
  if (existing.replaces || !(await transfer.isCurrent('existence', signal))) return
  throw existsError(target)
}

/** Somebody else made it after we had looked: then it is to be skipped all the same. */
export function cameMeanwhile(error: unknown, { existing }: CopyOptions): boolean {
  const isThere = error instanceof CommandError && error.exitCode === exitCodes.exists
  return isThere && existing.skips === 'existence'
}
