/** What is measured. Each scenario runs the command as a process of its own, on a fresh directory. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { etagOf, OssWire } from '../tests/support/oss-wire.ts'
import {
  COMMAND,
  KEY_PAIR,
  type ServeProcess,
  serveProcess,
} from '../tests/support/serve-process.ts'
import { type Measurement, mebibytes } from './measurement.ts'
import { processorTime, watchMemory } from './process-use.ts'

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

const BUCKET = 'bench'

/** Milliseconds. "Tens of milliseconds", with room for a busy machine. */
const COMPLETE_LIMIT = 100
/** MiB. Flat, whatever the number and size of parts in flight. */
const SERVER_MEMORY_LIMIT = 256
/** Bytes, and how many at once: the command's defaults. */
const PART_SIZE = 8 * MiB
const PARALLEL = 5
/** MiB. Parts being sent and parts hashed ahead, and what Node itself takes. */
const CLIENT_MEMORY_LIMIT = ((PARALLEL + 4) * PART_SIZE) / MiB + 60

export type Scenario = () => Promise<readonly Measurement[]>

export const scenarios: Readonly<Record<string, Scenario>> = {
  complete: () => onServer(completeTenThousandParts),
  slow: () => onServer(slowConnections),
  cp: () => onServer(uploadLargeFile),
  'test-server': startTestServers,
}

/** The server of a test: the first of a process, which loads everything, and the later ones. */
async function startTestServers(): Promise<Measurement[]> {
  const started = performance.now()
  const { startTestServer } = await import('@lading/server/testing')
  const loaded = performance.now()
  const time = async (): Promise<number> => {
    const begun = performance.now()
    const server = await startTestServer({ buckets: [BUCKET] })
    const taken = performance.now() - begun
    await server.close()
    return taken
  }
  const first = await time()
  let worst = 0
  for (let index = 0; index < 20; index += 1) worst = Math.max(worst, await time())
  return [
    { name: 'loading @lading/server/testing', value: loaded - started, unit: 'ms' },
    { name: 'startTestServer, the first in a process', value: first, unit: 'ms', limit: 100 },
    { name: 'startTestServer, the slowest of 20 more', value: worst, unit: 'ms', limit: 100 },
  ]
}

/** The time of Complete, and how long another request had to wait meanwhile. */
async function completeTenThousandParts(server: ServeProcess): Promise<Measurement[]> {
  const count = 10_000
  const wire = new OssWire({ port: server.port, credentials: KEY_PAIR, maxSockets: 32 })
  try {
    await wire.putBucket(BUCKET)
    const uploadId = await wire.initiate(BUCKET, 'many')
    const part = Buffer.alloc(100 * KiB, 7)
    const etag = etagOf(part)
    const started = performance.now()
    let next = 1
    const send = async (): Promise<void> => {
      while (next <= count) {
        const { status, text } = await wire.uploadPart(BUCKET, 'many', uploadId, next++, part)
        if (status !== 200) throw new Error(`UploadPart answered ${status}: ${text}`)
      }
    }
    await Promise.all(Array.from({ length: 16 }, send))
    const uploaded = performance.now() - started

    const listed: [number, string][] = Array.from({ length: count }, (_, at) => [at + 1, etag])
    const pid = server.child.pid ?? 0
    const processorBefore = await processorTime(pid)
    const begun = performance.now()
    const completing = wire.complete(BUCKET, 'many', uploadId, listed)
    const worst = await longestHead(wire, completing)
    const { status, text } = await completing
    const taken = performance.now() - begun
    const processorAfter = await processorTime(pid)
    if (status !== 200) throw new Error(`Complete answered ${status}: ${text}`)
    return [
      { name: '10,000 parts of 100 KiB, each durable', value: uploaded, unit: 'ms' },
      { name: 'Complete of 10,000 parts', value: taken, unit: 'ms', limit: COMPLETE_LIMIT },
      {
        name: 'processor time of the server meanwhile',
        value:
          processorBefore === undefined || processorAfter === undefined
            ? undefined
            : processorAfter - processorBefore,
        unit: 'ms',
      },
      { name: 'the longest another request waited meanwhile', value: worst, unit: 'ms' },
    ]
  } finally {
    wire.close()
  }
}

