/** Operations that can happen only once, when the answer to the first attempt is lost. */

import { nodeTransport, type Transport, TransportError, upload } from '@lading/client/node'
import { parseFault } from '@lading/server'
import { describe, expect, test } from 'vitest'
import { BUCKET, KiB, randomContent, type Service, startService, tampering } from './service.ts'

const target = { bucket: BUCKET, key: 'once' }

describe('AbortMultipartUpload', () => {
  test('counts as done when its answer is lost and the upload is gone on the retry', async () => {
    const { client } = await startService({
      faults: [parseFault('AbortMultipartUpload,nth=1,cut=answer')],
    })
    const { uploadId } = await client.initiateMultipartUpload(target)

    await client.abortMultipartUpload({ ...target, uploadId })

    expect((await client.listMultipartUploads({ bucket: BUCKET })).uploads).toEqual([])
  })

  test('is refused when there was no such upload to begin with', async () => {
    const { client } = await startService()
    const { uploadId } = await client.initiateMultipartUpload(target)
    await client.abortMultipartUpload({ ...target, uploadId })
    const again = client.abortMultipartUpload({ ...target, uploadId })
    await expect(again).rejects.toMatchObject({ code: 'NoSuchUpload' })
  })
})

describe('DeleteBucket', () => {
  test('counts as done when its answer is lost and the bucket is gone on the retry', async () => {
    const { client } = await startService({ faults: [parseFault('DeleteBucket,nth=1,cut=answer')] })

    await client.deleteBucket({ bucket: BUCKET })

    await expect(client.getBucketInfo({ bucket: BUCKET })).rejects.toMatchObject({
      code: 'NoSuchBucket',
    })
  })

  test('is refused when there was no such bucket to begin with', async () => {
    const { client } = await startService()
    await client.deleteBucket({ bucket: BUCKET })
    await expect(client.deleteBucket({ bucket: BUCKET })).rejects.toMatchObject({
      code: 'NoSuchBucket',
    })
  })
})

describe('PutObject that may not overwrite', () => {
  const put = { ...target, body: randomContent(1000), forbidOverwrite: true }

  test('is confirmed by HEAD when its answer is lost', async () => {
    const service = await startService({ faults: [parseFault('PutObject,nth=1,cut=answer')] })

    const answer = await service.client.putObject(put)

    const { etag, hashCrc64ecma } = await service.client.headObject(target)
    expect(answer).toMatchObject({ status: 200, etag, hashCrc64ecma })
    expect(hashCrc64ecma).toBeDefined()
    expect(await service.count('PutObject', 2)).toBe(2)
  })

  test("is refused when the object is somebody else's, answer lost or not", async () => {
    const { client } = await startService({ faults: [parseFault('PutObject,nth=2,cut=request')] })
    await client.putObject({ ...target, body: randomContent(1000) })

    const refusal = { code: 'FileAlreadyExists' }
    await expect(client.putObject(put)).rejects.toMatchObject(refusal)
    await expect(client.putObject(put)).rejects.toMatchObject(refusal)
  })

  test('is refused when the same bytes were there before and no answer was lost', async () => {
    const { client } = await startService()
    await client.putObject(put)
    await expect(client.putObject(put)).rejects.toMatchObject({ code: 'FileAlreadyExists' })
  })

  test('is refused when HEAD cannot be asked', async () => {
    const service = await startService({ faults: [parseFault('PutObject,nth=1,cut=answer')] })
    const transport = tampering(({ method }, response) =>
      method === 'HEAD' ? { ...response, status: 403 } : response,
    )
    await expect(service.connect({ transport }).putObject(put)).rejects.toMatchObject({
      code: 'FileAlreadyExists',
    })
  })
})

