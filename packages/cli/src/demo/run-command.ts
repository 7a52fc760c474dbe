/** Runs the real command as a process of its own, as a person would. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { exitCodes } from '../exit-codes.ts'
import { InterruptedError } from '../interrupt.ts'
import { quoteArgument } from '../shell.ts'

// From the compiled file as from the source, the package is two folders up.
const bin = fileURLToPath(new URL('../../bin/lading.cjs', import.meta.url))

export interface RunningCommand {
  readonly child: ChildProcess
  /** The exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>
}

export interface CommandOptions {
  /** Its environment besides ours. */
  readonly env: Readonly<Record<string, string>>
  /** Aborted: the command is told to stop. */
  readonly signal: AbortSignal
}

/** Shows the line that a person would type and starts it, with the terminal as its own. */
export function startCommand(
  args: readonly string[],
  { env, signal }: CommandOptions,
): RunningCommand {
  signal.throwIfAborted()
  console.log(`$ lading ${args.map(quoteArgument).join(' ')}`)
  const child = spawn(process.execPath, [bin, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  const stop = (): boolean => child.kill('SIGINT')
  signal.addEventListener('abort', stop, { once: true })
  const ended = once(child, 'exit').then(([status, ending]: unknown[]) => {
    signal.removeEventListener('abort', stop)
    return (ending ?? status) as number | NodeJS.Signals
  })
  return { child, ended }
}

/** Resolves when the command has ended with 0. @throws {Error} when it ends otherwise. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<void> {
  const outcome = await startCommand(args, options).ended
  throwIfInterrupted(outcome, options.signal)
  if (outcome !== 0) throw new Error(`lading ${args[0]} ended with ${outcome}.`)
}

/**
 * A terminal sends Ctrl-C to both of us, and that the command ended of it may be heard first.
 *
 * @throws {InterruptedError} when it was sent.
 */
export function throwIfInterrupted(
  outcome: number | NodeJS.Signals | undefined,
  signal: AbortSignal,
): void {
  signal.throwIfAborted()
  if (outcome === 'SIGINT' || outcome === exitCodes.interrupted)
    throw new InterruptedError('SIGINT')
}
