/** The handle of a download: steering it, where its bytes go, and what is there already. */

import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout as after } from 'node:timers/promises'
import {
  BandwidthLimit,
  bytesSink,
  type DownloadOptions,
  download,
  downloadCheckpoints,
  type OnExistingFile,
} from '@lading/client/node'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { BUCKET, KiB, randomContent, type Service, startService } from './service.ts'
import { flipped, type WireOptions, wire } from './wire.ts'

const object = { bucket: BUCKET, key: 'to be steered' }
const partSize = 64 * KiB
const PARTS = 10
const content = randomContent(PARTS * partSize - 1)

async function stored(body: Uint8Array = content): Promise<Service> {
  const service = await startService()
  await service.client.putObject({ ...object, body })
  return service
}

function counted(service: Service, line: WireOptions = {}) {
  const { transport, received } = wire(line)
  return { client: service.connect({ transport }), received }
}

/** Collects what it is given; `taking` may hold a chunk back. */
function collector(taking: () => Promise<void> = async () => {}) {
  const chunks: Uint8Array[] = []
  const writable = new Writable({
    highWaterMark: 16 * KiB,
    write(chunk, _, done) {
      chunks.push(chunk)
      taking().then(() => done(), done)
    },
  })
  return { writable, bytes: () => Buffer.concat(chunks) }
}

describe.each(['a file', 'a stream'] as const)('a download to %s', (kind) => {
  test('stops when it is paused, and goes on without a byte fetched twice', async () => {
    const service = await stored()
    const path = join(await temporaryDirectory(), 'file.bin')
    const { client, received } = counted(service)
    const { writable, bytes } = collector()
    let reached = (): void => {}
    const half = new Promise<void>((resolve) => {
      reached = resolve
    })
    const handle = download(client, object, kind === 'a file' ? path : writable, {
      partSize,
      parallel: 3,
      onProgress: ({ loaded }) => {
        if (loaded > content.length / 2) reached()
      },
    })
    expect(handle.state).toBe('running')
    await half
    await handle.pause()
    expect(handle.state).toBe('paused')
    const { loaded } = handle.progress
    expect(loaded).toBeLessThan(content.length)
    await after(50)
    expect(handle.progress.loaded).toBe(loaded)

    handle.resume()
    await handle.done

    expect(handle.state).toBe('completed')
    expect(handle.progress).toMatchObject({ loaded: content.length, total: content.length })
    const found = kind === 'a file' ? await readFile(path) : bytes()
    expect(Buffer.compare(found, content)).toBe(0)
    // What a connection had brought and nobody had read is lost with it.
    expect(received() - content.length).toBeLessThan(kind === 'a file' ? 3 * partSize : 256 * KiB)
  })

  test('that is aborted rejects once it has stopped', async () => {
    const service = await stored()
    const path = join(await temporaryDirectory(), 'file.bin')
    const { writable } = collector(() => new Promise(() => {}))
    const handle = download(counted(service).client, object, kind === 'a file' ? path : writable, {
      partSize,
    })
    const rejected = expect(handle.done).rejects.toMatchObject({ name: 'AbortError' })
    await handle.abort()
    await rejected
    expect(handle.state).toBe('aborted')
    if (kind === 'a stream') expect(writable.destroyed).toBe(true)
  })
})

test.each([
  [{ keepParts: true }, 1],
  [{ keepParts: false }, 0],
  [undefined, 0],
] as const)(
  'an abort with %j keeps what was fetched for the next run, or nothing',
  async (options, kept) => {
    const service = await stored()
    const directory = await temporaryDirectory()
    const state = await temporaryDirectory()
    let aborted: Promise<void> | undefined
    const handle = download(service.client, object, join(directory, 'file.bin'), {
      partSize,
      parallel: 1,
      checkpoint: downloadCheckpoints({ directory: state }),
      onProgress: ({ partsDone }) => {
        if (partsDone === 3) aborted ??= handle.abort(options)
      },
    })
    await expect(handle.done).rejects.toMatchObject({ name: 'AbortError' })
    await aborted
    expect(await readdir(directory)).toHaveLength(kept)
    expect(await readdir(state)).toHaveLength(kept)
    await handle.abort()
  },
)

test('a signal that is aborted before it begins lets nothing begin', async () => {
  const service = await stored()
  const { writable } = collector()
  const signal = AbortSignal.abort(new Error('too late'))
  await expect(download(service.client, object, writable, { signal }).done).rejects.toThrow(
    'too late',
  )
})

describe('the bytes go', () => {
  test('to memory', async () => {
    const service = await stored()
    const sink = bytesSink()
    const handle = download(service.client, object, sink, { partSize })
    expect(sink.bytes).toHaveLength(0)
    expect(await handle.done).toMatchObject({ verified: ['crc64'], parts: PARTS })
    expect(Buffer.compare(sink.bytes, content)).toBe(0)
  })

  test('to a web stream, which is closed', async () => {
    const service = await stored()
    const chunks: Uint8Array[] = []
    let isClosed = false
    const stream = new WritableStream<Uint8Array>({
      write: (chunk) => void chunks.push(chunk),
      close: () => {
        isClosed = true
      },
    })
    expect((await download(service.client, object, stream).done).verified).toEqual(['crc64'])
    expect(Buffer.compare(Buffer.concat(chunks), content)).toBe(0)
    expect(isClosed).toBe(true)
  })

  test('to no stream that was not proved: that one is not ended but destroyed', async () => {
    const service = await stored()
    const { client } = counted(service, {
      response: (answer) => ({ ...answer, body: flipped(answer.body, content.length - 1) }),
    })
    const { writable } = collector()
    await expect(download(client, object, writable).done).rejects.toMatchObject({
      name: 'IntegrityError',
    })
    expect(writable.writableFinished).toBe(false)
    expect(writable.destroyed).toBe(true)

    let aborted: unknown
    const stream = new WritableStream<Uint8Array>({
      abort(reason) {
        aborted = reason
      },
    })
    await expect(download(client, object, stream).done).rejects.toThrow('CRC-64')
    expect(aborted).toMatchObject({ name: 'IntegrityError' })
  })

  test.each([
    [
      'fails',
      (stream: Writable) => stream.destroy(new Error('the disk is full')),
      'the disk is full',
    ],
    ['is closed', (stream: Writable) => stream.destroy(), 'Premature close'],
  ] as const)('nowhere else when the stream %s', async (_, end, message) => {
    const service = await stored()
    const { writable } = collector(async () => void end(writable))
    const downloading = download(service.client, object, writable)
    await expect(downloading.done).rejects.toThrow(message)
    expect(downloading.state).toBe('failed')
  })

  test('nowhere when a web stream fails', async () => {
    const service = await stored()
    const stream = new WritableStream({
      write: () => {
        throw new Error('the page is gone')
      },
    })
    await expect(download(service.client, object, stream).done).rejects.toThrow('the page is gone')
  })
})

