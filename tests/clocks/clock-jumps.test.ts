/** Clocks that jump by an hour, ahead and back: nothing ends early, and ids stay unique and in order. */

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { RunningServer } from '@lading/server'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { makeSession } from '../../packages/server/src/access/session.ts'
import { reportFigure } from '../support/figures.ts'
import { elementOf, elementsOf, etagOf, OssWire } from '../support/oss-wire.ts'
import { Random, seedFromEnvironment } from '../support/random.ts'
import { KEY_PAIR, killWithWorkers, serveProcess } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const HOUR = 3_600_000
const BUCKET = 'clocks'
const JUMPS = Number(process.env.LADING_CLOCK_JUMPS ?? (process.env.CI ? 8 : 4))
const seed = seedFromEnvironment()

afterEach(() => void vi.useRealTimers())

/** Sets this process's clock, by milliseconds. Timers and the time since the machine started go on. */
function jump(by: number): void {
  const to = Date.now() + by
  if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: false })
  vi.setSystemTime(to)
}

async function served(
  directory: string,
  options: { readonly now?: () => Date } = {},
): Promise<{ server: RunningServer; wire: OssWire }> {
  const server = await startServer({
    data: { directory },
    credentials: [KEY_PAIR],
    collect: { graceMs: HOUR / 2, orphanAgeMs: HOUR / 2, intervalMs: 0 },
    lifecycle: { abortUploadsAfterMs: HOUR / 2, intervalMs: 0 },
    ...options,
  })
  const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
  onTestFinished(async () => {
    wire.close()
    await server.close()
  })
  await wire.putBucket(BUCKET)
  return { server, wire }
}

/** An open upload with a part, and bytes that were replaced: both may end after half an hour. */
async function prepare(wire: OssWire): Promise<string> {
  const uploadId = await wire.initiate(BUCKET, 'open')
  expect((await wire.uploadPart(BUCKET, 'open', uploadId, 1, Buffer.from('part'))).status).toBe(200)
  for (const body of ['old', 'new']) await wire.send('PUT', { bucket: BUCKET, key: 'object', body })
  return uploadId
}

describe('a clock that jumps ahead by an hour', () => {
  test('ends no upload of a few seconds, and collects nothing that is as young', async () => {
    const { server, wire } = await served(await temporaryDirectory())
    const uploadId = await prepare(wire)
    jump(HOUR)
    expect((await server.runLifecycle()).abortedUploads).toBe(0)
    expect(await server.collectGarbage()).toMatchObject({ garbageBlobs: 0, orphanBlobs: 0 })
    const parts = await wire.listParts(BUCKET, 'open', uploadId)
    expect([...(parts ?? [])]).toEqual([[1, etagOf(Buffer.from('part'))]])
  })

  test('would end both if ages were reckoned by that clock alone', async () => {
    const { server, wire } = await served(await temporaryDirectory(), { now: () => new Date() })
    await prepare(wire)
    jump(HOUR)
    expect((await server.runLifecycle()).abortedUploads).toBe(1)
    expect((await server.collectGarbage()).garbageBlobs).toBeGreaterThan(0)
  })

  test('after one that was behind by an hour ends nothing that was dated meanwhile', async () => {
    const { server, wire } = await served(await temporaryDirectory())
    jump(-HOUR)
    const uploadId = await prepare(wire)
    jump(HOUR)
    expect((await server.runLifecycle()).abortedUploads).toBe(0)
    expect((await server.collectGarbage()).garbageBlobs).toBe(0)
    expect(await wire.listParts(BUCKET, 'open', uploadId)).toBeDefined()
  })

  test('leaves a read of another process its bytes', async () => {
    const directory = await temporaryDirectory()
    const options = { data: { directory }, credentials: [KEY_PAIR] }
    const collect = { graceMs: 0, orphanAgeMs: 0, intervalMs: 0 }
    const collector = await startServer({ ...options, collect })
    const reader = await startServer({ ...options, collect })
    const wire = new OssWire({ port: reader.port, credentials: KEY_PAIR })
    onTestFinished(async () => {
      wire.close()
      await Promise.all([collector.close(), reader.close()])
    })
    await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read' } })
    const bytes = new Random(seed).bytes(16 << 20)
    await wire.send('PUT', { bucket: BUCKET, key: 'long', body: bytes })
    // More than sockets hold, so that the read waits for whoever does not take it.
    const reading = get({ port: reader.port, path: `/${BUCKET}/long` })
    const [answer] = (await once(reading, 'response')) as [IncomingMessage]
    await wire.send('PUT', { bucket: BUCKET, key: 'long', body: 'short' })
    jump(HOUR)
    expect((await collector.collectGarbage()).garbageBlobs).toBe(0)
    expect((await buffer(answer)).equals(bytes)).toBe(true)
  })
})

