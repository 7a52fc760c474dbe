/** Downloads over a bad line, from services that say little or lie, and to disks that are full. */

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DownloadOptions,
  download,
  downloadCheckpoints,
  TransportError,
} from '@lading/client/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { canMount, mountSmallDisk } from '../../packages/server/src/drivers/small-disk.contract.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { BUCKET, KiB, randomContent, type Service, startService } from './service.ts'
import { cutOff, flipped, type WireOptions, wire, without } from './wire.ts'

const object = { bucket: BUCKET, key: 'to be fetched' }
const partSize = 64 * KiB
const PARTS = 6
const content = randomContent(PARTS * partSize - 9)

async function stored(): Promise<Service> {
  const service = await startService()
  await service.client.putObject({ ...object, body: content })
  return service
}

/** Downloads to a file that was there before, through a line that is what `options` say. */
async function over(service: Service, line: WireOptions, options: DownloadOptions = {}) {
  const directory = await temporaryDirectory()
  const path = join(directory, 'file.bin')
  await writeFile(path, 'before')
  const counted = wire(line)
  const client = service.connect({ transport: counted.transport })
  const notices: string[] = []
  const { done } = download(client, object, path, {
    partSize,
    onNotice: (notice) => void notices.push(notice),
    ...options,
  })
  return {
    ...counted,
    done,
    notices,
    async expectWhole() {
      expect(Buffer.compare(await readFile(path), content)).toBe(0)
      expect(await readdir(directory)).toEqual(['file.bin'])
    },
    async expectUntouched() {
      expect(await readFile(path, 'utf8')).toBe('before')
      expect(await readdir(directory)).toEqual(['file.bin'])
    },
  }
}

/** Changes the first answer to each range, and no other. */
function firstOfEachRange(
  change: NonNullable<WireOptions['response']>,
): NonNullable<WireOptions['response']> {
  const met = new Set<number>()
  return (response, request) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.get('range') ?? '')?.[1])
    const part = Math.floor(start / partSize)
    if (met.has(part)) return response
    met.add(part)
    return change(response, request)
  }
}

function broken(): never {
  throw new TransportError('cut on purpose')
}

test.each([
  ['is cut', broken],
  ['ends short', () => {}],
] as const)('every range goes on from the byte at which it %s', async (_, end) => {
  const service = await stored()
  const response = firstOfEachRange((answer) => ({
    ...answer,
    body: cutOff(answer.body, 1000, end),
  }))
  const run = await over(service, { response })

  expect(await run.done).toMatchObject({ retries: PARTS, verified: ['crc64'] })

  expect(run.received()).toBe(content.length)
  expect(run.asked).toHaveLength(2 * PARTS)
  await run.expectWhole()
})

test.each(Array.from({ length: PARTS }, (_, part) => part))(
  'one bit turned over in range %i is found, and what was there stays',
  async (part) => {
    const service = await stored()
    const response: WireOptions['response'] = (answer, { headers }) =>
      headers.get('range')?.startsWith(`bytes=${part * partSize}-`)
        ? { ...answer, body: flipped(answer.body, 77) }
        : answer
    const state = await temporaryDirectory()
    const checkpoint = downloadCheckpoints({ directory: state })
    const run = await over(service, { response }, { checkpoint })

    await expect(run.done).rejects.toMatchObject({ name: 'IntegrityError', subject: 'object' })

    await run.expectUntouched()
    // The next run must not go on with bytes of which some are wrong.
    expect(await readdir(state)).toEqual([])
  },
)

test.each([
  ['the whole object', { status: 200 }, /answered 200 with the whole object when asked for bytes/],
  ['other bytes', { 'content-range': `bytes 1-${partSize}/${content.length}` }, /with bytes 1-/],
  [
    'fewer bytes',
    { 'content-range': `bytes 0-9/${content.length}` },
    /with bytes 0-9 of \d+ when asked for bytes \d+-/,
  ],
  [
    'bytes of a longer object',
    { 'content-range': `bytes 0-${partSize - 1}/${content.length + 1}` },
    /when asked for bytes \d+-/,
  ],
  ['bytes of it does not say where', { 'content-range': '' }, /with the whole object/],
  ['no ETag', { etag: '' }, /it has no ETag/],
] as const)(
  '%s in answer to a range is refused, and what was there stays',
  async (_, lie, message) => {
    const service = await stored()
    const { status, ...headers } = { status: 206, ...lie }
    const run = await over(service, {
      response: (answer) => ({
        ...answer,
        status,
        headers: new Map([...answer.headers, ...Object.entries(headers)]),
      }),
    })
    await expect(run.done).rejects.toMatchObject({
      name: 'TransportError',
      message: expect.stringMatching(message),
    })
    await run.expectUntouched()
  },
)

