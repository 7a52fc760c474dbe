/** Builds the recorder, and runs programs under it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { libraryOf } from '../support/preload.ts'

export { canPreload as canRecord } from '../support/preload.ts'

/** The library to preload. */
export function recorder(): string {
  return libraryOf(new URL('recorder.c', import.meta.url))
}

export interface RecordingOptions {
  /** What lies below it is recorded; absolute, without symbolic links. */
  readonly root: string
  readonly journal: string
  /** Calls that fail: `op:pattern:n:what[:sticky]`, joined by `;`. See `recorder.c`. */
  readonly faults?: string | undefined
}

/** What a process needs in its environment to be recorded. */
export function recordingEnvironment({
  root,
  journal,
  faults = '',
}: RecordingOptions): NodeJS.ProcessEnv {
  return {
    LD_PRELOAD: recorder(),
    LADING_RECORD_ROOT: root,
    LADING_RECORD_JOURNAL: journal,
    LADING_RECORD_FAULTS: faults,
    // What goes to the kernel by a ring is seen by nobody here.
    UV_USE_IO_URING: '0',
  }
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** Milliseconds after which a recorded program counts as hanging. */
const PATIENCE = 60_000

/** Runs a program of Node under the recorder to its end. */
export async function runRecorded(
  program: string,
  options: RecordingOptions,
  env: NodeJS.ProcessEnv,
): Promise<Ended> {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env, ...recordingEnvironment(options) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return await ended(child)
}

async function ended(child: ChildProcess): Promise<Ended> {
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE)
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, stderr })
    })
  })
}
