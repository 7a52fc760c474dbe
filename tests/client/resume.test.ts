/** Going on with an upload when the world has changed meanwhile: its source, the service, the disk. */

import { truncateSync } from 'node:fs'
import { appendFile, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  fileCheckpoints,
  OssClient,
  type UploadOptions,
  type UploadResult,
  upload,
} from '@lading/client/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { canMount, mountSmallDisk } from '../../packages/server/src/drivers/small-disk.contract.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { BUCKET, bytesOf, KiB, randomContent, type Service, startService } from './service.ts'

const partSize = 100 * KiB
const target = { bucket: BUCKET, key: 'movie.mov' }
const content = randomContent(5.5 * partSize)

interface World {
  readonly service: Service
  readonly path: string
  readonly notices: readonly string[]
  run(options?: UploadOptions): Promise<UploadResult>
}

/** A file, and checkpoints beside it. */
async function startWorld(): Promise<World> {
  const service = await startService()
  const directory = await temporaryDirectory()
  const path = join(directory, 'movie.mov')
  await writeFile(path, content)
  const notices: string[] = []
  const usual: UploadOptions = {
    partSize,
    checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
    onNotice: (notice) => notices.push(notice),
  }
  return {
    service,
    path,
    notices,
    run: (options) => upload(service.client, path, target, { ...usual, ...options }).done,
  }
}

/** Runs until three parts are there, and resolves with the id of the upload. */
async function interrupt({ service, run }: World): Promise<string> {
  const controller = new AbortController()
  let parts = 0
  const running = run({
    parallel: 1,
    signal: controller.signal,
    onPart: () => {
      parts += 1
      if (parts === 3) controller.abort(new Error('enough'))
    },
  })
  await expect(running).rejects.toThrow('enough')
  const { uploads } = await service.client.listMultipartUploads({ bucket: BUCKET })
  return uploads[0]?.uploadId ?? ''
}

async function expectStored({ service }: World, expected: Uint8Array): Promise<void> {
  const { body } = await service.client.getObject(target)
  expect(Buffer.compare(await bytesOf(body), expected)).toBe(0)
}

async function openUploads({ service }: World): Promise<readonly string[]> {
  const { uploads } = await service.client.listMultipartUploads({ bucket: BUCKET })
  return uploads.map(({ uploadId }) => uploadId)
}

describe('a source that is no longer as long as it was', () => {
  test('has become shorter between two runs: parts beyond its end are left out', async () => {
    const world = await startWorld()
    const uploadId = await interrupt(world)
    await truncate(world.path, 1.25 * partSize)

    const result = await world.run()

    expect(result).toMatchObject({ uploadId, parts: 2, resumedParts: 1 })
    await expectStored(world, content.subarray(0, 1.25 * partSize))
    expect(world.notices).toEqual([expect.stringContaining('has changed since')])
  })

  test('has become longer between two runs: its parts are kept, and the rest is added', async () => {
    const world = await startWorld()
    const uploadId = await interrupt(world)
    const more = randomContent(3 * partSize)
    await appendFile(world.path, more)

    const result = await world.run()

    expect(result).toMatchObject({ uploadId, parts: 9 })
    expect(result.resumedParts).toBeGreaterThanOrEqual(3)
    await expectStored(world, Buffer.concat([content, more]))
  })

  test('becomes shorter while it is uploaded: nothing is completed, and the next run is right', async () => {
    const world = await startWorld()
    let isCut = false
    const running = world.run({
      parallel: 1,
      onPart: () => {
        if (!isCut) truncateSync(world.path, 5 * partSize)
        isCut = true
      },
    })
    await expect(running).rejects.toMatchObject({ name: 'IntegrityError', subject: 'source' })
    await expect(world.service.client.headObject(target)).rejects.toMatchObject({
      code: 'NoSuchKey',
    })

    const result = await world.run()

    expect(result.resumedParts).toBeGreaterThanOrEqual(1)
    await expectStored(world, content.subarray(0, 5 * partSize))
  })
})

