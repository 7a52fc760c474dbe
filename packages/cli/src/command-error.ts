/** A failure whose sentence, advice and exit status the command itself decided. */

import { type ExitCode, exitCodes } from './exit-codes.ts'

export interface CommandErrorOptions {
  /** What to do next, as a sentence or a command line. */
  readonly hint?: string | undefined
  readonly cause?: unknown
}

/** Something a person can put right. Printed as one sentence, never as a stack trace. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly exitCode: ExitCode
  readonly hint: string | undefined

  constructor(exitCode: ExitCode, message: string, options: CommandErrorOptions = {}) {
    super(message, { cause: options.cause })
    this.exitCode = exitCode
    this.hint = options.hint
  }
}

/** The command line does not make sense. */
export function usageError(message: string, hint?: string): CommandError {
  return new CommandError(exitCodes.usage, message, { hint })
}