/** The longest of the HEADs that are sent one after the other until `until` settles. */
async function longestHead(wire: OssWire, until: Promise<unknown>): Promise<number> {
  let over = false
  const ending = until.then(
    () => {
      over = true
    },
    () => {
      over = true
    },
  )
  let worst = 0
  while (!over) {
    const begun = performance.now()
    await wire.send('HEAD', { bucket: BUCKET, key: 'none' })
    worst = Math.max(worst, performance.now() - begun)
  }
  await ending
  return worst
}

/** The server's memory while 256 parts arrive slowly, all at once, each hashed and written. */
async function slowConnections(server: ServeProcess): Promise<Measurement[]> {
  const count = 256
  const pieces = 40
  const piece = Buffer.alloc(64 * KiB, 3)
  const wire = new OssWire({ port: server.port, credentials: KEY_PAIR, maxSockets: count })
  try {
    await wire.putBucket(BUCKET)
    const uploadId = await wire.initiate(BUCKET, 'slow')
    let inFlight = 0
    let most = 0
    async function* trickle(): AsyncGenerator<Uint8Array> {
      inFlight += 1
      most = Math.max(most, inFlight)
      for (let sent = 0; sent < pieces; sent += 1) {
        yield piece
        // Nobody finishes before all have begun.
        do await wait(200)
        while (most < count)
      }
      inFlight -= 1
    }
    const watch = watchMemory(server.child.pid ?? 0)
    const started = performance.now()
    const sending = Array.from({ length: count }, (_, at) =>
      wire.uploadPart(BUCKET, 'slow', uploadId, at + 1, trickle(), {
        contentLength: pieces * piece.length,
      }),
    )
    for (const { status, text } of await Promise.all(sending)) {
      if (status !== 200) throw new Error(`UploadPart answered ${status}: ${text}`)
    }
    const taken = performance.now() - started
    const peak = await watch.stop()
    return [
      { name: `${most} slow parts at once, all acknowledged after`, value: taken, unit: 'ms' },
      {
        name: `server: peak anonymous memory with ${most} slow parts`,
        value: mebibytes(peak),
        unit: 'MiB',
        limit: SERVER_MEMORY_LIMIT,
      },
    ]
  } finally {
    wire.close()
  }
}

/** Both sides' memory while `lading cp` uploads 4 GiB. */
async function uploadLargeFile(server: ServeProcess, directory: string): Promise<Measurement[]> {
  const size = Number(process.env.LADING_BENCH_BYTES ?? 4 * GiB)
  const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
  try {
    await wire.putBucket(BUCKET)
    const file = join(directory, 'large')
    const handle = await open(file, 'w')
    await handle.truncate(size)
    await handle.close()

    const started = performance.now()
    const child = spawn(
      process.execPath,
      [
        COMMAND,
        'cp',
        file,
        `oss://${BUCKET}/large`,
        '--endpoint',
        `http://127.0.0.1:${server.port}`,
      ],
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
    const ours = watchMemory(child.pid ?? 0)
    const theirs = watchMemory(server.child.pid ?? 0)
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [code] = (await once(child, 'close')) as [number | null]
    const taken = performance.now() - started
    const [client, service] = await Promise.all([ours.stop(), theirs.stop()])
    if (code !== 0) throw new Error(`lading cp ended with ${code}: ${said}`)
    const { headers } = await wire.send('HEAD', { bucket: BUCKET, key: 'large' })
    if (Number(headers['content-length']) !== size) throw new Error('The object is not whole.')
    const named = `${(size / GiB).toFixed(size % GiB === 0 ? 0 : 2)} GiB`
    return [
      { name: `lading cp of ${named}, verified`, value: size / 1000 / taken, unit: 'MB/s' },
      {
        name: `lading cp: peak anonymous memory with ${named}`,
        value: mebibytes(client),
        unit: 'MiB',
        limit: CLIENT_MEMORY_LIMIT,
      },
      {
        name: `server: peak anonymous memory with ${named}`,
        value: mebibytes(service),
        unit: 'MiB',
        limit: SERVER_MEMORY_LIMIT,
      },
    ]
  } finally {
    wire.close()
  }
}

async function onServer(
  measure: (server: ServeProcess, directory: string) => Promise<readonly Measurement[]>,
): Promise<readonly Measurement[]> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-bench-'))
  try {
    const server = await serveProcess(join(directory, 'data'))
    try {
      return await measure(server, directory)
    } finally {
      await server.kill()
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
