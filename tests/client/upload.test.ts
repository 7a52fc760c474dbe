/** `upload` against the server: what is proved, resumed, interrupted and refused. */

import { appendFileSync } from 'node:fs'
import { open, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileCheckpoints, IntegrityError, type UploadProgress, upload } from '@lading/client/node'
import { parseFault } from '@lading/server'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import {
  BUCKET,
  bytesOf,
  KiB,
  randomContent,
  type Service,
  startProxy,
  startService,
  tampering,
} from './service.ts'

const partSize = 100 * KiB
const target = { bucket: BUCKET, key: 'movie.mov' }

async function stored(service: Service, key = target.key): Promise<Buffer> {
  const { body } = await service.client.getObject({ bucket: BUCKET, key })
  return bytesOf(body)
}

async function fileOf(content: Uint8Array): Promise<{ path: string; directory: string }> {
  const directory = await temporaryDirectory()
  const path = join(directory, 'movie.mov')
  await writeFile(path, content)
  return { path, directory }
}

describe('any source becomes the object it is', () => {
  const content = randomContent(10 * partSize + 1)

  test.each([
    ['bytes', () => content],
    ['a blob', () => new Blob([content])],
    ['a Node stream', () => Readable.from([content.subarray(0, 7), content.subarray(7)])],
    ['a web stream', () => new Blob([content]).stream()],
    ['a file', () => undefined],
  ])('%s', async (_, source) => {
    const service = await startService()
    const { path } = await fileOf(content)

    const result = await upload(service.client, source() ?? path, target, { partSize }).done

    expect(result).toMatchObject({
      ...target,
      size: content.length,
      parts: 11,
      resumedParts: 0,
      verified: ['etag', 'crc64'],
      confirmedByHead: false,
    })
    expect(Buffer.compare(await stored(service), content)).toBe(0)
  })
})

test('the object gets the attributes asked for', async () => {
  const service = await startService()
  await upload(service.client, randomContent(5), target, {
    contentType: 'video/quicktime',
    metadata: { owner: 'me' },
    cacheControl: 'no-store',
  }).done
  expect(await service.client.headObject(target)).toMatchObject({
    contentType: 'video/quicktime',
    metadata: { owner: 'me' },
    cacheControl: 'no-store',
    objectType: 'Multipart',
  })
})

test.each([
  ['bytes', () => new Uint8Array(0)],
  ['a stream', () => Readable.from([])],
])('an empty source, %s, is put whole', async (_, source) => {
  const service = await startService()
  const result = await upload(service.client, source(), target).done
  expect(result).toMatchObject({ size: 0, parts: 0, uploadId: undefined })
  expect(await service.client.headObject(target)).toMatchObject({ size: 0, objectType: 'Normal' })
  expect(await service.count('InitiateMultipartUpload', 0)).toBe(0)
})

test('a source up to the threshold is put whole', async () => {
  const service = await startService()
  const options = { multipartThreshold: 10 }
  const small = await upload(service.client, randomContent(10), target, options).done
  const large = await upload(service.client, randomContent(11), target, options).done
  expect([small.parts, large.parts]).toEqual([0, 1])
})

test('progress never goes down, ends at the size, and moves within a part', async () => {
  const service = await startService({
    faults: [parseFault('UploadPart,part=2,nth=1,cut=body,after=50000')],
  })
  const content = randomContent(1000 * KiB)
  const heard: UploadProgress[] = []

  await upload(service.client, content, target, {
    partSize: 500 * KiB,
    parallel: 2,
    onProgress: (progress) => void heard.push(progress),
  }).done

  const loaded = heard.map((progress) => progress.loaded)
  expect(loaded).toEqual([...loaded].sort((left, right) => left - right))
  expect(loaded.at(-1)).toBe(content.length)
  expect(new Set(loaded).size).toBeGreaterThan(4)
  expect(heard.at(-1)).toMatchObject({
    confirmed: content.length,
    total: content.length,
    partsDone: 2,
    parts: 2,
  })
})

test.each([
  'cut=request',
  'cut=body,after=1000',
  'cut=answer',
  'fail=ServiceUnavailable',
  'fail=InternalError',
])('a part that meets %s is sent again', async (fault) => {
  const service = await startService({ faults: [parseFault(`UploadPart,part=2,nth=1,${fault}`)] })
  const content = randomContent(3 * partSize)

  const result = await upload(service.client, content, target, { partSize }).done

  expect(result.retries).toBe(1)
  expect(Buffer.compare(await stored(service), content)).toBe(0)
})

