/** Ctrl-C: the first asks the work to stop and keep what it has, the second ends at once. */

import { setMaxListeners } from 'node:events'
import { exitCodes } from './exit-codes.ts'

/** The reason the signal is aborted with. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor(signalName: string) {
    super(`interrupted by ${signalName}`)
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Longer than it takes to close what is open; only who still waits then is told why. */
const patienceMs = 1000

export interface InterruptOptions {
  /** What SIGHUP does instead of stopping. */
  readonly onHangUp?: (() => void) | undefined
}

/** Runs `work` with a signal that the first SIGINT, SIGTERM or SIGHUP aborts. */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  { onHangUp }: InterruptOptions = {},
): Promise<Result> {
  const controller = new AbortController()
  // Each of many transfers at once listens, which Node takes for a leak.
  setMaxListeners(0, controller.signal)
  let patience: NodeJS.Timeout | undefined
  function interrupt(name: NodeJS.Signals): void {
    if (name === 'SIGHUP' && onHangUp) {
      onHangUp()
      return
    }
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    controller.abort(new InterruptedError(name))
    patience = setTimeout(() => {
      process.stderr.write('\nlading: waiting for an answer; Ctrl-C once more leaves at once\n')
    }, patienceMs)
  }
  for (const name of signals) process.on(name, interrupt)
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(patience)
    for (const name of signals) process.off(name, interrupt)
  }
}
