/** Objects that exist already: replaced only by leave. */

import { OssError } from '@lading/protocol'
import { canAsk, confirm } from '../ask.ts'
import { CommandError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatOssUrl } from '../oss-url.ts'
import { printable } from '../output/printable.ts'
import type { Service } from '../service.ts'
import type { CopyOptions } from './copy-options.ts'

/**
 * Runs `attempt`, which is told whether it may overwrite the object, and once more if a person who is
 * asked says so.
 *
 * @throws {CommandError} exists; or not found, when there is no such bucket.
 */
export async function withLeaveToOverwrite<Result>(
  { output }: Service,
  { bucket, key }: { readonly bucket: string; readonly key: string },
  { existing }: CopyOptions,
  { mayAsk, signal }: { readonly mayAsk: boolean; readonly signal: AbortSignal },
  attempt: (overwrite: boolean) => Promise<Result>,
): Promise<Result> {
  try {
    return await attempt(existing.replaces)
  } catch (error) {
    if (!(error instanceof OssError)) throw error
    if (error.code === 'NoSuchBucket') throw missingBucket(bucket, error)
    if (error.code !== 'FileAlreadyExists') throw error
    const place = printable(formatOssUrl(bucket, key))
    if (mayAsk && existing.asks && canAsk()) {
      output.close()
      if (await confirm(`${place} exists. Overwrite it?`, signal)) return attempt(true)
    }
    throw existsError(place, error)
  }
}

/** A target is there already, and must not be replaced. */
export function existsError(place: string, cause?: unknown): CommandError {
  return new CommandError(exitCodes.exists, `${place} exists`, {
    hint: 'Pass -f to overwrite it.',
    cause,
  })
}

/** There is no bucket to copy to. */
export function missingBucket(bucket: string, cause: OssError): CommandError {
  return new CommandError(exitCodes.notFound, `there is no bucket ${bucket}`, {
    hint: `Make it with: lading mb ${formatOssUrl(bucket)}`,
    cause,
  })
}
