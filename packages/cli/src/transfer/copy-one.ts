/** Copies one file or object, with its own progress and its own line. */

import type { Service } from '../service.ts'
import type { CopyOptions } from './copy-options.ts'
import {
  type Route,
  type TransferContext,
  type TransferProgress,
  type Transferred,
  tellCopied,
  tellFailed,
  tellProgress,
  tellSkipped,
} from './transfer.ts'

/** One thing to copy, not begun yet. */
export interface Transfer extends Route {
  /** What progress calls it. */
  readonly label: string
  /** Bytes; `undefined` when nobody knows. */
  readonly size: number | undefined
  /** Whether the target is there already, as large and not older. */
  isCurrent(signal: AbortSignal): Promise<boolean>
  run(context: TransferContext): Promise<Transferred>
}

export async function copyOne(
  { output, signal }: Service,
  transfer: Transfer,
  { update }: CopyOptions,
  watch: (progress: TransferProgress) => void,
): Promise<void> {
  const { source, target, size } = transfer
  try {
    if (update && (await transfer.isCurrent(signal))) {
      tellSkipped(output, transfer)
      return
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
    if (!signal.aborted) tellFailed(output, transfer, error)
    throw error
  }
}
