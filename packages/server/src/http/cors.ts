/** Preflight requests of browsers. No bucket has rules yet, so none is granted. */

import { OssError } from '@lading/protocol'

/**
 * Why a preflight is refused; it is asked without a signature.
 * Source: "CORS", OSS API reference; that a missing bucket is told first, the Go SDK's live suite.
 */
export function preflightRefusal(headers: ReadonlyMap<string, string>): OssError {
  for (const [name, text] of [
    ['origin', 'Origin'],
    ['access-control-request-method', 'Access-Control-Request-Method'],
  ] as const) {
    if (!headers.has(name)) {
      return new OssError('BadRequest', {
        message: `Insufficient information. ${text} request header needed.`,
      })
    }
  }
  return new OssError('AccessForbidden')
}
