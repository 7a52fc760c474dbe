import { describe, expect, test } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { InterruptedError } from '../interrupt.ts'
import { throwIfInterrupted } from './run-command.ts'

describe('a command that has ended', () => {
  const untold = new AbortController().signal

  test.each(['SIGINT', exitCodes.interrupted] as const)(
    'by %s was interrupted, also when nobody has told us yet',
    (outcome) => {
      expect(() => throwIfInterrupted(outcome, untold)).toThrow(InterruptedError)
    },
  )

  test.each(['SIGKILL', exitCodes.ok, exitCodes.failed, undefined] as const)(
    'by %s was not interrupted, unless we were',
    (outcome) => {
      expect(() => throwIfInterrupted(outcome, untold)).not.toThrow()
      const reason = new InterruptedError('SIGTERM')
      expect(() => throwIfInterrupted(outcome, AbortSignal.abort(reason))).toThrow(reason)
    },
  )
})
