/** Anything thrown, as the answer a stranger may read. */

import { encodeError, OssError, toBase64 } from '@lading/protocol'
import type { Reply } from '../api/operation.ts'

export interface ErrorContext {
  readonly requestId: string
  /** The Host header, as sent. */
  readonly host: string
  /** HEAD has no body: its error travels in headers. */
  readonly head: boolean
}

/** The refusal that `thrown` comes to. What is not one is a fault of ours and tells nothing. */
export function asRefusal(thrown: unknown): OssError {
  return thrown instanceof OssError ? thrown : new OssError('InternalError', { cause: thrown })
}

export function errorReply(error: OssError, context: ErrorContext): Reply {
  const { requestId, host, head } = context
  const xml = encodeError({
    code: error.code,
    message: error.message,
    requestId,
    hostId: host,
    ec: error.ec,
    details: error.details,
  })
  const headers: Record<string, string> = { ...error.headers }
  if (error.ec !== undefined) headers['x-oss-ec'] = error.ec
  // Where there is no body, SDKs read the whole document from this header.
  if (head) headers['x-oss-err'] = toBase64(new TextEncoder().encode(xml))
  return head ? { status: error.status, headers } : { status: error.status, headers, xml }
}
