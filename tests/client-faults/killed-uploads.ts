/** `lading cp` of a real file, killed and run again, and what the server saw of it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningServer } from '@lading/server'
import { onTestFinished } from 'vitest'
import { OssWire } from '../support/oss-wire.ts'
import { COMMAND } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const BUCKET = 'killed'
const MiB = 1024 * 1024
const PART_SIZE = MiB / 4
const SIZE = 12 * MiB - 4321
export const PARTS: number = Math.ceil(SIZE / PART_SIZE)

interface LoggedRequest {
  readonly msg: string
  readonly operation?: string
  readonly key?: string
  readonly partNumber?: string
  readonly status: number
}

export interface Port {
  /** Begins an upload of the file to the key; `env` is added to the command's. */
  start(key: string, env?: NodeJS.ProcessEnv): Run
  /** Where the command keeps the checkpoint of the key. */
  checkpointsOf(key: string): string
  /** What the server has answered about the key so far. */
  answered(key: string): readonly LoggedRequest[]
  /** The parts that the server has of the key's open uploads, and how many are open. */
  held(key: string): Promise<{ readonly parts: ReadonlySet<number>; readonly uploads: number }>
  /** Runs the upload to its end and gives the sentences that say what is not as it has to be. */
  finish(key: string): Promise<readonly string[]>
}

export interface Run {
  readonly child: ChildProcess
  /** Resolves with the exit code once it has ended, `null` if it was killed. */
  readonly ended: Promise<number | null>
}

/** Lasts as long as the test. */
export async function startPort(): Promise<Port> {
  const directory = await temporaryDirectory()
  const log: LoggedRequest[] = []
  const server = await startServer({
    buckets: [BUCKET],
    collect: { graceMs: 0, intervalMs: 0, orphanAgeMs: 0 },
    log: { write: (line) => void log.push(JSON.parse(line)) },
  })
  onTestFinished(() => server.close({ graceMs: 0 }))
  const wire = new OssWire(server)
  onTestFinished(() => wire.close())
  const path = join(directory, 'real.bin')
  const content = await sliceOfNode()
  await writeFile(path, content)
  const environment = commandEnvironment(server, directory)

  const checkpointsOf = (key: string): string => join(directory, `state-${key}`)
  const answered = (key: string): readonly LoggedRequest[] => log.filter((one) => one.key === key)

  function start(key: string, env: NodeJS.ProcessEnv = {}): Run {
    const sizes = ['--part-size', String(PART_SIZE), '--parallel', '4', '--no-progress', '-f']
    const target = ['cp', path, `oss://${BUCKET}/${key}`, '--checkpoint-dir', checkpointsOf(key)]
    const child = spawn(process.execPath, [COMMAND, ...target, ...sizes], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...environment, ...env },
    })
    const ended = once(child, 'exit').then(([code]) => code as number | null)
    return { child, ended }
  }

  async function held(key: string): ReturnType<Port['held']> {
    const { text } = await wire.send('GET', {
      bucket: BUCKET,
      query: { uploads: '', prefix: key },
    })
    const ids = [...text.matchAll(/<UploadId>(.*?)<\/UploadId>/g)].map(([, id = '']) => id)
    const parts = new Set<number>()
    for (const uploadId of ids) {
      const listed = await wire.send('GET', { bucket: BUCKET, key, query: { uploadId } })
      for (const [, number] of listed.text.matchAll(/<PartNumber>(\d+)</g))
        parts.add(Number(number))
    }
    return { parts, uploads: ids.length }
  }

  async function finish(key: string): Promise<readonly string[]> {
    // What was under way when the client died is settled once the server has noticed.
    const before = await settled(() => held(key))
    const since = answered(key).length
    const code = await start(key).ended
    if (code === 0) await until(() => answered(key).slice(since).some(isComplete))
    const sent = answered(key)
      .slice(since)
      .filter(({ operation }) => operation === 'UploadPart')
      .map(({ partNumber }) => Number(partNumber))
    const again = sent.filter((number) => before.parts.has(number))
    const object = await wire.send('GET', { bucket: BUCKET, key })
    const after = await held(key)
    await wire.send('DELETE', { bucket: BUCKET, key })
    await server.collectGarbage()
    const sentences = [
      code === 0 ? '' : `the next run ended with ${code}`,
      again.length === 0 ? '' : `the parts ${again} were sent though the server had them`,
      new Set(sent).size === sent.length ? '' : `of the parts ${sent} one was sent twice`,
      object.bytes.equals(content) ? '' : 'the object is not the file',
      after.parts.size === 0 ? '' : `${after.parts.size} parts are left`,
    ]
    return sentences.filter((sentence) => sentence !== '').map((sentence) => `${key}: ${sentence}`)
  }

  return { start, checkpointsOf, answered, held, finish }
}

function isComplete({ operation }: LoggedRequest): boolean {
  return operation === 'CompleteMultipartUpload'
}

/** Two looks that agree. */
async function settled<Value>(look: () => Promise<Value>): Promise<Value> {
  let last = await look()
  await until(async () => {
    const next = await look()
    const isSame = JSON.stringify(next, asArray) === JSON.stringify(last, asArray)
    last = next
    return isSame
  })
  return last
}

function asArray(_: string, value: unknown): unknown {
  return value instanceof Set ? [...value] : value
}

/** The beginning of Node's own executable. */
async function sliceOfNode(): Promise<Buffer> {
  const file = await open(process.execPath)
  try {
    const content = Buffer.alloc(SIZE)
    await file.read(content, 0, SIZE, 0)
    return content
  } finally {
    await file.close()
  }
}

function commandEnvironment(server: RunningServer, directory: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    OSS_ENDPOINT: server.url,
    OSS_ACCESS_KEY_ID: server.credentials.accessKeyId,
    OSS_ACCESS_KEY_SECRET: server.credentials.accessKeySecret,
    OSSUTIL_CONFIG_FILE: '/dev/null',
    XDG_STATE_HOME: join(directory, 'state'),
  }
}