describe('a file that is there already', () => {
  const cases: readonly (readonly [OnExistingFile, Uint8Array, 'skipped' | 'replaced'])[] = [
    ['overwrite', Buffer.from('other'), 'replaced'],
    ['overwrite', content, 'replaced'],
    ['skip', Buffer.from('other'), 'skipped'],
    ['skip-if-same', content, 'skipped'],
    ['skip-if-same', randomContent(content.length), 'replaced'],
    ['skip-if-same', Buffer.from('other'), 'replaced'],
  ]
  test.each(cases)('with onExists %s', async (onExists, before, outcome) => {
    const service = await stored()
    const path = join(await temporaryDirectory(), 'file.bin')
    await writeFile(path, before, { mode: 0o640 })
    const { client, received } = counted(service)
    const result = await download(client, object, path, { partSize, onExists }).done
    expect(result.skipped).toBe(outcome === 'skipped')
    expect(received()).toBe(outcome === 'skipped' ? 0 : content.length)
    const expected = outcome === 'skipped' ? before : content
    expect(Buffer.compare(await readFile(path), expected)).toBe(0)
    if (onExists === 'skip-if-same') expect(result.verified).toEqual(['crc64'])
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).toBe(0o640)
  })

  test("is refused with onExists 'fail', before anything is fetched", async () => {
    const service = await stored()
    const path = join(await temporaryDirectory(), 'file.bin')
    await writeFile(path, 'before')
    const { client, received } = counted(service)
    await expect(download(client, object, path, { onExists: 'fail' }).done).rejects.toMatchObject({
      code: 'EEXIST',
      path,
    })
    expect(received()).toBe(0)
    expect(await readFile(path, 'utf8')).toBe('before')
  })

  test.each(['fail', 'skip'] as const)(
    'and came meanwhile stays with onExists %s',
    async (onExists) => {
      const service = await stored()
      const directory = await temporaryDirectory()
      const path = join(directory, 'file.bin')
      const options: DownloadOptions = { partSize, onExists, parallel: 1 }
      const { client } = counted(service, {
        request: async (request) => {
          if (request.method === 'GET') await writeFile(path, 'faster')
          return request
        },
      })
      const { done } = download(client, object, path, options)
      if (onExists === 'fail') await expect(done).rejects.toMatchObject({ code: 'EEXIST' })
      else expect((await done).skipped).toBe(true)
      expect(await readFile(path, 'utf8')).toBe('faster')
      expect(await readdir(directory)).toEqual(['file.bin'])
    },
  )
})

test('more ranges are fetched at a time while that brings more, unless a number says how many', async () => {
  const long = randomContent(100 * partSize)
  const service = await stored(long)
  const most = async (options: DownloadOptions): Promise<number> => {
    let [underWay, most] = [0, 0]
    const { client } = counted(service, {
      request: async (request) => {
        if (request.method !== 'GET') return request
        underWay += 1
        most = Math.max(most, underWay)
        // Far above what a busy machine adds to it.
        await after(150)
        underWay -= 1
        return request
      },
    })
    await download(client, object, bytesSink(), { partSize, ...options }).done
    return most
  }
  expect(await most({})).toBeGreaterThan(5)
  expect(await most({ parallel: 4 })).toBe(4)
})

test.each(['memory', 'a stream'] as const)(
  'every byte to %s passes the limit of bandwidth',
  async (kind) => {
    const service = await stored()
    let now = 0
    const clock = {
      now: () => now,
      wait: async (ms: number) => {
        now += ms
      },
    }
    const bandwidthLimit = new BandwidthLimit(100_000, clock)
    const sink = kind === 'memory' ? bytesSink() : collector().writable
    await download(service.client, object, sink, { partSize, bandwidthLimit }).done
    // But for the last piece, after which nobody waits, and a slack at the beginning.
    expect(now).toBeGreaterThan((content.length / 100_000) * 1000 - 1000)
  },
)

test.each([
  ['partSize', { partSize: 1 }],
  ['parallel', { parallel: 0 }],
  ['retries', { retries: -1 }],
  ['bandwidthLimit', { bandwidthLimit: 0 }],
  ['verify', { verify: 'sha1' }],
  ['onExists', { onExists: 'ask' }],
  ['onReplaced', { onReplaced: 'mix' }],
] as const)('%s that makes no sense is refused at once', async (name, options) => {
  const { client } = await startService()
  const sink = bytesSink()
  expect(() => download(client, object, sink, options as DownloadOptions)).toThrow(RangeError)
  expect(() => download(client, object, sink, options as DownloadOptions)).toThrow(name)
})
