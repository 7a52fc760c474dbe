/** The server as people run it: the command's own process, started from the built packages. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { MASTER_KEY, type Place, placeOf } from './places.ts'
import { openRecord } from './suite-records.ts'
import { until } from './until.ts'

// By its package and not by its path: the bench runs this file compiled, from another folder.
export const COMMAND: string = join(
  dirname(createRequire(import.meta.url).resolve('lading/package.json')),
  'bin/lading.cjs',
)

export const KEY_PAIR = {
  accessKeyId: 'LTAI-test-key-id',
  accessKeySecret: 'a secret of the tests',
} as const

export interface ServeProcess {
  readonly port: number
  readonly child: ChildProcess
  /** What it wrote to stdout so far. */
  stdout(): string
  /** What it wrote to stderr so far. */
  stderr(): string
  /** Sends SIGKILL and resolves once the process is gone. */
  kill(): Promise<void>
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>
}

export interface ServeOptions {
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Resolves once the process says that it listens. */
export async function serveProcess(
  directory: string,
  options: ServeOptions = {},
): Promise<ServeProcess> {
  return await serve(['--data', directory], await placeOf(directory), options)
}

/** One of any number of servers over the same engines, which keeps nothing itself. */
export async function serveGateway(
  place: Place,
  options: ServeOptions = {},
): Promise<ServeProcess> {
  return await serve([], place, options)
}

async function serve(
  data: readonly string[],
  place: Place | undefined,
  { args = [], env = {} }: ServeOptions,
): Promise<ServeProcess> {
  const engines = place ? ['--metadata', place.metadata, '--blobs', place.blobs] : []
  const child = spawn(
    process.execPath,
    [COMMAND, 'serve', ...data, '--port', '0', ...engines, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        LADING_ACCESS_KEY_ID: KEY_PAIR.accessKeyId,
        LADING_ACCESS_KEY_SECRET: KEY_PAIR.accessKeySecret,
        ...(place ? { LADING_MASTER_KEY: MASTER_KEY } : {}),
        ...env,
      },
    },
  )
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const record = openRecord()
  record.keepSecret(KEY_PAIR.accessKeySecret)
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    record.write(text)
    stderr += text
  })
  let stdout = ''
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      record.write(text)
      stdout += text
      const found = /listening on https?:\/\/[^\s:]+:(\d+)/.exec(stdout)
      if (found) resolve(Number(found[1]))
    })
    exited.then(
      ([code, signal]) =>
        reject(new Error(`The server ended (${code ?? signal}) before it listened:\n${stderr}`)),
      reject,
    )
  })
  return {
    port,
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async stop() {
      child.kill('SIGTERM')
      const [code] = await exited
      return code
    },
  }
}

/** The living children of the primary. */
export async function workersOf({ child }: ServeProcess): Promise<number[]> {
  const ps = spawn('ps', ['-A', '-o', 'pid=,ppid=,stat='])
  const lines = (await textOf(ps.stdout)).trim().split('\n')
  return lines.flatMap((line) => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/)
    return Number(parent) === child.pid && !state.startsWith('Z') ? [Number(pid)] : []
  })
}

/** Sends SIGKILL to the primary and to its workers, and resolves once all of them are gone. */
export async function killWithWorkers(server: ServeProcess): Promise<void> {
  const workers = await workersOf(server)
  // The primary first, or it would replace them.
  await server.kill()
  for (const worker of workers) endNow(worker)
  await until(() => !workers.some(isAlive))
}

function endNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It ended by itself when its primary did.
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
