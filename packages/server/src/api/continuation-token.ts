/** Where a listing goes on, as text that means something to us alone. */

import { crc64, formatCrc64 } from '@lading/protocol'
import { invalidArgument } from './parameters.ts'

/** The sum tells a token of ours from any other text; it keeps nobody from making one. */
export function encodeContinuationToken(after: string): string {
  const key = Buffer.from(after, 'utf8')
  return Buffer.from(`${formatCrc64(crc64(key))}:${after}`, 'utf8').toString('base64url')
}

/** @throws {OssError} `InvalidArgument` for what `encodeContinuationToken` did not make. */
export function decodeContinuationToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  const after = text.slice(text.indexOf(':') + 1)
  // Decoding is lenient, so what counts is that the very same token comes of it.
  if (encodeContinuationToken(after) === token) return after
  throw invalidArgument(
    'continuation-token',
    token,
    'The continuation token provided is incorrect.',
  )
}