test('a temporary key is worth nothing from when the clock says so, and as much as before when the clock is back', async () => {
  const { wire, server } = await served(await temporaryDirectory())
  const short = makeSession(KEY_PAIR, { durationSeconds: 900 }, new Date())
  const long = makeSession(KEY_PAIR, { durationSeconds: 7_200 }, new Date())
  const codeOf = async ({ securityToken, ...pair }: typeof short): Promise<string> => {
    const temporary = new OssWire({ port: server.port, credentials: { ...pair, securityToken } })
    const { code, status } = await temporary.send('GET', { bucket: BUCKET })
    temporary.close()
    return code ?? String(status)
  }
  expect(await codeOf(short)).toBe('200')
  jump(HOUR)
  expect(await codeOf(short)).toBe('SecurityTokenExpired')
  expect(await codeOf(long)).toBe('200')
  jump(-HOUR)
  expect(await codeOf(short)).toBe('200')
  jump(-HOUR)
  expect(await codeOf(short)).toBe('200')
  expect((await wire.send('GET', { bucket: BUCKET })).status).toBe(200)
})

test(`upload ids and version ids of two workers stay unique and in order through ${JUMPS} jumps and restarts`, async () => {
  const directory = await temporaryDirectory()
  const clock = join(directory, 'clock')
  const random = new Random(seed)
  let offset = 0
  const set = async (to: number): Promise<void> => {
    offset = to
    await writeFile(clock, String(to))
  }
  await set(0)
  const preload = new URL('set-clock.mjs', import.meta.url).href
  const start = (): ReturnType<typeof serveProcess> =>
    serveProcess(join(directory, 'data'), {
      args: ['--workers', '2'],
      env: { NODE_OPTIONS: `--import ${preload}`, LADING_TEST_CLOCK: clock },
    })
  let server = await start()
  onTestFinished(() => killWithWorkers(server))
  const uploads: string[] = []
  const versions: string[] = []
  const work = async (): Promise<void> => {
    const wire = new OssWire({ port: server.port, credentials: KEY_PAIR, maxSockets: 4 })
    const send = (...[method, request]: Parameters<OssWire['send']>): ReturnType<OssWire['send']> =>
      wire.send(method, { ...request, now: new Date(Date.now() + offset) })
    if (uploads.length === 0) {
      await send('PUT', { bucket: BUCKET })
      const body = '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>'
      await send('PUT', { bucket: BUCKET, query: { versioning: '' }, body })
    }
    for (let round = 0; round < 4; round += 1) {
      // Some at once, on both workers: those have no order among themselves.
      const together = await Promise.all(
        Array.from({ length: 3 }, () =>
          send('POST', { bucket: BUCKET, key: 'key', query: { uploads: '' } }),
        ),
      )
      uploads.push(...together.map(({ text }) => elementOf(text, 'UploadId') ?? '').sort())
      const body = `version ${uploads.length}`
      const put = await send('PUT', { bucket: BUCKET, key: 'key', body })
      versions.push(String(put.headers['x-oss-version-id']))
    }
    const newest = await send('GET', { bucket: BUCKET, key: 'key' })
    expect(newest.text, `seed ${seed}`).toBe(`version ${uploads.length}`)
    const query = { versions: '', 'max-keys': '1000' }
    const { text } = await send('GET', { bucket: BUCKET, query })
    // From the newest to the oldest.
    expect(elementsOf(text, 'VersionId'), `seed ${seed}`).toEqual([...versions].reverse())
    wire.close()
  }
  await work()
  for (let number = 1; number <= JUMPS; number += 1) {
    await set(offset + random.pick([-HOUR, HOUR]))
    if (number % 4 === 0) {
      await killWithWorkers(server)
      server = await start()
    }
    await work()
  }
  reportFigure('clock jumps', JUMPS)
  reportFigure('ids given out', uploads.length + versions.length)
  expect(uploads.every((id) => /^[0-9A-F]{32}$/.test(id))).toBe(true)
  expect(new Set(uploads).size, `seed ${seed}`).toBe(uploads.length)
  expect(uploads, `seed ${seed}`).toEqual([...uploads].sort())
})
