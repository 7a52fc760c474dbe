/** What can be done only once, repeated because its answer was lost: what a refusal then means. */

import { OssError } from '@lading/protocol'
import { IntegrityError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import { saysNothing } from '../retry.ts'

/**
 * As `run`; but when it is refused with `code` after an attempt that may have happened all the same,
 * resolves with what `settle` makes of that, unless it makes `undefined`.
 *
 * @throws the refusal itself where no earlier attempt went unanswered.
 */
export async function repeatable<Value>(
  code: string,
  options: CallOptions | undefined,
  run: (options: CallOptions) => Promise<Value>,
  settle: (refusal: OssError) => Value | undefined | Promise<Value | undefined>,
): Promise<Value> {
  let mayHaveHappened = false
  const onRetry: CallOptions['onRetry'] = (notice) => {
    mayHaveHappened ||= saysNothing(notice.error) || notice.error instanceof IntegrityError
    options?.onRetry?.(notice)
  }
  try {
    return await run({ ...options, onRetry })
  } catch (error) {
    if (!mayHaveHappened || !(error instanceof OssError) || error.code !== code) throw error
    const value = await settle(error)
    if (value === undefined) throw error
    return value
  }
}
