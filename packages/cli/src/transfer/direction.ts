/** Which way a command copies. */

import { usageError } from '../command-error.ts'
import { isOssUrl } from '../oss-url.ts'

/** From this machine to a bucket, from a bucket to this machine, or from bucket to bucket. */
export type Direction = 'up' | 'down' | 'across'

/** @throws {CommandError} usage, when neither side is an oss:// address. */
export function requireDirection(command: string, source: string, target: string): Direction {
  if (isOssUrl(source)) return isOssUrl(target) ? 'across' : 'down'
  if (isOssUrl(target)) return 'up'
  throw usageError('neither the source nor the target is an oss:// address', `Try: ${command}`)
}
