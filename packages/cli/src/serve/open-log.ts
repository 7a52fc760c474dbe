/** Where `--log` writes: stderr, stdout, or a file that can be moved away and begun anew. */

import { type LogDestination, openLogFile } from '@lading/server'
import { CommandError } from '../command-error.ts'
import { exitCodes } from '../exit-codes.ts'

export interface OpenLog {
  /** `undefined`: nothing is to be written. */
  readonly destination: LogDestination | undefined
  /** Goes on in a new file of the same name; `undefined` where there is no file. */
  readonly reopen: (() => void) | undefined
  /** Resolves once what could be written is. */
  close(): Promise<void>
}

/** Whether `--log` names a file. */
export function isFile(flag: string | boolean | undefined): boolean {
  return typeof flag === 'string' && flag !== '-'
}

/** @throws {CommandError} config: the file cannot be opened. */
export async function openLog(flag: string | boolean | undefined): Promise<OpenLog> {
  if (flag === undefined || flag === false) return streaming(undefined)
  if (flag === true) return streaming(process.stderr)
  if (flag === '-') return streaming(process.stdout)
  try {
    const file = await openLogFile(flag)
    return { destination: file, reopen: () => void file.reopen(), close: () => file.close() }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError(exitCodes.config, `the log ${flag} cannot be opened: ${why}`, { cause })
  }
}

function streaming(stream: NodeJS.WriteStream | undefined): OpenLog {
  // A reader that has gone ends other commands; it is no reason to stop serving.
  stream?.removeAllListeners('error').on('error', () => {})
  return { destination: stream, reopen: undefined, close: async () => {} }
}