test('a part that never gets through fails the upload, and its parts stay', async () => {
  const service = await startService({
    faults: [parseFault('UploadPart,part=3,fail=InternalError')],
  })
  const repeated: string[] = []
  const handle = upload(service.client, randomContent(3 * partSize), target, {
    partSize,
    parallel: 1,
    retries: 2,
    onRetry: ({ operation }) => repeated.push(operation),
  })

  await expect(handle.done).rejects.toMatchObject({ code: 'InternalError', status: 500 })

  expect(handle.state).toBe('failed')
  expect(repeated).toEqual(['UploadPart', 'UploadPart'])
  const { parts } = await service.client.listParts({ ...target, uploadId: handle.uploadId ?? '' })
  expect(parts.map(({ partNumber }) => partNumber)).toEqual([1, 2])
})

describe('what the service answers is proved', () => {
  const damage = { etag: '"00000000000000000000000000000000"', 'x-oss-hash-crc64ecma': '1' }

  test.each(Object.entries(damage))('a part with a wrong %s is retried', async (header, value) => {
    const service = await startService()
    let damaged = 0
    const transport = tampering(({ path }, response) => {
      if (!path.includes('partNumber=2') || damaged === 1) return response
      damaged += 1
      return { ...response, headers: new Map(response.headers).set(header, value) }
    })
    const content = randomContent(3 * partSize)

    const result = await upload(service.connect({ transport }), content, target, {
      partSize,
      verify: 'strict',
    }).done

    expect(result.retries).toBe(1)
    expect(Buffer.compare(await stored(service), content)).toBe(0)
  })

  test.each(Object.entries(damage))(
    'a part whose %s stays wrong fails, and nothing is completed',
    async (header, value) => {
      const service = await startService()
      const transport = tampering(({ path }, response) =>
        path.includes('partNumber=2')
          ? { ...response, headers: new Map(response.headers).set(header, value) }
          : response,
      )

      const { done } = upload(service.connect({ transport }), randomContent(3 * partSize), target, {
        partSize,
        verify: 'strict',
      })

      await expect(done).rejects.toMatchObject({ name: 'IntegrityError', subject: 'part' })
      await expect(stored(service)).rejects.toMatchObject({ code: 'NoSuchKey' })
    },
  )

  test('an object with another CRC-64 than its parts is no success', async () => {
    const service = await startService()
    const transport = tampering(({ method, path }, response) =>
      method === 'HEAD' || (method === 'POST' && !path.includes('uploads'))
        ? { ...response, headers: new Map(response.headers).set('x-oss-hash-crc64ecma', '1') }
        : response,
    )

    const { done } = upload(service.connect({ transport }), randomContent(2 * partSize), target, {
      partSize,
    })

    await expect(done).rejects.toMatchObject({ name: 'IntegrityError', subject: 'object' })
  })
})

test('an object is judged by HEAD where the answer to Complete tells of another one', async () => {
  const faults = [parseFault('CompleteMultipartUpload,falsify=crc64')]
  const service = await startService({ faults })
  const content = randomContent(2 * partSize)

  const { confirmedByHead } = await upload(service.client, content, target, { partSize }).done

  expect(confirmedByHead).toBe(true)
  expect(Buffer.compare(await stored(service), content)).toBe(0)
})

describe('when the answer to Complete is lost', () => {
  test('the object is confirmed by HEAD', async () => {
    const service = await startService({
      faults: [parseFault('CompleteMultipartUpload,nth=1,cut=answer')],
    })
    const content = randomContent(2 * partSize)

    const result = await upload(service.client, content, target, { partSize }).done

    expect(result).toMatchObject({
      confirmedByHead: true,
      verified: ['etag', 'crc64'],
      size: content.length,
    })
    expect(await service.count('HeadObject', 1)).toBe(1)
  })

  test('another object under the key is no confirmation', async () => {
    const service = await startService({
      faults: [parseFault('CompleteMultipartUpload,nth=1,cut=answer')],
    })
    const content = randomContent(2 * partSize)
    const transport = tampering(({ method }, response) =>
      method === 'HEAD'
        ? { ...response, headers: new Map(response.headers).set('x-oss-hash-crc64ecma', '1') }
        : response,
    )

    const { done } = upload(service.connect({ transport }), content, target, { partSize })

    await expect(done).rejects.toMatchObject({ code: 'NoSuchUpload' })
  })

  test('the same bytes under the key are no confirmation while the upload is open', async () => {
    const service = await startService({
      faults: [parseFault('CompleteMultipartUpload,nth=2,times=9,cut=request')],
    })
    const content = randomContent(2 * partSize)
    await upload(service.client, content, target, { partSize }).done

    const again = upload(service.client, content, target, { partSize })

    await expect(again.done).rejects.toMatchObject({ name: 'TransportError' })
    expect(again.state).toBe('failed')
  })
})

