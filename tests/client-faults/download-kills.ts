/** Downloads by the command that are killed at some moment, and run once more. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FSWatcher, watch } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { OssClient } from '@lading/client/node'
import type { Random } from '../support/random.ts'
import { COMMAND } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'

const KiB = 1024
const BUCKET = 'kill-bucket'
const KEY = 'film.mov'
const PART_SIZE = 100 * KiB
const PARTS = 24
const BEFORE = 'the file that was there before'

/** When the command is killed. */
export type Moment =
  /** After so many bytes that the service sent. */
  | { readonly kind: 'bytes'; readonly after: number }
  /** When so many changes were seen in the directory of checkpoints. */
  | { readonly kind: 'checkpoint'; readonly after: number }
  /** When the file has got its name. */
  | { readonly kind: 'name' }

export function randomMoment(random: Random): Moment {
  const share = random.next()
  if (share < 0.55) {
    return { kind: 'bytes', after: random.between(1, PARTS * PART_SIZE) }
  }
  if (share < 0.9) return { kind: 'checkpoint', after: random.between(1, PARTS + 8) }
  return { kind: 'name' }
}

export interface KillRound {
  /** Sentences that say what is not as it has to be. */
  readonly broken: readonly string[]
  /** The command had not ended by itself. */
  readonly killed: boolean
  /** Bytes of the object that the second run did not ask for. */
  readonly kept: number
}

export interface KillStage {
  round(moment: Moment): Promise<KillRound>
  close(): Promise<void>
}

/** A server with an object, a proxy before it that counts, and a directory to download to. */
export async function killStage(directory: string, random: Random): Promise<KillStage> {
  const server = await startServer({
    buckets: [BUCKET],
    // Else the whole of it is in the buffers of the sockets before anyone can be killed.
    faults: [
      {
        operation: 'GetObject',
        action: { kind: 'throttle', bytesPerSecond: 2_000_000, of: 'answer' },
      },
    ],
  })
  const { credentials } = server
  const content = random.bytes(PARTS * PART_SIZE - 7)
  const client = new OssClient({ endpoint: server.url, credentials })
  await client.putObject({ bucket: BUCKET, key: KEY, body: content })
  const line = await countingProxy(server.port)
  const [target, state] = [join(directory, 'here'), join(directory, 'state')]
  const file = join(target, KEY)
  const config = join(directory, 'config')
  await writeFile(config, '')

  function start(): ChildProcess {
    const args = ['cp', `oss://${BUCKET}/${KEY}`, file, '-f', '--no-progress']
    const sizes = ['--part-size', '100K', '--parallel', '3', '--checkpoint-dir', state]
    const env = {
      PATH: process.env.PATH ?? '',
      OSS_ENDPOINT: line.url,
      OSS_ACCESS_KEY_ID: credentials.accessKeyId,
      OSS_ACCESS_KEY_SECRET: credentials.accessKeySecret,
      OSSUTIL_CONFIG_FILE: config,
    }
    return spawn(process.execPath, [COMMAND, ...args, ...sizes], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }

  async function runAndKill(moment: Moment): Promise<boolean> {
    const child = start()
    const ended = once(child, 'close')
    const kill = (): void => void child.kill('SIGKILL')
    const watchers: FSWatcher[] = []
    if (moment.kind === 'bytes') line.onReceived(moment.after, kill)
    if (moment.kind === 'checkpoint') {
      let seen = 0
      watchers.push(
        watch(state, () => {
          seen += 1
          if (seen === moment.after) kill()
        }),
      )
    }
    if (moment.kind === 'name') {
      watchers.push(watch(target, (_, name) => (name === KEY ? kill() : undefined)))
    }
    const [, signal] = await ended
    for (const watcher of watchers) watcher.close()
    return signal === 'SIGKILL'
  }

  async function round(moment: Moment): Promise<KillRound> {
    for (const path of [target, state]) {
      await rm(path, { recursive: true, force: true })
      await mkdir(path)
    }
    await writeFile(file, BEFORE)
    const killed = await runAndKill(moment)

    const broken: string[] = []
    const between = await readFile(file)
    if (!between.equals(content) && between.toString() !== BEFORE) {
      broken.push('something else than the whole object had its name')
    }
    const claimed = killed ? await claimedBytes(state) : 0

    const asked = line.asked()
    const child = start()
    const [[status], stderr] = await Promise.all([
      once(child, 'close'),
      child.stderr ? text(child.stderr) : '',
    ])
    const fetched = line.asked() - asked
    if (status !== 0) broken.push(`the second run ended with ${status}: ${stderr}`)
    if (!(await readFile(file)).equals(content)) broken.push('the file is not the object')
    if (fetched !== content.length - claimed) {
      broken.push(`${fetched} bytes were asked for, and ${content.length - claimed} were missing`)
    }
    const left = [...(await readdir(target)), ...(await readdir(state))]
    if (left.join() !== KEY) broken.push(`there is left: ${left.join(', ')}`)
    return { broken, killed, kept: content.length - fetched }
  }

  return {
    round,
    async close() {
      await line.close()
      await client.close()
      await server.close({ graceMs: 0 })
    },
  }
}

/** What the checkpoint says is on the disk; by other means than the client's own. */
async function claimedBytes(state: string): Promise<number> {
  const name = (await readdir(state)).find((name) => name.endsWith('.download'))
  if (!name) return 0
  const [, ...lines] = (await readFile(join(state, name), 'utf8')).split('\n')
  const sizes = new Map<string, number>()
  for (const line of lines) {
    const [, part = '', size] =
      /^\{"partNumber":(\d+),"size":(\d+),"crc64":"\d+"\}$/.exec(line) ?? []
    if (size !== undefined) sizes.set(part, Number(size))
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0)
}

interface CountingProxy {
  readonly url: string
  /** Bytes of the object that ranges asked for. */
  asked(): number
  /** Calls `then` once, when so many bytes more have come from the service. */
  onReceived(bytes: number, then: () => void): void
  close(): Promise<void>
}

async function countingProxy(port: number): Promise<CountingProxy> {
  let asked = 0
  let alarm: { left: number; readonly then: () => void } | undefined
  const open = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = createConnection(port, '127.0.0.1')
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          open.delete(socket)
          other.destroy()
        })
      socket.pipe(other)
    }
    client.on('data', (head: Buffer) => {
      const range = /\r\nrange: bytes=(\d+)-(\d+)\r\n/i.exec(head.toString('latin1'))
      if (range) asked += Number(range[2]) - Number(range[1]) + 1
    })
    upstream.on('data', ({ length }: Buffer) => {
      if (!alarm) return
      alarm.left -= length
      if (alarm.left > 0) return
      alarm.then()
      alarm = undefined
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    onReceived(left, then) {
      alarm = { left, then }
    },
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of open) socket.destroy()
      await closed
    },
  }
}
