/** SIGHUP: the certificate is read again, and the one in use stays when that fails. */

import type { RunningServer } from '@lading/server'

/** Says what went wrong on stderr; never rejects. */
export function reloadCertificate(server: RunningServer): void {
  server.reloadCertificate().catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    process.stderr.write(`lading: ${why} The one in use stays.\n`)
  })
}
