/** The command as people run it, against a server of the test's own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { RunningServer, ServerOptions } from '@lading/server'
import { onTestFinished } from 'vitest'
import { COMMAND } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { runInProcess } from './in-process.ts'

export interface Outcome {
  readonly status: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly outcome: Promise<Outcome>
}

export interface Bench {
  readonly server: RunningServer
  /** The command's working directory; its checkpoints are kept in it too. */
  readonly directory: string
  /** What the command finds in its environment. */
  readonly environment: Readonly<Record<string, string>>
  /** One line of the server's log for each request answered so far. */
  readonly requests: readonly LoggedRequest[]
  /** In a process of its own. */
  start(args: readonly string[], options?: RunOptions): Running
  /** In this process, unless it is given an input or is about a server. */
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Makes a file of random bytes in `directory`. */
  file(name: string, size: number): Promise<Buffer>
}

export interface LoggedRequest {
  readonly operation?: string
  readonly partNumber?: string
  readonly status: number
}

export interface RunOptions {
  readonly input?: Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

/** They open what the server of the test has open, or begin a process that goes on. */
const ofServers: ReadonlySet<string> = new Set([
  'serve',
  'keys',
  'sts',
  'fsck',
  'backup',
  'migrate',
])

/** A server in memory, with a bucket `films` unless `bucket` says otherwise, and the command for it. */
export async function bench(
  options: ServerOptions & { readonly bucket?: boolean } = {},
): Promise<Bench> {
  const { bucket = true, ...serverOptions } = options
  const requests: LoggedRequest[] = []
  const log = {
    write(line: string) {
      const entry = JSON.parse(line) as LoggedRequest & { msg: string }
      if (entry.msg === 'request') requests.push(entry)
    },
  }
  const directory = await temporaryDirectory()
  const server = await startServer({ ...(bucket && { buckets: ['films'] }), ...serverOptions, log })
  onTestFinished(() => server.close({ graceMs: 0 }))
  const config = join(directory, '.ossutilconfig')
  await writeFile(config, '')

  const environment = {
    PATH: process.env.PATH ?? '',
    OSS_ENDPOINT: server.url,
    OSS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    OSS_ACCESS_KEY_SECRET: server.credentials.accessKeySecret,
    OSSUTIL_CONFIG_FILE: config,
    XDG_STATE_HOME: join(directory, '.state'),
  }

  function start(args: readonly string[], { input, env }: RunOptions = {}): Running {
    const child = spawn(process.execPath, [COMMAND, ...args], {
      cwd: directory,
      env: {
        ...environment,
        ...env,
      },
    })
    child.stdin.on('error', () => {}) // The command may end before it has read everything.
    child.stdin.end(input)
    const ended = Promise.all([once(child, 'close'), buffer(child.stdout), buffer(child.stderr)])
    const outcome = ended.then(([[status], stdout, stderr]) => ({
      status: status as number | null,
      stdout,
      stderr: stderr.toString(),
    }))
    return { child, outcome }
  }

  const table: Bench = {
    server,
    directory,
    environment,
    requests,
    start,
    run: (args, runOptions = {}) =>
      runOptions.input === undefined && !ofServers.has(args[0] ?? '')
        ? runInProcess(args, { directory, environment: { ...environment, ...runOptions.env } })
        : start(args, runOptions).outcome,
    async file(name, size) {
      const bytes = randomBytes(size)
      await writeFile(join(directory, name), bytes)
      return bytes
    },
  }
  return table
}

/** The events of `--json`. */
export function eventsOf(outcome: Outcome): Record<string, unknown>[] {
  const lines = outcome.stdout.toString().split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** Byte for byte; a matcher takes seconds for a megabyte. */
export function isSame(found: Uint8Array, expected: Uint8Array | undefined): boolean {
  return expected !== undefined && Buffer.compare(found, expected) === 0
}
