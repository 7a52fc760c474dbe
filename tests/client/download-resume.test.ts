/** Downloads that are interrupted and gone on with, whatever has changed meanwhile. */

import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DownloadCheckpoints,
  type DownloadOptions,
  download,
  downloadCheckpoints,
  listDownloads,
  type OssClient,
} from '@lading/client/node'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { BUCKET, KiB, randomContent, type Service, startService } from './service.ts'
import { type Wire, type WireOptions, wire, without } from './wire.ts'

const object = { bucket: BUCKET, key: 'to be resumed' }
const partSize = 64 * KiB
const PARTS = 8
const content = randomContent(PARTS * partSize - 5)

interface Stage {
  readonly service: Service
  readonly directory: string
  readonly path: string
  readonly state: string
  readonly checkpoint: DownloadCheckpoints
  readonly notices: string[]
  run(client: OssClient, options?: DownloadOptions): ReturnType<typeof download>
  /** Another client, whose bytes are counted. */
  connect(options?: WireOptions): Wire & { readonly client: OssClient }
}

async function stage(): Promise<Stage> {
  const service = await startService()
  await service.client.putObject({ ...object, body: content })
  const directory = await temporaryDirectory()
  const path = join(directory, 'file.bin')
  const state = await temporaryDirectory()
  const checkpoint = downloadCheckpoints({ directory: state })
  const notices: string[] = []
  return {
    service,
    directory,
    path,
    state,
    checkpoint,
    notices,
    run: (client, options) =>
      download(client, object, path, {
        partSize,
        parallel: 1,
        checkpoint,
        onNotice: (notice) => void notices.push(notice),
        ...options,
      }),
    connect(options) {
      const counted = wire(options)
      return { ...counted, client: service.connect({ transport: counted.transport }) }
    },
  }
}

/** Stops once `parts` ranges are there, and keeps them. */
async function interrupt(stage: Stage, parts: number): Promise<void> {
  const controller = new AbortController()
  const interrupted = stage.run(stage.service.client, {
    signal: controller.signal,
    onProgress: ({ partsDone }) => {
      if (partsDone === parts) controller.abort(new Error('interrupted'))
    },
  })
  await expect(interrupted.done).rejects.toThrow('interrupted')
}

async function partialFile({ directory }: Stage): Promise<string> {
  const [name = ''] = (await readdir(directory)).filter((name) => name.endsWith('.part'))
  return join(directory, name)
}

async function expectWhole({ path, directory, state }: Stage, expected = content): Promise<void> {
  expect(Buffer.compare(await readFile(path), expected)).toBe(0)
  expect(await readdir(directory)).toEqual(['file.bin'])
  expect(await readdir(state)).toEqual([])
}

test('a download that was interrupted fetches only what is missing', async () => {
  const it = await stage()
  await interrupt(it, 3)
  expect(await readdir(it.directory)).toEqual([expect.stringMatching(/^\.lading-.*\.part$/)])
  expect(await listDownloads({ directory: it.state })).toMatchObject([
    { ...object, target: it.path, size: content.length, partSize },
  ])

  const { client, received } = it.connect()
  const heard: number[] = []
  const result = await it.run(client, {
    onProgress: ({ loaded }) => void heard.push(loaded),
  }).done

  expect(result).toMatchObject({ verified: ['crc64'], parts: PARTS, resumedParts: 3 })
  expect(result.resumedBytes).toBe(3 * partSize)
  expect(received()).toBe(content.length - 3 * partSize)
  expect(heard.at(-1)).toBe(content.length)
  expect(heard).toEqual(heard.toSorted((one, other) => one - other))
  await expectWhole(it)
})

test('also the bytes of a range that was interrupted in its middle are not fetched again', async () => {
  const it = await stage()
  const controller = new AbortController()
  const first = it.connect()
  const interrupted = it.run(first.client, {
    partSize: content.length - 1,
    signal: controller.signal,
    onProgress: ({ loaded }) => {
      if (loaded > 100 * KiB) controller.abort(new Error('interrupted'))
    },
  })
  await expect(interrupted.done).rejects.toThrow('interrupted')
  expect(first.received()).toBeLessThan(content.length)

  const second = it.connect()
  const { resumedBytes } = await it.run(second.client).done

  expect(resumedBytes).toBeGreaterThan(100 * KiB)
  expect(second.received()).toBe(content.length - resumedBytes)
  await expectWhole(it)
})

