/** What `lading serve` says when it is ready. */

import type { RunningServer } from '@lading/server'

/** The one line on stdout, for scripts to wait for. */
export function announce(url: string): void {
  process.stdout.write(`listening on ${url}\n`)
}

/** The one time that the secret is shown; to stderr, which no script reads for an address. */
export function tellMadeCredentials({ madeCredentials, credentials }: RunningServer): void {
  if (!madeCredentials) return
  process.stderr.write(
    `made a key pair, shown only now:
  export OSS_ACCESS_KEY_ID=${credentials.accessKeyId}
  export OSS_ACCESS_KEY_SECRET=${credentials.accessKeySecret}
`,
  )
}