describe('InitiateMultipartUpload, of an upload', () => {
  const partSize = 100 * KiB
  const content = randomContent(3 * partSize)
  const faults = [parseFault('InitiateMultipartUpload,nth=1,cut=answer')]

  async function openUploads({ client }: Service): Promise<readonly string[]> {
    const { uploads } = await client.listMultipartUploads({ bucket: BUCKET })
    return uploads.map(({ key, uploadId }) => `${key} ${uploadId}`)
  }

  test('is repeated when its answer is lost, and the upload that nobody knows of is aborted', async () => {
    const service = await startService({ faults })
    const notices: string[] = []

    const { parts } = await upload(service.client, content, target, {
      partSize,
      onNotice: (notice) => notices.push(notice),
    }).done

    expect(parts).toBe(3)
    expect(await service.count('InitiateMultipartUpload', 2)).toBe(2)
    expect([await openUploads(service), notices]).toEqual([[], []])
  })

  test('leaves no such upload behind when the parts then fail, or the upload is aborted', async () => {
    const failing = await startService({
      faults: [...faults, parseFault('UploadPart,part=2,fail=AccessDenied')],
    })
    const failed = upload(failing.client, content, target, { partSize, parallel: 1 })
    await expect(failed.done).rejects.toMatchObject({ code: 'AccessDenied' })
    expect(await openUploads(failing)).toEqual([`${target.key} ${failed.uploadId}`])

    const aborting = await startService({ faults })
    const aborted = upload(aborting.client, content, target, {
      partSize,
      onPart: () => void aborted.abort(),
    })
    await expect(aborted.done).rejects.toThrow('aborted')
    await aborted.abort()
    expect(await openUploads(aborting)).toEqual([])
  })

  test('never takes an upload of somebody else for its own', async () => {
    const service = await startService({
      faults: [parseFault('InitiateMultipartUpload,nth=2,cut=answer')],
    })
    const { client } = service
    const longer = await client.initiateMultipartUpload({ ...target, key: `${target.key}.longer` })
    const others: string[] = [longer.uploadId]
    let asked = 0
    const usual = nodeTransport()
    const transport: Transport = {
      // While our answer is being lost, others begin uploads of the same key, and send a part or none.
      async exchange(request, options) {
        const isInitiate = request.method === 'POST' && request.path.includes('uploads')
        asked += isInitiate ? 1 : 0
        if (isInitiate && asked === 2) {
          const other = await client.initiateMultipartUpload(target)
          await client.uploadPart({ ...target, ...other, partNumber: 1, body: content })
          others.push(other.uploadId, (await client.initiateMultipartUpload(target)).uploadId)
        }
        return usual.exchange(request, options)
      },
      close: () => usual.close(),
    }
    const notices: string[] = []

    await upload(service.connect({ transport }), content, target, {
      partSize,
      onNotice: (notice) => notices.push(notice),
    }).done

    const open = await openUploads(service)
    for (const other of others) expect(open.some((line) => line.endsWith(other))).toBe(true)
    expect(notices).toEqual([expect.stringMatching(/empty upload .* may be left: Others/)])
  })

  test('takes no upload for its own where the attempt that failed never got through', async () => {
    const service = await startService()
    const others: string[] = []
    const usual = nodeTransport()
    const transport: Transport = {
      async exchange(request, options) {
        const isFirst = request.path.includes('uploads') && others.length === 0
        if (!isFirst) return usual.exchange(request, options)
        others.push((await service.client.initiateMultipartUpload(target)).uploadId)
        const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
        throw new TransportError('Nobody listens.', { cause })
      },
      close: () => usual.close(),
    }

    await upload(service.connect({ transport }), content, target, { partSize }).done

    expect(await openUploads(service)).toEqual(others.map((id) => `${target.key} ${id}`))
  })

  test('takes no upload for its own where the service sent the attempt away', async () => {
    const service = await startService({
      faults: [parseFault('InitiateMultipartUpload,nth=2,fail=ServiceUnavailable,status=503')],
    })
    const { uploadId } = await service.client.initiateMultipartUpload(target)
    const { parts } = await upload(service.client, content, target, { partSize }).done
    expect(parts).toBe(3)
    expect(await openUploads(service)).toEqual([`${target.key} ${uploadId}`])
  })

  test('says so when it cannot look for what it may have left', async () => {
    const service = await startService({
      faults: [...faults, parseFault('ListMultipartUploads,nth=1,fail=AccessDenied')],
    })
    const notices: string[] = []
    const { parts } = await upload(service.client, content, target, {
      partSize,
      onNotice: (notice) => notices.push(notice),
    }).done
    expect(parts).toBe(3)
    expect(notices).toEqual([expect.stringMatching(/empty upload .* may be left/)])
  })

  test('says so when no attempt was answered', async () => {
    const service = await startService({
      faults: [parseFault('InitiateMultipartUpload,cut=answer')],
    })
    const notices: string[] = []
    const { done } = upload(service.client, content, target, {
      onNotice: (notice) => notices.push(notice),
    })
    await expect(done).rejects.toMatchObject({ name: 'TransportError' })
    expect(notices).toEqual([expect.stringMatching(/empty upload .* may be left/)])
  })
})

describe('the answers of one upload', () => {
  const partSize = 100 * KiB
  const content = randomContent(3 * partSize)

  test('to a part: it is sent once more, and counts once', async () => {
    const service = await startService({
      faults: [parseFault('UploadPart,part=2,nth=1,cut=answer')],
    })
    const result = await upload(service.client, content, target, { partSize }).done
    expect(result).toMatchObject({ parts: 3, retries: 1, size: content.length })
    expect(await service.count('UploadPart', 4)).toBe(4)
  })

  test('to the abort of its handle: the upload is gone all the same', async () => {
    const service = await startService({
      faults: [parseFault('AbortMultipartUpload,nth=1,cut=answer')],
    })
    const handle = upload(service.client, content, target, {
      partSize,
      parallel: 1,
      onPart: () => handle.pause(),
    })
    const failed = expect(handle.done).rejects.toThrow('aborted')
    while (!handle.uploadId) await new Promise((resolve) => setImmediate(resolve))
    await handle.abort()
    await failed
    expect((await service.client.listMultipartUploads({ bucket: BUCKET })).uploads).toEqual([])
  })
})