test('a part of what was kept that is no longer what it was is fetched again, and no more', async () => {
  const it = await stage()
  await interrupt(it, 3)
  const partial = await partialFile(it)
  const bytes = await readFile(partial)
  bytes[partSize + 7] = (bytes[partSize + 7] ?? 0) ^ 1
  await writeFile(partial, bytes)

  const { client, received } = it.connect()
  const { resumedParts } = await it.run(client).done

  expect(resumedParts).toBe(2)
  expect(received()).toBe(content.length - 2 * partSize)
  await expectWhole(it)
})

test.each([
  ['is gone', (path: string) => rm(path), 0],
  ['was cut off', (path: string) => truncate(path, 2 * partSize + 1), 2],
  ['has grown', (path: string) => writeFile(path, Buffer.alloc(9 * partSize), { flag: 'a' }), 3],
] as const)('a temporary file that %s costs only what it lacks', async (_, change, kept) => {
  const it = await stage()
  await interrupt(it, 3)
  await change(await partialFile(it))

  const { client, received } = it.connect()
  expect((await it.run(client).done).resumedParts).toBe(kept)

  expect(received()).toBe(content.length - kept * partSize)
  await expectWhole(it)
})

test('a checkpoint that is torn anywhere costs time and nothing else', async () => {
  const it = await stage()
  await interrupt(it, 4)
  const partial = await readFile(await partialFile(it))
  const [name = ''] = await readdir(it.state)
  const log = await readFile(join(it.state, name))
  const lines = log.toString().split('\n').slice(0, -1)
  const ends = lines.map((_, index) => lines.slice(0, index + 1).join('\n').length)
  for (const end of [0, 10, ...ends.slice(-2).flatMap((at) => [at - 1, at, at + 1])]) {
    await writeFile(
      join(it.directory, name.replace(/^(.*)\.download$/, '.lading-$1.part')),
      partial,
    )
    await writeFile(join(it.state, name), log.subarray(0, end))
    const { client, received } = it.connect()
    const { resumedParts } = await it.run(client).done
    expect(resumedParts).toBe(Math.max(0, ends.filter((at) => at <= end).length - 1))
    expect(received()).toBe(content.length - resumedParts * partSize)
    await expectWhole(it)
  }
})

test('an object that was replaced between two runs is fetched anew, and nothing is mixed', async () => {
  const it = await stage()
  await interrupt(it, 3)
  const other = randomContent(content.length)
  await it.service.client.putObject({ ...object, body: other })

  const { client, received } = it.connect()
  const { resumedParts } = await it.run(client).done

  expect(resumedParts).toBe(0)
  expect(received()).toBe(other.length)
  expect(it.notices).toEqual([expect.stringContaining('was replaced since the download began')])
  await expectWhole(it, other)
})

test('another object, or another file, is another download', async () => {
  const it = await stage()
  await interrupt(it, 3)
  const { client, received } = it.connect()
  const path = join(it.directory, 'other.bin')
  const options = { partSize, checkpoint: it.checkpoint }
  expect((await download(client, object, path, options).done).resumedParts).toBe(0)
  expect(received()).toBe(content.length)
  expect(await listDownloads({ directory: it.state })).toHaveLength(1)
})

/** Puts another object in the place of the one that is read, after some of its ranges. */
function replacing({ service }: Stage, after: number, ...contents: readonly Uint8Array[]) {
  let [gets, next] = [0, 0]
  return async (request: Parameters<NonNullable<WireOptions['request']>>[0]) => {
    if (request.method === 'GET') gets += 1
    const body = contents[next]
    if (request.method === 'GET' && gets % after === 0 && body) {
      next += 1
      await service.client.putObject({ ...object, body })
    }
    return request
  }
}

test('an object that is replaced meanwhile is begun anew, once, and nothing is mixed', async () => {
  const it = await stage()
  const other = randomContent(3 * partSize)
  const { client } = it.connect({ request: replacing(it, 3, other) })
  const result = await it.run(client).done
  expect(result).toMatchObject({ size: other.length, parts: 3, verified: ['crc64'] })
  expect(it.notices).toEqual([expect.stringContaining('so the download begins anew')])
  await expectWhole(it, other)
})

test('an object that is replaced again and again is refused, and what was there stays', async () => {
  const it = await stage()
  await writeFile(it.path, 'before')
  const others = [randomContent(content.length), randomContent(content.length)]
  const { client } = it.connect({ request: replacing(it, 3, ...others) })
  await expect(it.run(client).done).rejects.toMatchObject({
    code: 'PreconditionFailed',
    message: expect.stringMatching(/was replaced while it was downloaded.*download it again/),
  })
  expect(await readFile(it.path, 'utf8')).toBe('before')
  expect(await readdir(it.directory)).toEqual(['file.bin'])
  expect(await readdir(it.state)).toEqual([])
})