describe('what proves the bytes', () => {
  const noCrc64: WireOptions = { head: (headers) => without(headers, 'x-oss-hash-crc64ecma') }
  const unknown: WireOptions = {
    head: (headers) => new Map([...without(headers, 'x-oss-hash-crc64ecma'), ['etag', '"1-2"']]),
    request: (request) => ({ ...request, headers: without(request.headers, 'if-match') }),
    response: (answer) => ({ ...answer, headers: new Map([...answer.headers, ['etag', '"1-2"']]) }),
  }

  test('is the MD5 where the service knows no CRC-64', async () => {
    const service = await stored()
    const run = await over(service, noCrc64)
    expect((await run.done).verified).toEqual(['etag'])
    await run.expectWhole()

    const damaged = await over(service, {
      ...noCrc64,
      response: (answer) => ({ ...answer, body: flipped(answer.body) }),
    })
    await expect(damaged.done).rejects.toMatchObject({
      name: 'IntegrityError',
      message: expect.stringContaining('MD5'),
    })
    await damaged.expectUntouched()
  })

  test('is both under strict', async () => {
    const service = await stored()
    const run = await over(service, {}, { verify: 'strict' })
    expect((await run.done).verified).toEqual(['crc64', 'etag'])
    await run.expectWhole()
  })

  test('is nothing where the service knows neither, and that is told, or refused under strict', async () => {
    const service = await stored()
    const run = await over(service, unknown)
    expect((await run.done).verified).toEqual([])
    expect(run.notices).toEqual([expect.stringContaining('cannot be proved')])
    await run.expectWhole()

    const strict = await over(service, unknown, { verify: 'strict' })
    await expect(strict.done).rejects.toMatchObject({ name: 'IntegrityError' })
    expect(strict.received()).toBe(0)
    await strict.expectUntouched()
  })

  test("is not asked for with verify 'off'", async () => {
    const service = await stored()
    const run = await over(
      service,
      { response: (answer) => ({ ...answer, body: flipped(answer.body) }) },
      { verify: 'off' },
    )
    expect((await run.done).verified).toEqual([])
    expect(run.notices).toEqual([])
  })
})

test('a directory is refused by its name before anything is fetched', async () => {
  const service = await stored()
  const directory = await temporaryDirectory()
  const { transport, received } = wire()
  const client = service.connect({ transport })
  await expect(download(client, object, directory).done).rejects.toThrow(/is a directory/)
  expect(received()).toBe(0)
  expect(await readdir(directory)).toEqual([])
})

test('a place that does not exist, or where nothing may be made, is told', async () => {
  const { client } = await stored()
  const directory = await temporaryDirectory()
  await expect(
    download(client, object, join(directory, 'missing', 'file')).done,
  ).rejects.toMatchObject({ code: 'ENOENT', path: join(directory, 'missing') })
  // Also root may make nothing there.
  const forbidden = process.platform === 'linux' ? '/proc/self' : '/dev/fd'
  await expect(download(client, object, join(forbidden, 'file')).done).rejects.toMatchObject({
    code: expect.stringMatching(/^(EACCES|EPERM|ENOENT|EROFS)$/),
    path: expect.stringContaining(forbidden),
  })
})

test.runIf(canMount())(
  'a disk that fills up is told, what was there stays, and with room the rest is fetched',
  async () => {
    const service = await stored()
    const disk = mountSmallDisk(200)
    onTestFinished(() => disk.remove())
    const path = join(disk.path, 'file.bin')
    await writeFile(path, 'before')
    const checkpoint = downloadCheckpoints({ directory: await temporaryDirectory() })
    const options = { partSize, parallel: 1, checkpoint }

    await expect(download(service.client, object, path).done).rejects.toMatchObject({
      code: 'ENOSPC',
      path,
    })
    expect(await readdir(disk.path)).toEqual(['file.bin'])
    await expect(download(service.client, object, path, options).done).rejects.toMatchObject({
      code: 'ENOSPC',
      path,
    })
    expect(await readFile(path, 'utf8')).toBe('before')

    disk.resize(2000)
    const { transport, received } = wire()
    const client = service.connect({ transport })
    const { resumedBytes } = await download(client, object, path, options).done
    expect(resumedBytes).toBeGreaterThanOrEqual(2 * partSize)
    expect(received()).toBe(content.length - resumedBytes)
    expect(Buffer.compare(await readFile(path), content)).toBe(0)
    expect(await readdir(disk.path)).toEqual(['file.bin'])
  },
)

test.runIf(canMount())(
  'a full disk under the checkpoint is told of, and costs only the memory of it',
  async () => {
    const service = await stored()
    const disk = mountSmallDisk(64)
    onTestFinished(() => disk.remove())
    await mkdir(join(disk.path, 'state'))
    await writeFile(join(disk.path, 'filler'), Buffer.alloc(64 * KiB)).catch(() => {})
    const checkpoint = downloadCheckpoints({ directory: join(disk.path, 'state') })
    const run = await over(service, {}, { checkpoint })
    await run.done
    expect(run.notices).toEqual([expect.stringMatching(/cannot be remembered.*ENOSPC/)])
    await run.expectWhole()
  },
)
