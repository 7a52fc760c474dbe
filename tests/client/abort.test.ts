/** `abort()` while the upload is still being opened: nothing may stay behind that nobody knows of. */

import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileCheckpoints, nodeTransport, type Transport, upload } from '@lading/client/node'
import { parseFault } from '@lading/server'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { BUCKET, KiB, randomContent, type Service, startService } from './service.ts'

const partSize = 100 * KiB
const target = { bucket: BUCKET, key: 'movie.mov' }

/** The usual transport, which tells of each request before it goes out. */
function telling(tell: (method: string, path: string) => void): Transport {
  const transport = nodeTransport()
  return {
    exchange(request, options) {
      const answer = transport.exchange(request, options)
      tell(request.method, request.path)
      return answer
    },
    close: () => transport.close(),
  }
}

async function openUploads({ client }: Service): Promise<readonly string[]> {
  const { uploads } = await client.listMultipartUploads({ bucket: BUCKET })
  return uploads.map(({ key }) => key)
}

async function fileIn(directory: string): Promise<string> {
  const path = join(directory, 'movie.mov')
  await writeFile(path, randomContent(3 * partSize))
  return path
}

test('uploads aborted at any moment leave neither an open upload nor a checkpoint', async () => {
  const service = await startService({ faults: [parseFault('InitiateMultipartUpload,delay=5')] })
  const directory = await temporaryDirectory()
  const path = await fileIn(directory)
  const checkpoints = join(directory, 'checkpoints')
  const moments = Array.from({ length: 48 }, (_, moment) => moment)

  const states = await Promise.all(
    moments.map(async (moment) => {
      const handle = upload(
        service.client,
        path,
        { bucket: BUCKET, key: `${moment}` },
        { partSize, checkpoint: fileCheckpoints({ directory: checkpoints }) },
      )
      for (let turns = 0; turns < moment * 4; turns += 1) await turn()
      await handle.abort()
      return handle.state
    }),
  )

  expect(states).toContain('aborted')
  expect(await openUploads(service)).toEqual([])
  expect(await readdir(checkpoints)).toEqual([])
})

test.each([
  ['before its answer is there', 'InitiateMultipartUpload,delay=50'],
  ['which is answered at once', 'UploadPart,delay=600000'],
])('an abort during Initiate, %s, aborts the upload that it began', async (_, fault) => {
  const service = await startService({ faults: [parseFault(fault)] })
  let aborted: Promise<void> | undefined
  const transport = telling((method) => {
    if (method === 'POST') aborted ??= handle.abort()
  })
  const handle = upload(service.connect({ transport }), randomContent(partSize), target)

  await expect(handle.done).rejects.toMatchObject({ name: 'AbortError' })
  await aborted

  expect(handle.state).toBe('aborted')
  expect(await service.count('InitiateMultipartUpload', 1)).toBe(1)
  expect(await service.count('AbortMultipartUpload', 1)).toBe(1)
  expect(await openUploads(service)).toEqual([])
})

test('a signal during Initiate keeps the upload, whose id is known and remembered', async () => {
  const service = await startService({
    faults: [parseFault('InitiateMultipartUpload,delay=50')],
  })
  const directory = await temporaryDirectory()
  const controller = new AbortController()
  const transport = telling(() => controller.abort(new Error('enough')))
  const handle = upload(service.connect({ transport }), await fileIn(directory), target, {
    checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
    signal: controller.signal,
  })

  await expect(handle.done).rejects.toThrow('enough')

  expect(handle.uploadId).toBeDefined()
  expect(await openUploads(service)).toEqual([target.key])
  expect(await readdir(join(directory, 'checkpoints'))).toHaveLength(1)
})

test('an abort while the parts of a resumed upload are listed leaves neither upload nor checkpoint', async () => {
  const service = await startService({
    faults: [
      parseFault('UploadPart,part=2,nth=1,fail=NoSuchBucket'),
      parseFault('ListParts,delay=600000'),
    ],
  })
  const directory = await temporaryDirectory()
  const path = await fileIn(directory)
  const checkpoints = join(directory, 'checkpoints')
  const options = { partSize, checkpoint: fileCheckpoints({ directory: checkpoints }) }
  const first = upload(service.client, path, target, options)
  await expect(first.done).rejects.toMatchObject({ code: 'NoSuchBucket' })
  expect(await readdir(checkpoints)).toHaveLength(1)
  let isListing = false
  const transport = telling((method) => {
    isListing ||= method === 'GET'
  })
  const second = upload(service.connect({ transport }), path, target, options)
  await until(() => isListing)

  await second.abort()

  expect(second).toMatchObject({ state: 'aborted', uploadId: first.uploadId })
  expect(await openUploads(service)).toEqual([])
  expect(await readdir(checkpoints)).toEqual([])
})
