/** A question on the terminal. */

import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Whether there is somebody to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** The line that is typed; hidden, it is not shown. */
export async function ask(
  question: string,
  { hidden, signal }: { readonly hidden: boolean; readonly signal: AbortSignal },
): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const output = hidden ? silent : process.stderr
  const dialogue = createInterface({ input: process.stdin, output, terminal: true })
  dialogue.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    // By itself, as what is hidden shows no question either; and after the terminal shows nothing.
    if (hidden) process.stderr.write(question)
    return await dialogue.question(hidden ? '' : question, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    dialogue.close()
    if (hidden) process.stderr.write('\n')
  }
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