test("with onReplaced 'fail' the first replacement is refused", async () => {
  const it = await stage()
  const { client } = it.connect({ request: replacing(it, 3, randomContent(9)) })
  await expect(it.run(client, { onReplaced: 'fail' }).done).rejects.toMatchObject({
    code: 'PreconditionFailed',
  })
  expect(await readdir(it.directory)).toEqual([])
})

test('a service that does not heed If-Match cannot mix two objects either', async () => {
  const it = await stage()
  const other = randomContent(content.length)
  const replace = replacing(it, 3, other)
  const { client } = it.connect({
    request: async (request) => ({
      ...(await replace(request)),
      headers: without(request.headers, 'if-match'),
    }),
  })
  await it.run(client).done
  expect(it.notices).toHaveLength(1)
  await expectWhole(it, other)
})

test('an object that is deleted meanwhile is told by its name, and nothing is left', async () => {
  const it = await stage()
  let gets = 0
  const { client } = it.connect({
    request: async (request) => {
      if (request.method === 'GET') gets += 1
      if (gets === 3) await it.service.client.deleteObject(object)
      return request
    },
  })
  await expect(it.run(client).done).rejects.toMatchObject({ code: 'NoSuchKey' })
  expect(await readdir(it.directory)).toEqual([])
  expect(await readdir(it.state)).toEqual([])
})

test('an object that was deleted between two runs leaves nothing of the first', async () => {
  const it = await stage()
  await interrupt(it, 3)
  await it.service.client.deleteObject(object)
  await expect(it.run(it.service.client).done).rejects.toMatchObject({ code: 'NoSuchKey' })
  expect(await readdir(it.directory)).toEqual([])
  expect(await readdir(it.state)).toEqual([])
})

test('a second download of the same object to the same file says so, and leaves the first alone', async () => {
  const it = await stage()
  let second: Promise<unknown> | undefined
  await it.run(it.service.client, {
    onProgress: ({ partsDone }) => {
      if (partsDone === 2) second ??= it.run(it.service.client).done.catch((error) => error)
    },
  }).done
  expect(await second).toMatchObject({ name: 'CheckpointLockedError', pid: process.pid })
  await expectWhole(it)
})

test('a run that ended between giving the file its name and forgetting it has nothing more to fetch', async () => {
  const it = await stage()
  const forgetful: DownloadCheckpoints = {
    async open(identity) {
      const slot = await it.checkpoint.open(identity)
      return {
        found: slot.found,
        ignored: slot.ignored,
        begin: (checkpoint, kept) => slot.begin(checkpoint, kept),
        append: (range) => slot.append(range),
        remove: async () => {},
        close: () => slot.close(),
      }
    },
  }
  await it.run(it.service.client, { checkpoint: forgetful }).done
  expect(await readdir(it.state)).toHaveLength(1)

  const { client, received } = it.connect()
  expect(await it.run(client).done).toMatchObject({ resumedParts: PARTS, verified: ['crc64'] })
  expect(received()).toBe(0)
  await expectWhole(it)

  await it.run(it.service.client, { checkpoint: forgetful }).done
  await writeFile(it.path, randomContent(content.length))
  const again = it.connect()
  await it.run(again.client).done
  expect(again.received()).toBe(content.length)
  await expectWhole(it)
})

test('a checkpoint that cannot be kept is told of, and the download succeeds', async () => {
  const it = await stage()
  const nowhere = downloadCheckpoints({ directory: it.path })
  await writeFile(it.path, 'a file, and no directory')
  await it.run(it.service.client, { checkpoint: nowhere }).done
  expect(it.notices).toEqual([expect.stringContaining('cannot be remembered')])
  await expectWhole(it)

  const failing: DownloadCheckpoints = {
    async open(identity) {
      const slot = await it.checkpoint.open(identity)
      return {
        found: undefined,
        ignored: undefined,
        begin: (checkpoint, kept) => slot.begin(checkpoint, kept),
        append: () => Promise.reject(new Error('no space left')),
        remove: () => slot.remove(),
        close: () => slot.close(),
      }
    },
  }
  await it.run(it.service.client, { checkpoint: failing }).done
  expect(it.notices.slice(1)).toEqual([expect.stringContaining('no space left')])
  await expectWhole(it)
})
