/** The command in a pseudo-terminal, as a person has it. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { COMMAND } from '../support/serve-process.ts'
import type { Bench } from './lading.ts'

export interface Terminal {
  /** What is on the screen so far, escape sequences and all. */
  screen(): string
  /** Resolves once the screen shows it. */
  shows(text: string | RegExp): Promise<void>
  type(keys: string): void
  /** Resolves with the command's exit status. */
  readonly ended: Promise<number | null>
}

export const ctrlC = '\u0003'

/** util-linux has a `script` that makes a terminal of its own and passes the exit status on. */
export const hasTerminal: boolean = (() => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux')
  } catch {
    return false
  }
})()

/** Runs the command in a terminal of 80 columns. */
export function openTerminal(
  { directory, environment }: Bench,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Terminal {
  const words = [process.execPath, COMMAND, ...args].map((word) => `'${word}'`).join(' ')
  const line = `stty cols 80 rows 24; exec ${words}`
  const child: ChildProcess = spawn('script', ['-qefc', line, '/dev/null'], {
    cwd: directory,
    env: { TERM: 'xterm', SHELL: '/bin/sh', ...environment, ...env },
  })
  let text = ''
  let changed = (): void => {}
  child.stdout?.on('data', (chunk: Uint8Array) => {
    text += Buffer.from(chunk).toString()
    changed()
  })
  const ended = once(child, 'close').then(([status]) => status as number | null)
  return {
    screen: () => text,
    async shows(wanted) {
      const isThere = (): boolean =>
        typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text)
      const seen = new Promise<'seen'>((resolve) => {
        changed = () => {
          if (isThere()) resolve('seen')
        }
        changed()
      })
      const first = await Promise.race([seen, ended])
      if (first !== 'seen' && !isThere())
        throw new Error(`It ended (${first}) and showed:\n${text}`)
    },
    type: (keys) => child.stdin?.write(keys),
    ended,
  }
}
