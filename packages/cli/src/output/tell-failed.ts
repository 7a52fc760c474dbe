/** What went wrong, as an event: words about it are printed at the very end. */

import { InterruptedError } from '../interrupt.ts'
import type { Output } from './output.ts'

const told = new WeakSet<object>()

/** Only with `--json`, and once for each error, however many levels it passes. */
export async function tellFailed(
  output: Output,
  error: unknown,
  about: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  if (error instanceof InterruptedError) return
  if (typeof error === 'object' && error !== null) {
    if (told.has(error)) return
    told.add(error)
  }
  // Most commands end well, and the client is much to load for their help.
  const { describeError } = await import('../describe-error.ts')
  const { message, code, requestId, exitCode } = describeError(error)
  output.event({ event: 'failed', ...about, message, code, requestId, exitCode })
}
