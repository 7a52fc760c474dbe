/** Keys that a program prints. */

import { execFile } from 'node:child_process'
import type { CredentialsProvider } from '../credentials.ts'
import { CredentialsError } from '../errors.ts'
import { parseCredentials } from './read-credentials.ts'

/** Bytes that the program may print. */
const MAX_OUTPUT = 64 * 1024

export interface ProcessCredentialsOptions {
  /** The program; no shell looks at it. */
  readonly command: string
  readonly args?: readonly string[]
  /** Milliseconds until it is killed. Default 15,000. */
  readonly timeoutMs?: number
}

/**
 * Runs the program whenever keys are needed. It prints a JSON object with `AccessKeyId`,
 * `AccessKeySecret` and, for temporary keys, `SecurityToken` and `Expiration`.
 */
export function processCredentials({
  command,
  args = [],
  timeoutMs = 15_000,
}: ProcessCredentialsOptions): CredentialsProvider {
  return async () => parseCredentials(command, await outputOf(command, args, timeoutMs))
}

function outputOf(command: string, args: readonly string[], timeout: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const limits = { timeout, maxBuffer: MAX_OUTPUT, windowsHide: true }
    execFile(command, args, limits, (error, stdout) => {
      if (!error) return resolve(stdout)
      // Its message would repeat the arguments, which may be secret.
      const why = error.killed ? `it took longer than ${timeout} ms` : `it ended with ${error.code}`
      reject(new CredentialsError(`There are no keys from ${command}: ${why}.`))
    })
  })
}
