/** One upload or download at a time, by the client under test, in a process that tells what it cost. */

import { open } from 'node:fs/promises'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Writable } from 'node:stream'
import type { Verify } from '@lading/client/node'
import { answerAsks, settings } from './answer-asks.ts'

export interface ClientSettings {
  readonly kind: 'lading' | 'command' | 'ali-oss' | 'floor'
}

export interface Transfer {
  readonly port: number
  readonly file: string
  /** Bytes. */
  readonly size: number
  readonly verify?: Verify
}

export interface Transferred {
  readonly wallMs: number
  readonly cpuMs: number
  /** Bytes; the most that was ever resident. */
  readonly peakRss: number
}

interface Client {
  upload(transfer: Transfer): Promise<void>
  download(transfer: Transfer): Promise<void>
}

const MiB = 1024 * 1024
export const PART_SIZE: number = 8 * MiB
export const PARALLEL = 5
const region = 'cn-hangzhou'
const keys = { accessKeyId: 'bench', accessKeySecret: 'bench-secret' }
const target = { bucket: 'bench', key: 'object' }

const { kind } = settings<ClientSettings>()
const client = await load()
answerAsks({
  upload: (transfer: Transfer) => timed(() => client.upload(transfer)),
  download: (transfer: Transfer) => timed(() => client.download(transfer)),
})

async function timed(work: () => Promise<void>): Promise<Transferred> {
  const cpu = process.cpuUsage()
  const began = performance.now()
  await work()
  const wallMs = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  const peakRss = process.resourceUsage().maxRSS * 1024
  return { wallMs, cpuMs: (user + system) / 1000, peakRss }
}

async function load(): Promise<Client> {
  if (kind === 'lading') return loadLading()
  if (kind === 'command') return loadCommand()
  return kind === 'ali-oss' ? loadAliOss() : floor()
}

async function loadLading(): Promise<Client> {
  const { download, OssClient, upload } = await import('@lading/client/node')
  const connect = (port: number) =>
    new OssClient({ endpoint: `http://127.0.0.1:${port}`, region, credentials: keys })
  return {
    async upload({ port, file, size, verify = 'md5' }) {
      const client = connect(port)
      const options = { partSize: PART_SIZE, parallel: PARALLEL, verify }
      const result = await upload(client, file, target, options).done
      await client.close()
      if (result.size !== size) throw new Error('The object is not whole.')
      if (result.verified.length === 0 && verify !== 'off') throw new Error('Nothing was proved.')
    },
    async download({ port }) {
      const client = connect(port)
      await download(client, target, nowhere()).done
      await client.close()
    },
  }
}

/** `lading cp` as it is typed, with all its defaults. */
async function loadCommand(): Promise<Client> {
  const program = new URL('../../../../packages/cli/dist/program.js', import.meta.url).href
  const { run } = (await import(program)) as { run(argv: readonly string[]): Promise<number> }
  return {
    async upload({ port, file }) {
      process.env.OSS_ACCESS_KEY_ID = keys.accessKeyId
      process.env.OSS_ACCESS_KEY_SECRET = keys.accessKeySecret
      process.env.OSS_REGION = region
      const endpoint = `http://127.0.0.1:${port}`
      const words = ['cp', '-f', file, 'oss://bench/object', '--endpoint', endpoint]
      const code = await run([process.execPath, 'lading', ...words])
      if (code !== 0) throw new Error(`lading cp ended with ${code}.`)
    },
    async download() {
      throw new Error('The command downloads nothing here.')
    },
  }
}

async function loadAliOss(): Promise<Client> {
  const { default: OSS } = await import('ali-oss')
  const connect = (port: number): AliOss =>
    new OSS({
      ...keys,
      endpoint: `http://127.0.0.1:${port}`,
      bucket: target.bucket,
      authorizationV4: true,
      region,
      timeout: 600_000,
    }) as unknown as AliOss
  return {
    async upload({ port, file }) {
      const options = { partSize: PART_SIZE, parallel: PARALLEL }
      await connect(port).multipartUpload(target.key, file, options)
    },
    async download({ port }) {
      const { stream } = await connect(port).getStream(target.key)
      await drained(stream)
    },
  }
}

/** As much of it as is used here, beyond what the tests' types have. */
interface AliOss {
  multipartUpload(key: string, file: string, options: object): Promise<unknown>
  getStream(key: string): Promise<{ readonly stream: IncomingMessage }>
}

/** What `node:http` and reading by position cost: nothing is hashed, signed or looked at. */
function floor(): Client {
  return {
    async upload({ port, file, size }) {
      const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL })
      const handle = await open(file)
      const count = Math.ceil(size / PART_SIZE)
      let next = 0
      const sender = async (): Promise<void> => {
        const buffer = Buffer.allocUnsafeSlow(PART_SIZE)
        while (next < count) {
          const at = next++
          const { bytesRead } = await handle.read(buffer, 0, PART_SIZE, at * PART_SIZE)
          const path = `/bench/object?partNumber=${at + 1}`
          const outgoing = httpRequest({ port, host: '127.0.0.1', method: 'PUT', path, agent })
          const answered = new Promise<IncomingMessage>((resolve, reject) => {
            outgoing.on('response', resolve).on('error', reject)
          })
          outgoing.setHeader('content-length', bytesRead)
          outgoing.end(buffer.subarray(0, bytesRead))
          await drained(await answered)
        }
      }
      await Promise.all(Array.from({ length: PARALLEL }, sender))
      await handle.close()
      agent.destroy()
    },
    async download() {
      throw new Error('The floor downloads nothing.')
    },
  }
}

function drained(stream: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    stream
      .on('data', () => {})
      .on('end', resolve)
      .on('error', reject)
  })
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() })
}
