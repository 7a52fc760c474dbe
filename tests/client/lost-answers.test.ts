/** Operations that can happen only once, when the answer to the first attempt is lost. */

import { parseFault } from '@lading/server'
import { describe, expect, test } from 'vitest'
import { BUCKET, randomContent, startService, tampering } from './service.ts'

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