describe('an upload that is run again', () => {
  const content = randomContent(8 * partSize)

  /** Uploads until `parts` parts are confirmed, then aborts. */
  async function interrupted(service: Service, path: string, directory: string, parts: number) {
    const controller = new AbortController()
    const handle = upload(service.client, path, target, {
      partSize,
      parallel: 2,
      checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
      signal: controller.signal,
      onProgress: ({ partsDone }) => {
        if (partsDone >= parts) controller.abort(new Error('enough'))
      },
    })
    await expect(handle.done).rejects.toThrow('enough')
    expect(handle.state).toBe('aborted')
    return handle.uploadId ?? ''
  }

  test('sends only the missing parts', async () => {
    const service = await startService()
    const { path, directory } = await fileOf(content)
    const uploadId = await interrupted(service, path, directory, 3)
    const { parts: held } = await service.client.listParts({ ...target, uploadId })
    let sent = 0
    const transport = tampering(({ path }, response) => {
      if (path.includes('partNumber=')) sent += 1
      return response
    })

    const result = await upload(service.connect({ transport }), path, target, {
      partSize,
      checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
    }).done

    // More than were listed may be held by then: the last parts had arrived, and were only not answered.
    expect(result).toMatchObject({ uploadId, parts: 8 })
    expect(result.resumedParts).toBeGreaterThanOrEqual(Math.max(3, held.length))
    expect(result.resumedParts).toBeLessThan(8)
    expect(sent).toBe(8 - result.resumedParts)
    expect(await readdir(join(directory, 'checkpoints'))).toEqual([])
    expect(await service.count('InitiateMultipartUpload', 1)).toBe(1)
    expect(Buffer.compare(await stored(service), content)).toBe(0)
  })

  test('sends again the parts that have changed since, and never mixes', async () => {
    const service = await startService()
    const { path, directory } = await fileOf(content)
    await interrupted(service, path, directory, 3)
    const file = await open(path, 'r+')
    await file.write(Buffer.from('changed'), 0, 7, partSize + 5)
    await file.close()
    const changed = Buffer.from(content)
    changed.write('changed', partSize + 5)
    const notices: string[] = []

    const result = await upload(service.client, path, target, {
      partSize,
      checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
      onNotice: (notice) => notices.push(notice),
    }).done

    expect(notices).toEqual([expect.stringContaining('changed since')])
    expect(result.resumedParts).toBeGreaterThanOrEqual(1)
    expect(Buffer.compare(await stored(service), changed)).toBe(0)
  })

  test('keeps the part size it began with', async () => {
    const service = await startService()
    const { path, directory } = await fileOf(content)
    await interrupted(service, path, directory, 2)

    const result = await upload(service.client, path, target, {
      partSize: 200 * KiB,
      checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
    }).done

    expect(result.parts).toBe(8)
  })

  test('begins anew, and says why, when the upload was aborted meanwhile', async () => {
    const service = await startService()
    const { path, directory } = await fileOf(content)
    const uploadId = await interrupted(service, path, directory, 2)
    await service.client.abortMultipartUpload({ ...target, uploadId })
    const notices: string[] = []

    const result = await upload(service.client, path, target, {
      partSize,
      checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
      onNotice: (notice) => notices.push(notice),
    }).done

    expect(notices).toEqual([expect.stringContaining('completed or aborted')])
    expect(result).toMatchObject({ resumedParts: 0, parts: 8 })
    expect(result.uploadId).not.toBe(uploadId)
  })

  test('does not begin anew because the service cannot be asked', async () => {
    const service = await startService({ faults: [parseFault('ListParts,fail=InternalError')] })
    const { path, directory } = await fileOf(content)
    await interrupted(service, path, directory, 2)

    const { done } = upload(service.client, path, target, {
      partSize,
      checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
    })

    await expect(done).rejects.toMatchObject({ code: 'InternalError' })
    expect(await service.count('InitiateMultipartUpload', 1)).toBe(1)
  })

  test('begins anew when the object shall have other metadata', async () => {
    const service = await startService()
    const { path, directory } = await fileOf(content)
    const uploadId = await interrupted(service, path, directory, 2)

    const result = await upload(service.client, path, target, {
      partSize,
      metadata: { other: 'yes' },
      checkpoint: fileCheckpoints({ directory: join(directory, 'checkpoints') }),
    }).done

    expect(result.uploadId).not.toBe(uploadId)
    expect(await service.client.headObject(target)).toMatchObject({ metadata: { other: 'yes' } })
  })

  test('is found without a checkpoint by asking the service, and proved part by part', async () => {
    const service = await startService()
    const { path, directory } = await fileOf(content)
    const uploadId = await interrupted(service, path, directory, 3)
    await service.client.uploadPart({
      ...target,
      uploadId,
      partNumber: 1,
      body: randomContent(partSize),
    })

    const result = await upload(service.client, path, target, { findUpload: true }).done

    expect(result).toMatchObject({ uploadId, parts: 8 })
    expect(result.resumedParts).toBeGreaterThanOrEqual(2)
    expect(Buffer.compare(await stored(service), content)).toBe(0)
  })

  test.each([
    ['named by the caller', (uploadId: string) => ({ uploadId })],
    ['found at the service', () => ({ findUpload: true })],
  ])('%s, says that it keeps the metadata it began with', async (_, choice) => {
    const service = await startService()
    const { uploadId } = await service.client.initiateMultipartUpload({
      ...target,
      metadata: { began: 'so' },
    })
    const notices: string[] = []

    const result = await upload(service.client, content, target, {
      ...choice(uploadId),
      metadata: { other: 'yes' },
      onNotice: (notice) => notices.push(notice),
    }).done

    expect(result.uploadId).toBe(uploadId)
    expect(notices).toEqual([expect.stringContaining('headers and metadata it was initiated with')])
    expect((await service.client.headObject(target)).metadata).toEqual({ began: 'so' })
  })

  test('says nothing of metadata when none is given, or its checkpoint has the same', async () => {
    const service = await startService()
    const { path, directory } = await fileOf(content)
    const uploadId = await interrupted(service, path, directory, 2)
    const notices: string[] = []
    const onNotice = (notice: string): void => void notices.push(notice)

    await upload(service.client, path, target, { uploadId, onNotice }).done
    const options = {
      checkpoint: fileCheckpoints({ directory: join(directory, 'with metadata') }),
      metadata: { same: 'yes' },
      partSize,
      onNotice,
    }
    const controller = new AbortController()
    const first = upload(service.client, path, target, {
      ...options,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(first.done).rejects.toThrow('enough')
    await upload(service.client, path, target, { ...options, uploadId: first.uploadId ?? '' }).done

    expect(notices).toEqual([])
  })

  test('from a stream skips the parts whose bytes come again', async () => {
    const service = await startService({
      faults: [parseFault('UploadPart,part=5,nth=1,fail=NoSuchBucket')],
    })
    const first = upload(service.client, Readable.from([content]), target, {
      partSize,
      parallel: 1,
    })
    await expect(first.done).rejects.toMatchObject({ code: 'NoSuchBucket' })

    const result = await upload(service.client, Readable.from([content]), target, {
      partSize,
      uploadId: first.uploadId ?? '',
    }).done

    expect(result).toMatchObject({ parts: 8, resumedParts: 4 })
    expect(Buffer.compare(await stored(service), content)).toBe(0)
  })

  test('refuses an upload id of the caller that is over', async () => {
    const service = await startService()
    const { done } = upload(service.client, content, target, { uploadId: 'A'.repeat(32) })
    await expect(done).rejects.toMatchObject({ code: 'NoSuchUpload' })
  })
})

test('a second upload of the same file to the same key says that the first is at work', async () => {
  const service = await startService({ faults: [parseFault('UploadPart,delay=200')] })
  const { path, directory } = await fileOf(randomContent(2 * partSize))
  const options = { partSize, checkpoint: fileCheckpoints({ directory: join(directory, 'c') }) }
  const first = upload(service.client, path, target, options)
  await until(() => first.uploadId !== undefined)

  const second = upload(service.client, path, target, options)

  await expect(second.done).rejects.toMatchObject({
    name: 'CheckpointLockedError',
    pid: process.pid,
  })
  await first.done
})

test('a file that changes while it is uploaded is refused, and nothing is completed', async () => {
  const service = await startService()
  const { path } = await fileOf(randomContent(3 * partSize))
  let isAppended = false
  const { done } = upload(service.client, path, target, {
    partSize,
    onProgress: ({ partsDone }) => {
      // At once: an append under way could come after the last look at the file.
      if (partsDone === 1 && !isAppended) appendFileSync(path, 'more')
      isAppended ||= partsDone === 1
    },
    parallel: 1,
  })

  const error = await done.catch((error: unknown) => error)

  expect(error).toBeInstanceOf(IntegrityError)
  expect(error).toMatchObject({ subject: 'source' })
  await expect(stored(service)).rejects.toMatchObject({ code: 'NoSuchKey' })
})

describe('steering', () => {
  test('of two uploads on one client, aborting one leaves the other', async () => {
    const service = await startService({ faults: [parseFault('UploadPart,delay=20')] })
    const content = randomContent(6 * partSize)
    const other = upload(service.client, content, { bucket: BUCKET, key: 'other' }, { partSize })
    const doomed = upload(service.client, content, target, { partSize })
    await until(() => doomed.progress.loaded > 0)

    await doomed.abort()

    await expect(doomed.done).rejects.toMatchObject({ name: 'AbortError' })
    expect(doomed.state).toBe('aborted')
    await expect(other.done).resolves.toMatchObject({ parts: 6 })
    const { uploads } = await service.client.listMultipartUploads({ bucket: BUCKET })
    expect(uploads).toEqual([])
  })

  test('an abort that keeps the parts leaves the upload open', async () => {
    const service = await startService({ faults: [parseFault('UploadPart,part=3,delay=10000')] })
    const handle = upload(service.client, randomContent(3 * partSize), target, { partSize })
    await until(() => handle.progress.partsDone === 2)

    await handle.abort({ keepParts: true })

    const { parts } = await service.client.listParts({ ...target, uploadId: handle.uploadId ?? '' })
    expect(parts.length).toBeGreaterThanOrEqual(2)
  })

  test('a pause sends nothing more, and a resume goes on to the end', async () => {
    const service = await startService({
      faults: [parseFault('UploadPart,nth=3,times=2,delay=10000')],
    })
    const content = randomContent(6 * partSize)
    const handle = upload(service.client, content, target, { partSize, parallel: 2 })
    await until(() => handle.progress.partsDone === 2)

    await handle.pause()
    const { state, progress } = handle
    handle.resume()
    const result = await handle.done

    expect(state).toBe('paused')
    expect(progress.partsDone).toBe(2)
    expect(result.parts).toBe(6)
    expect(Buffer.compare(await stored(service), content)).toBe(0)
  })
})

test('66 requests of an upload take at most one connection more than parts are sent at a time', async () => {
  const service = await startService()
  const proxy = await startProxy(service.server.port)
  const client = service.connect({ endpoint: proxy.url })

  const { done } = upload(client, randomContent(64 * partSize), target, { partSize, parallel: 4 })

  await expect(done).resolves.toMatchObject({ parts: 64, retries: 0 })
  expect(await service.count('UploadPart', 64)).toBe(64)
  expect(proxy.accepted()).toBeLessThanOrEqual(5)
})

test('an abort closes the connections that parts are being sent on', async () => {
  const service = await startService({ faults: [parseFault('UploadPart,delay=600000')] })
  const proxy = await startProxy(service.server.port)
  const client = service.connect({ endpoint: proxy.url })
  const controller = new AbortController()
  const handle = upload(client, randomContent(3 * partSize), target, {
    partSize,
    parallel: 3,
    signal: controller.signal,
  })
  await until(() => handle.progress.loaded === 3 * partSize)

  controller.abort(new Error('stop'))

  await expect(handle.done).rejects.toThrow('stop')
  await until(() => proxy.open() === 0)
})
