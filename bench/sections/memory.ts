/** The most anonymous memory: mapped pages of LMDB are the kernel's to take back. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { truncate, writeFile } from 'node:fs/promises'
import { COMMAND, KEY_PAIR } from '../../tests/support/serve-process.ts'
import { type Bench, GiB, inDirectory, MiB, startLading, startSink } from '../bench.ts'
import { Child } from '../child.ts'
import { watchMemory } from '../process-use.ts'
import { atMost, type Group } from '../report.ts'

export async function memory(bench: Bench): Promise<void> {
  const group = bench.group('Memory')
  await slowConnections(bench, group)
  await largeFile(bench, group)
}

async function slowConnections(bench: Bench, group: Group): Promise<void> {
  const clients = 256
  const server = await startLading({ directory: inDirectory(bench, 'data'), blobs: 'durable' })
  const load = Child.start('./workers/load.js')
  const watch = watchMemory(server.child.pid)
  await load.ask('slow', { port: server.port, clients, pieces: bench.quick ? 20 : 40 })
  const peak = await watch.stop()
  group.add(
    `server: ${clients} slow parts at once, all hashed and written`,
    'MiB',
    peak === undefined ? [] : [peak / MiB],
    { bound: atMost(256) },
  )
  await Promise.all([load, server.child].map((child) => child.stop()))
}

/** The command as people run it, with a file that takes no room on the disk. */
async function largeFile(bench: Bench, group: Group): Promise<void> {
  const size = bench.quick ? GiB : 8 * GiB
  const file = inDirectory(bench, 'large')
  await writeFile(file, '')
  await truncate(file, size)
  const sink = await startSink({ kind: 'drop' })
  const child = spawn(
    process.execPath,
    [COMMAND, 'cp', '-f', file, 'oss://bench/large', '--endpoint', `http://127.0.0.1:${sink.port}`],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        ...process.env,
        OSS_ACCESS_KEY_ID: KEY_PAIR.accessKeyId,
        OSS_ACCESS_KEY_SECRET: KEY_PAIR.accessKeySecret,
        OSS_REGION: 'cn-hangzhou',
      },
    },
  )
  const watch = watchMemory(child.pid ?? 0)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const began = performance.now()
  const [code] = (await once(child, 'close')) as [number | null]
  const taken = performance.now() - began
  const peak = await watch.stop()
  await sink.child.stop()
  if (code !== 0) throw new Error(`lading cp ended with ${code}: ${said}`)
  group.add(
    `client: \`lading cp\` of ${size / GiB} GiB, verified`,
    'MiB',
    peak === undefined ? [] : [peak / MiB],
    { bound: atMost(132), remark: `${Math.round(size / 1000 / taken)} MB/s` },
  )
}
