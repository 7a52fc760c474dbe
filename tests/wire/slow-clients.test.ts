/** Hundreds of clients that hardly send, or have half gone: others do not notice, and they are cut. */

import { readFile } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { OssWire } from '../support/oss-wire.ts'
import { RawConnection } from '../support/raw-http.ts'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const BUCKET = 'slow-bucket'
const SLOW = 500
const HALF_OPEN = 100
const MiB = 1024 * 1024

/** Bytes that the slow may cost, all together. */
const MEMORY = 64 * MiB

const put = (key: string, ...lines: readonly string[]): string =>
  [`PUT /${BUCKET}/${key} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, '\r\n'].join('\r\n')

/** Sends the head of a large body and a little of it, once the server has begun to read. */
async function sendSlowly(port: number, key: string): Promise<RawConnection> {
  const connection = await RawConnection.open(port)
  await connection.send(put(key, `Content-Length: ${MiB}`, 'Expect: 100-continue'))
  expect((await connection.answer()).status).toBe(100)
  await connection.send('x'.repeat(1024))
  return connection
}

/** Says no more after half a head, or after half a body, but stays to listen. */
async function leaveHalf(port: number, index: number): Promise<RawConnection> {
  const connection = await RawConnection.open(port)
  const half = index % 2 === 0 ? 'PUT /half' : `${put('half', 'Content-Length: 9')}four`
  await connection.send(half)
  connection.end()
  return connection
}

async function openBucket(port: number): Promise<OssWire> {
  const wire = new OssWire({ port, credentials: KEY_PAIR, maxSockets: 8 })
  onTestFinished(() => wire.close())
  await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read-write' } })
  return wire
}

/** Puts and gets, some at a time; resolves with the statuses. */
async function workOf(wire: OssWire): Promise<number[]> {
  const rounds = Array.from({ length: 50 }, async (_, index) => {
    const at = { bucket: BUCKET, key: `other-${index}` }
    const stored = await wire.send('PUT', { ...at, body: Buffer.alloc(10_000) })
    const read = await wire.send('GET', at)
    return [stored.status, read.status]
  })
  return (await Promise.all(rounds)).flat()
}

function all<Item>(count: number, make: (index: number) => Promise<Item>): Promise<Item[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => make(index)))
}

test.runIf(process.platform === 'linux')(
  `beside ${SLOW} slow clients and ${HALF_OPEN} half gone, all others are answered, in 64 MiB more`,
  async () => {
    const server = await serveProcess(await temporaryDirectory())
    onTestFinished(() => server.kill())
    const wire = await openBucket(server.port)
    const anonymousMemory = async (): Promise<number> => {
      const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8')
      return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
    }
    // What is loaded and compiled once is nobody's fault.
    await workOf(wire)
    const before = await anonymousMemory()

    const connections = [
      ...(await all(SLOW, (index) => sendSlowly(server.port, `slow-${index}`))),
      ...(await all(HALF_OPEN, (index) => leaveHalf(server.port, index))),
    ]
    expect(new Set(await workOf(wire))).toEqual(new Set([200]))
    const grown = (await anonymousMemory()) - before
    expect(grown / MiB).toBeLessThanOrEqual(MEMORY / MiB)

    // They were on all the while.
    const slow = connections.slice(0, SLOW)
    expect(slow.filter(({ socket }) => !socket.destroyed)).toHaveLength(SLOW)
    for (const connection of connections) connection.destroy()
  },
)

test(`${SLOW} clients below the least rate are told so and cut, and nobody else is`, async () => {
  const server = await startServer({
    credentials: [KEY_PAIR],
    minimumBodyRate: { bytesPerSecond: 1024, windowMs: 500 },
  })
  onTestFinished(() => server.close({ graceMs: 0 }))
  const wire = await openBucket(server.port)
  const slow = await all(SLOW, (index) => sendSlowly(server.port, `slow-${index}`))
  const working = workOf(wire)
  const ends = await Promise.all(
    slow.map(async (connection) => {
      const { status } = await connection.answer()
      // The server goes on reading for a while, so that the answer is not lost; we have it.
      connection.end()
      await connection.rest()
      return status
    }),
  )
  expect(new Set(ends)).toEqual(new Set([400]))
  expect(new Set(await working)).toEqual(new Set([200]))
  const listed = await wire.send('GET', { bucket: BUCKET, query: { prefix: 'slow-' } })
  expect(listed.text).not.toContain('<Key>')
})