describe('an upload that somebody else', () => {
  test('completed between two runs is begun anew', async () => {
    const world = await startWorld()
    const uploadId = await interrupt(world)
    const { client } = world.service
    const { parts } = await client.listParts({ ...target, uploadId })
    await client.completeMultipartUpload({ ...target, uploadId, parts })

    const result = await world.run()

    expect(world.notices).toEqual([expect.stringContaining('completed or aborted')])
    expect(result).toMatchObject({ resumedParts: 0, parts: 6 })
    await expectStored(world, content)
  })

  test.each(['completes', 'aborts'])('%s while it runs fails, and is begun anew', async (how) => {
    const world = await startWorld()
    const { client } = world.service
    let isOver = false
    const running = world.run({
      parallel: 1,
      async onPart({ partNumber, etag }) {
        if (isOver) return
        isOver = true
        const { uploads } = await client.listMultipartUploads({ bucket: BUCKET })
        const upload = { ...target, uploadId: uploads[0]?.uploadId ?? '' }
        const parts = [{ partNumber, etag }]
        if (how === 'aborts') await client.abortMultipartUpload(upload)
        else await client.completeMultipartUpload({ ...upload, parts })
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'NoSuchUpload' })

    expect(await world.run()).toMatchObject({ resumedParts: 0, parts: 6 })
    await expectStored(world, content)
    expect(await openUploads(world)).toEqual([])
  })
})

describe('an upload that is found at the service, with parts of another size', () => {
  async function begun(world: World, sizes: readonly number[], bytes = content): Promise<string> {
    const { client } = world.service
    const { uploadId } = await client.initiateMultipartUpload(target)
    let offset = 0
    for (const [index, size] of sizes.entries()) {
      const body = bytes.subarray(offset, offset + size)
      await client.uploadPart({ ...target, uploadId, partNumber: index + 1, body })
      offset += size
    }
    return uploadId
  }

  test('is gone on with in that size', async () => {
    const world = await startWorld()
    const uploadId = await begun(world, [1.5 * partSize, 1.5 * partSize])
    const result = await world.run({ findUpload: true })
    expect(result).toMatchObject({ uploadId, parts: 4, resumedParts: 2 })
    await expectStored(world, content)
  })

  test('keeps no part that has other bytes', async () => {
    const world = await startWorld()
    const other = randomContent(content.length)
    const uploadId = await begun(world, [1.5 * partSize, 1.5 * partSize], other)
    const result = await world.run({ findUpload: true })
    expect(result).toMatchObject({ uploadId, parts: 4, resumedParts: 0 })
    await expectStored(world, content)
  })

  test('keeps what proves where the sizes differ from part to part', async () => {
    const world = await startWorld()
    const uploadId = await begun(world, [2 * partSize, partSize, 2 * partSize])
    const result = await world.run({ findUpload: true })
    expect(result).toMatchObject({ uploadId, parts: 3, resumedParts: 1 })
    await expectStored(world, content)
  })

  test('is left alone where that size does not suit the source, and another one is begun', async () => {
    const world = await startWorld()
    const uploadId = await begun(world, [partSize / 2])
    const result = await world.run({ findUpload: true })
    expect(result).toMatchObject({ parts: 6, resumedParts: 0 })
    expect(world.notices).toEqual([expect.stringContaining('does not suit the source')])
    expect(await openUploads(world)).toEqual([uploadId])
    await expectStored(world, content)
  })
})

test('the parts of an upload are gone on with though they are listed on many pages', async () => {
  const world = await startWorld()
  const { service, path } = world
  const uploadId = await interrupt(world)
  let pages = 0
  class SmallPages extends OssClient {
    override async *listPartsPages(
      ...[input, call]: Parameters<OssClient['listPartsPages']>
    ): ReturnType<OssClient['listPartsPages']> {
      for await (const page of super.listPartsPages({ ...input, maxParts: 1 }, call)) {
        pages += 1
        yield page
      }
    }
  }
  const { server } = service
  const client = new SmallPages({ endpoint: server.url, credentials: server.credentials })
  onTestFinished(() => client.close())

  const result = await upload(client, path, target, { uploadId }).done

  expect(result).toMatchObject({ uploadId, parts: 6 })
  expect(result.resumedParts).toBeGreaterThanOrEqual(3)
  expect(pages).toBeGreaterThanOrEqual(result.resumedParts)
  expect(await service.count('UploadPart', 6)).toBe(6)
  await expectStored(world, content)
})

test('a checkpoint is of one endpoint, bucket, key and source, and resumes no other upload', async () => {
  const world = await startWorld()
  const { service, path } = world
  const uploadId = await interrupt(world)
  const checkpoint = fileCheckpoints({ directory: join(path, '..', 'checkpoints') })
  const options = { partSize, checkpoint }
  await service.client.putBucket({ bucket: 'lading-other' })
  const copy = `${path} of it`
  await writeFile(copy, content)
  const elsewhere = service.connect({
    endpoint: `http://localhost:${service.server.port}`,
    style: 'path',
  })

  const others = [
    upload(service.client, path, { ...target, key: 'other' }, options),
    upload(service.client, path, { ...target, bucket: 'lading-other' }, options),
    upload(service.client, copy, target, options),
    upload(elsewhere, path, target, options),
  ]
  for (const other of others) {
    expect(await other.done).toMatchObject({ resumedParts: 0 })
    expect(other.uploadId).not.toBe(uploadId)
  }
  expect(await world.run()).toMatchObject({ uploadId, parts: 6 })
})

describe('a disk without room for the checkpoint', () => {
  const where = canMount() ? '' : ' (not run: needs root on Linux to mount a small disk)'

  test.skipIf(where !== '')(
    `does not keep an upload from its end, and is told${where}`,
    async () => {
      const world = await startWorld()
      const disk = mountSmallDisk(16)
      onTestFinished(() => disk.remove())
      await writeFile(join(disk.path, 'all of it'), new Uint8Array(16 * KiB)).catch(() => {})

      const result = await world.run({ checkpoint: fileCheckpoints({ directory: disk.path }) })

      expect(result).toMatchObject({ parts: 6 })
      await expectStored(world, content)
      expect(world.notices).toEqual([expect.stringMatching(/not remembered.*ENOSPC/)])
      expect(await readdir(disk.path)).toEqual(['all of it'])
    },
  )

  test('that fills up after the lock was taken neither', async () => {
    const world = await startWorld()
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const checkpoint = {
      open: async () => ({
        checkpoint: undefined,
        ignored: undefined,
        save: () => Promise.reject(full),
        remove: async () => {},
        close: async () => {},
      }),
    }
    const result = await world.run({ checkpoint })
    expect(result).toMatchObject({ parts: 6 })
    expect(world.notices).toEqual([expect.stringMatching(/goes on, but is not remembered: ENOSPC/)])
  })
})

describe('a client whose clock is wrong by 20 minutes', () => {
  test.each([
    ['slow', -20],
    ['fast', 20],
  ])('%s: the whole upload succeeds, and one refusal sets it right', async (_, minutes) => {
    const world = await startWorld()
    const client = world.service.connect({ now: () => Date.now() + minutes * 60_000 })
    const retried: unknown[] = []

    const result = await upload(client, world.path, target, {
      partSize,
      onRetry: ({ error }) => retried.push(error),
    }).done

    expect(result).toMatchObject({ parts: 6, retries: 1 })
    expect(retried).toEqual([expect.objectContaining({ code: 'RequestTimeTooSkewed' })])
    await expectStored(world, content)
  })

  test('a stream of unknown length, and the old signature: the same', async () => {
    const world = await startWorld()
    const client = world.service.connect({
      now: () => Date.now() - 20 * 60_000,
      signatureVersion: 'v1',
    })
    const result = await upload(client, Readable.from([content]), target, { partSize }).done
    expect(result).toMatchObject({ parts: 6, retries: 1 })
    await expectStored(world, content)
  })
})
