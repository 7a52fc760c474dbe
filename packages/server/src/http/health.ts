/** Questions of whoever runs the server: is it alive, and may it be sent requests? */

import { OssError } from '@lading/protocol'
import type { Reply } from '../api/operation.ts'

/**
 * The reply to a path under `/-/`, which no bucket name can be; `undefined` for every other path. Only
 * where the Host names the service itself: in a bucket they are keys like any others.
 *
 * @throws {OssError} `ServiceUnavailable` when not ready, `MethodNotAllowed`.
 */
export function healthReply(
  method: string,
  rawPath: string,
  ready: () => boolean,
): Reply | undefined {
  if (rawPath !== '/-/health/live' && rawPath !== '/-/health/ready') return undefined
  if (method !== 'GET' && method !== 'HEAD') throw new OssError('MethodNotAllowed')
  if (rawPath.endsWith('ready') && !ready()) throw new OssError('ServiceUnavailable')
  return textReply('ok\n')
}

/** An answer in plain words, of this very moment. */
export function textReply(words: string): Reply {
  const text = new TextEncoder().encode(words)
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
    content: {
      length: text.length,
      bytes: async function* () {
        yield text
      },
      release: () => {},
    },
  }
}
