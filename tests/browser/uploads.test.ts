/** Uploads out of a page in Chromium: interrupted in every way that pages are, and gone on with. */

import { readFileSync } from 'node:fs'
import { appendFile, copyFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { fileRange, OssClient } from '@lading/client/node'
import { type PresignRequest, presignFor } from '@lading/client/presign-server'
import { loadHasher } from '@lading/protocol'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askSts } from '../access/people.ts'
import { startTcpProxy } from '../client/tcp-proxy.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { hasChromium, launchChromium } from './chromium.ts'
import { begin, ended } from './page-uploads.ts'
import type { Lading } from './upload-page.ts'
import {
  BUCKET,
  buildPage,
  choose,
  credentials,
  KEY,
  MiB,
  makeFile,
  type PageServer,
  servePage,
  startWorld,
  type UploadWorld,
} from './upload-world.ts'

declare const lading: Lading

const PARTS = 24
/** Parts that are taken until nothing moves any more: three go on, then two lanes and four ahead of them wait. */
const STOPPED = 3 + 2 + 4
/** What is on the way when something is cut off may have arrived all the same. */
const ON_THE_WAY = 2

// One browser for all of them, and one page each: what they share is the processor.
describe.skipIf(!hasChromium)('in Chromium', () => {
  let browser: Browser
  let site: PageServer

  beforeAll(async () => {
    site = await servePage(await buildPage())
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  const world = (options = {}): Promise<UploadWorld> => startWorld(browser, site, options)

  /** A page whose upload has stopped in the middle, and what the service has of it. */
  async function interrupted(path: string): Promise<UploadWorld> {
    const started = await world()
    await choose(started.page, path)
    await begin(started, started.page, { stopAfter: 4 })
    await started.whenTaken(STOPPED)
    return started
  }

  test('1 GiB goes up while the renderers grow by no more than 150 MiB, hashed in a worker', async () => {
    const started = await world()
    const path = await makeFile(1024)
    await choose(started.page, path)
    const before = await renderersBytes(browser)
    let most = before
    await begin(started, started.page, { worker: true, partSize: 8 * MiB })
    let isOver = false
    const looking = (async () => {
      // Nothing tells when a process grows.
      for (; !isOver; await after(100)) most = Math.max(most, await renderersBytes(browser))
    })()
    const { parts, error, loaded } = await ended(started.page)
    isOver = true
    await looking
    expect(error).toBe('')
    expect(parts).toBe(128)
    // It was told of bytes, and not only of parts.
    expect(loaded.some((bytes) => bytes % (8 * MiB) !== 0)).toBe(true)
    console.log(`The renderers grew by ${Math.round((most - before) / MiB)} MiB.`)
    expect(most - before).toBeLessThanOrEqual(150 * MiB)
    await expectObject(started, path, 1024 * MiB)
  })

  test('after a reload the missing parts alone are sent', async () => {
    const path = await makeFile(PARTS)
    const started = await interrupted(path)
    await started.page.reload()
    await started.page.waitForFunction(() => 'lading' in globalThis)
    const had = await partsHeld(started)
    const taken = started.partsTaken()
    await choose(started.page, path)
    await begin(started, started.page, { requireSame: true })
    const { state, resumedParts, verified } = await ended(started.page)
    expect({ state, resumedParts }).toEqual({ state: 'done', resumedParts: had })
    expect(had).toBe(STOPPED)
    expect(started.partsTaken() - taken).toBe(PARTS - had)
    expect(verified).toEqual(['etag', 'crc64'])
    await expectObject(started, path, PARTS * MiB)
  })

  test('the wrong file is refused with the reason; nothing is sent and nothing lost', async () => {
    const path = await makeFile(PARTS)
    const started = await interrupted(path)
    await started.page.reload()
    await started.page.waitForFunction(() => 'lading' in globalThis)
    const had = await partsHeld(started)
    const taken = started.partsTaken()

    const longer = join(await temporaryDirectory(), KEY)
    await copyFile(path, longer)
    await appendFile(longer, 'x')
    const other = join(await temporaryDirectory(), KEY)
    await writeFile(other, new Uint8Array(PARTS * MiB))
    for (const [wrong, why] of [
      [longer, `it has ${PARTS * MiB + 1} bytes and not ${PARTS * MiB}`],
      [other, 'part 1 of the upload has other bytes'],
    ] as const) {
      await utimes(wrong, 0, 1_000_000)
      await choose(started.page, wrong)
      await begin(started, started.page, { requireSame: true })
      const { state, error } = await ended(started.page)
      expect(state).toBe('failed')
      expect(error).toContain(why)
    }
    expect(started.partsTaken()).toBe(taken)
    expect(await partsHeld(started)).toBe(had)

    await choose(started.page, path)
    await begin(started, started.page, { requireSame: true })
    expect(await ended(started.page)).toMatchObject({ state: 'done', resumedParts: had })
  })

  test('it waits while the browser is offline, and goes on by itself', async () => {
    const started = await world()
    const path = await makeFile(PARTS)
    await choose(started.page, path)
    await begin(started, started.page, { follow: true, bandwidthLimit: 8 * MiB })
    await started.whenTaken(4)
    await started.context.setOffline(true)
    await started.page.waitForFunction(() => Reflect.get(globalThis, 'upload').state === 'paused')
    const had = started.partsTaken()
    await started.context.setOffline(false)
    expect(await ended(started.page)).toMatchObject({ state: 'done', parts: PARTS })
    expect(had).toBeLessThan(PARTS)
    expect(started.partsTaken()).toBeLessThanOrEqual(PARTS + ON_THE_WAY)
    await expectObject(started, path, PARTS * MiB)
  })

  test('a network that is cut, and cut for a while, costs the parts that were on the way alone', async () => {
    const started = await world()
    const path = await makeFile(PARTS)
    let isCut = false
    let refused = 0
    const { url, open } = await startTcpProxy(
      Number(new URL(started.endpoint).port),
      (socket, onward) => {
        if (isCut) {
          refused += 1
          socket.destroy()
        } else {
          socket.pipe(onward)
        }
      },
    )
    const cut = (): void => {
      expect(open.size).toBeGreaterThan(0)
      for (const socket of open) socket.resetAndDestroy()
    }
    await choose(started.page, path)
    await begin({ endpoint: url }, started.page, { retries: 60, bandwidthLimit: 8 * MiB })
    await started.whenTaken(4)
    cut()
    await started.whenTaken(8)
    isCut = true
    cut()
    await until(() => refused > 2)
    isCut = false
    expect(await ended(started.page)).toMatchObject({ state: 'done', parts: PARTS, error: '' })
    expect(started.partsTaken()).toBeLessThanOrEqual(PARTS + 2 * ON_THE_WAY)
    await expectObject(started, path, PARTS * MiB)
  })

  test('a restart of the service costs retries alone', async () => {
    const started = await world()
    const path = await makeFile(PARTS)
    await choose(started.page, path)
    await begin(started, started.page, { retries: 60, bandwidthLimit: 8 * MiB })
    await started.whenTaken(4)
    await started.restart()
    expect(await ended(started.page)).toMatchObject({ state: 'done', parts: PARTS, error: '' })
    expect(started.partsTaken()).toBeLessThanOrEqual(PARTS + ON_THE_WAY)
    await expectObject(started, path, PARTS * MiB)
  })

  test('of two tabs one leads, the other hears how far it is, and takes over when it goes', async () => {
    const path = await makeFile(PARTS)
    const started = await interrupted(path)
    const second = await started.openPage()
    await second.evaluate(
      ([endpoint, bucket, key]) => {
        const identity = { endpoint, bucket, key, source: key }
        lading.hearTabs(identity, ({ loaded }) => Object.assign(globalThis, { heard: loaded }))
        lading
          .indexedDbCheckpoints()
          .whenFree(identity)
          .then(() => Object.assign(globalThis, { isFree: true }))
      },
      [started.endpoint, BUCKET, KEY] as const,
    )
    await choose(second, path)
    await begin(started, second)
    const refused = await ended(second)
    expect(refused).toMatchObject({ state: 'failed', notices: [] })
    expect(refused.error).toContain('CheckpointLockedError')
    // Whatever is told from now on.
    await started.page.evaluate(
      ([endpoint, bucket, key]) =>
        lading
          .tellTabs({ endpoint, bucket, key, source: key })
          .tell(Reflect.get(globalThis, 'upload').progress),
      [started.endpoint, BUCKET, KEY] as const,
    )
    await second.waitForFunction(() => Reflect.get(globalThis, 'heard') > 0)
    expect(await second.evaluate(() => Reflect.get(globalThis, 'isFree'))).toBeUndefined()

    await started.page.close()
    await second.waitForFunction(() => Reflect.get(globalThis, 'isFree') === true)
    const had = await partsHeld(started)
    await begin(started, second, { requireSame: true })
    expect(await ended(second)).toMatchObject({ state: 'done', resumedParts: had })
    await expectObject(started, path, PARTS * MiB)
  })

  test('a tab that is put to sleep in the middle goes on when it wakes', async () => {
    const started = await world()
    const path = await makeFile(PARTS)
    await choose(started.page, path)
    await begin(started, started.page, { bandwidthLimit: 8 * MiB, retries: 20 })
    await started.whenTaken(4)
    const session = await started.context.newCDPSession(started.page)
    await session.send('Page.setWebLifecycleState', { state: 'frozen' })
    await started.server.collectGarbage()
    await session.send('Page.setWebLifecycleState', { state: 'active' })
    expect(await ended(started.page)).toMatchObject({ state: 'done', parts: PARTS, error: '' })
    await expectObject(started, path, PARTS * MiB)
  })

  test('where the browser has no room to remember it, the upload goes on and says so', async () => {
    const started = await world()
    const path = await makeFile(4)
    const session = await started.context.newCDPSession(started.page)
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.origin, quotaSize: 1 })
    await choose(started.page, path)
    await begin(started, started.page)
    const { state, error, notices } = await ended(started.page)
    expect({ state, error }).toEqual({ state: 'done', error: '' })
    expect(notices.join()).toMatch(/not remembered/)
  })

  test('a temporary key that ends in the middle is asked for anew', async () => {
    const started = await world()
    const minute = 60_000
    let asked = 0
    await started.page.exposeFunction('askKeys', async () => {
      asked += 1
      // Good for another 13 minutes; the service will be 14 ahead.
      started.setClock(asked === 1 ? -2 * minute : 14 * minute)
      const ahead = asked === 1 ? -2 * minute : 14 * minute
      const { text } = await askSts(started.server, credentials, {
        parameters: { DurationSeconds: '900' },
        now: new Date(Date.now() + ahead),
      })
      const { AccessKeyId, AccessKeySecret, SecurityToken } = JSON.parse(text).Credentials
      return {
        accessKeyId: AccessKeyId,
        accessKeySecret: AccessKeySecret,
        securityToken: SecurityToken,
      }
    })
    const path = await makeFile(PARTS)
    await choose(started.page, path)
    await begin(started, started.page, { ask: 'keys', bandwidthLimit: 8 * MiB })
    await started.whenTaken(4)
    started.setClock(14 * minute)
    expect(await ended(started.page)).toMatchObject({ state: 'done', parts: PARTS, error: '' })
    expect(asked).toBe(2)
    expect(started.partsTaken()).toBe(PARTS)
  })

  test('with URLs that a backend signs the page has no key and loads nothing that signs; one that expired is asked for anew', async () => {
    const started = await world()
    const late = new OssClient({
      endpoint: started.endpoint,
      credentials,
      now: () => Date.now() - 2 * 3600_000,
    })
    const operations: string[] = []
    const loaded: string[] = []
    started.page.on('request', (request) => loaded.push(new URL(request.url()).pathname))
    await started.page.exposeFunction('askUrl', (request: PresignRequest) => {
      operations.push(request.operation)
      const grant = { bucket: BUCKET, key: KEY }
      const isLate = operations.filter((operation) => operation === 'UploadPart').length === 6
      return presignFor(isLate ? late : started.client, grant, JSON.parse(JSON.stringify(request)))
    })
    const path = await makeFile(PARTS)
    await choose(started.page, path)
    await begin(started, started.page, { ask: 'urls' })
    expect(await ended(started.page)).toMatchObject({ state: 'done', parts: PARTS, error: '' })
    await late.close()
    expect(operations.filter((operation) => operation === 'UploadPart')).toHaveLength(PARTS + 1)
    expect(started.partsTaken()).toBe(PARTS)
    expect(loaded.filter((name) => /lanes/.test(name))).toHaveLength(1)
    expect(loaded.filter((name) => /^\/v4/.test(name))).toEqual([])
    await expectObject(started, path, PARTS * MiB)
  })

  test('a file of the origin is read again by its handle after a reload', async () => {
    const started = await world()
    const { page } = started
    await page.evaluate(
      async ([endpoint, bucket, key, parts]) => {
        const root = await navigator.storage.getDirectory()
        const handle = await root.getFileHandle(key, { create: true })
        const writable = await handle.createWritable()
        await writable.write(new Uint8Array(parts * 1024 * 1024).fill(7))
        await writable.close()
        const identity = { endpoint, bucket, key, source: key }
        await lading.indexedDbCheckpoints().rememberFile(identity, handle)
      },
      [started.endpoint, BUCKET, KEY, PARTS] as const,
    )
    await begin(started, page, { from: 'remembered', stopAfter: 4 })
    await started.whenTaken(STOPPED)
    await page.reload()
    await page.waitForFunction(() => 'lading' in globalThis)
    const had = await partsHeld(started)
    await begin(started, page, { from: 'remembered', requireSame: true })
    expect(await ended(page)).toMatchObject({
      state: 'done',
      size: PARTS * MiB,
      resumedParts: had,
      verified: ['etag', 'crc64'],
    })
    expect(await page.evaluate(() => lading.indexedDbCheckpoints().list())).toEqual([])
  })

  test('where the policy of the page allows no worker, the page hashes by itself', async () => {
    const started = await world({ path: '/strict' })
    const path = await makeFile(4)
    await choose(started.page, path)
    await begin(started, started.page, { worker: true })
    expect(started.page.workers()).toEqual([])
    expect(await ended(started.page)).toMatchObject({ state: 'done', parts: 4, error: '' })
  })

  test('no more requests are under way than browsers have connections, however many parts could be', async () => {
    const started = await world()
    let underWay = 0
    let most = 0
    started.page.on('request', (request) => {
      if (request.method() === 'PUT') most = Math.max(most, ++underWay)
    })
    started.page.on('requestfinished', (request) => {
      if (request.method() === 'PUT') underWay -= 1
    })
    await choose(started.page, await makeFile(PARTS))
    await begin(started, started.page, { parallel: 20 })
    expect(await ended(started.page)).toMatchObject({ state: 'done', parts: PARTS, error: '' })
    // One that is answered may be told after the next has begun.
    expect(most).toBeLessThanOrEqual(2 * 6)
    expect(most).toBeGreaterThan(2)
  })

  test('an ETag that CORS hides is explained once, and ListParts proves the parts', async () => {
    const started = await world({ exposeHeaders: [] })
    const path = await makeFile(4)
    await choose(started.page, path)
    await begin(started, started.page)
    const { state, notices, verified, error } = await ended(started.page)
    expect({ state, error }).toEqual({ state: 'done', error: '' })
    expect(notices.filter((notice) => notice.includes('ExposeHeader'))).toHaveLength(1)
    expect(verified).toContain('etag')
    await expectObject(started, path, 4 * MiB)
  })

  test('an origin that CORS does not allow is told what to look at', async () => {
    const started = await world()
    await started.client.putBucketCors({
      bucket: BUCKET,
      rules: [
        {
          allowedOrigins: ['http://elsewhere'],
          allowedMethods: ['PUT'],
          allowedHeaders: ['*'],
          exposeHeaders: [],
        },
      ],
    })
    await choose(started.page, await makeFile(1))
    await begin(started, started.page, { retries: 0 })
    const { error } = await ended(started.page)
    expect(error).toMatch(/TransportError.*CORS/)
  })
})

async function partsHeld({ client }: UploadWorld): Promise<number> {
  const { uploads } = await client.listMultipartUploads({ bucket: BUCKET })
  const [upload] = uploads
  if (!upload) return 0
  const { parts } = await client.listParts({ bucket: BUCKET, key: KEY, uploadId: upload.uploadId })
  return parts.length
}

async function expectObject({ client }: UploadWorld, path: string, size: number): Promise<void> {
  const head = await client.headObject({ bucket: BUCKET, key: KEY })
  const hasher = (await loadHasher({ crc64: true }))()
  for await (const chunk of fileRange(path, 0, size).open()) await hasher.update(chunk)
  expect(head.hashCrc64ecma).toBe((await hasher.finish()).crc64)
}

/** Bytes that all pages' processes have for themselves, what they share counted in proportion. */
async function renderersBytes(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  return processInfo
    .filter(({ type }) => type === 'renderer')
    .reduce((sum, { id }) => sum + proportionalBytes(id), 0)
}

function proportionalBytes(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) * 1024
  } catch {
    return 0 // It has just ended.
  }
}
