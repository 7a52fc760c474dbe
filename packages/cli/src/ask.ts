/** A question on the terminal. */

import { createInterface } from 'node:readline/promises'

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** Everything but `y` and `yes` is no. */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const dialogue = createInterface({ input: process.stdin, output: process.stderr })
  // Readline takes Ctrl-C for itself while it asks; it is to stop the command as ever.
  dialogue.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    const answer = await dialogue.question(`${question} (y/N) `, { signal })
    return /^y(es)?$/i.test(answer.trim())
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    dialogue.close()
  }
}
