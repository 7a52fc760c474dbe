/** What `lading serve` says when it is ready. */

import type { RunningServer, ServerOptions } from '@lading/server'

/** The one line on stdout, for scripts to wait for. */
export function announce(url: string): void {
  process.stdout.write(`listening on ${url}\n`)
}

/** Where health and metrics are, to stderr: scripts wait for one line on stdout and no other. */
export function tellAdmin(url: string | undefined): void {
  if (url !== undefined) process.stderr.write(`health and metrics on ${url}\n`)
}

/** Where people find the console; to their terminal alone: elsewhere stderr is a log. */
export function tellConsole(url: string, { console }: ServerOptions): void {
  if (console && process.stderr.isTTY) process.stderr.write(`console on ${url}/-/console/\n`)
}

/**
 * The one time that the secret is shown, or where it is kept; to stderr, which no script reads for an
 * address. Nothing when the pair was given: whoever gave it has it.
 */
export function tellCredentials(server: RunningServer): void {
  const { url, credentials, madeCredentials, credentialsFile } = server
  if (madeCredentials) {
    process.stderr.write(
      `made a key pair, shown only now:
  export OSS_ENDPOINT=${url}
  export OSS_ACCESS_KEY_ID=${credentials.accessKeyId}
  export OSS_ACCESS_KEY_SECRET=${credentials.accessKeySecret}
`,
    )
  } else if (credentialsFile !== undefined) {
    process.stderr.write(`the key pair is in ${credentialsFile}\n`)
  }
}

/** What the chances of faults come from, so that a run can be had again; to stderr. */
export function tellFaultSeed({ faultSeed }: RunningServer, { faults = [] }: ServerOptions): void {
  if (faults.every(({ probability = 1 }) => probability === 1)) return
  process.stderr.write(`faults are drawn by --fault-seed ${faultSeed}\n`)
}
