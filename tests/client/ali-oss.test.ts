/** The same program with ali-oss and with ours, and each going on where the other stopped. */

import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import OurOSS, { type AliCheckpoint } from '@lading/client/ali-oss'
import AliOSS from 'ali-oss'
import { describe, expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../support/temporary.ts'
import { BUCKET, bytesOf, KiB, type Service, startService } from './service.ts'

const name = 'films/movie.mp4'
const PART = 100 * KiB
const PARTS = 5

interface Result {
  readonly res: { readonly status: number }
  readonly bucket: string
  readonly name: string
  readonly etag: string
  readonly data?: unknown
}

/** As much of either class as the programs use. */
interface Uploader {
  multipartUpload(
    name: string,
    file: unknown,
    options: {
      readonly parallel: number
      readonly partSize: number
      readonly progress: (p: number, checkpoint?: AliCheckpoint | null) => Promise<void>
      readonly meta?: Record<string, unknown>
      readonly headers?: Record<string, unknown>
      readonly callback?: object
      readonly checkpoint?: AliCheckpoint
      readonly timeout?: number | string
    },
  ): Promise<Result>
  cancel(): unknown
}

type Connect = (service: Service) => Uploader

function optionsOf({ server }: Service) {
  return { ...server.credentials, endpoint: server.url, bucket: BUCKET, authorizationV4: true }
}

const connectAli: Connect = (service) => {
  const { accessKeyId, accessKeySecret, endpoint, bucket } = optionsOf(service)
  const options = { accessKeyId, accessKeySecret, endpoint, bucket }
  return new AliOSS(options) as unknown as Uploader
}

const connectOurs: Connect = (service) => {
  const client = new OurOSS(optionsOf(service))
  onTestFinished(() => client.close())
  return client as unknown as Uploader
}

async function fileOf(content: Uint8Array): Promise<string> {
  const path = join(await temporaryDirectory(), 'movie.mp4')
  await writeFile(path, content)
  return path
}

/** How a callback names a variable. */
const slot = (name: string): string => `$${'{'}${name}}`

/** Stops after `parts` parts and returns the checkpoint as a program would have saved it. */
async function uploadHalf(client: Uploader, file: unknown, parts: number): Promise<AliCheckpoint> {
  let saved = ''
  const uploading = client.multipartUpload(name, file, {
    parallel: 1,
    partSize: PART,
    async progress(_, checkpoint) {
      if (checkpoint) saved = JSON.stringify(checkpoint)
      if (checkpoint?.doneParts.length === parts) client.cancel()
    },
  })
  await expect(uploading).rejects.toMatchObject({ name: 'cancel', status: 0 })
  return JSON.parse(saved)
}

describe.each([
  ['ali-oss', connectAli],
  ['ours', connectOurs],
])('a program that uploads with %s', (_, connect) => {
  test('hears of its progress and gets the same result', async () => {
    const service = await startService()
    const content = randomBytes(PARTS * PART - 7)
    const shares: number[] = []
    const checkpoints: (AliCheckpoint | null | undefined)[] = []

    const result = await connect(service).multipartUpload(name, await fileOf(content), {
      parallel: 2,
      partSize: PART,
      meta: { year: 1927, people: 'some' },
      headers: { 'Cache-Control': 'no-cache', 'x-oss-tagging': 'kind=film&old=1' },
      async progress(p, checkpoint) {
        shares.push(p)
        checkpoints.push(checkpoint && { ...checkpoint, doneParts: [...checkpoint.doneParts] })
      },
    })

    const { body, ...head } = await service.client.getObject({ bucket: BUCKET, key: name })
    const { tagging } = await service.client.getObjectTagging({ bucket: BUCKET, key: name })
    expect(Buffer.compare(await bytesOf(body), content)).toBe(0)
    expect(head).toMatchObject({
      contentType: 'video/mp4',
      cacheControl: 'no-cache',
      metadata: { year: '1927', people: 'some' },
    })
    expect(tagging).toEqual({ kind: 'film', old: '1' })
    expect(result).toMatchObject({ bucket: BUCKET, name, res: { status: 200 } })
    expect(result.etag).toBe(`"${head.etag}"`)
    expect(shares).toEqual([0, 1, 2, 3, 4, 5, 6].map((step) => step / (PARTS + 1)))
    expect(checkpoints.at(0)).toMatchObject({ name, partSize: PART, doneParts: [] })
    expect(checkpoints.at(-1)).toBeNull()
  })

  test('sends a small file by one request', async () => {
    const service = await startService()
    const shares: number[] = []

    const result = await connect(service).multipartUpload(name, Buffer.from('small'), {
      parallel: 2,
      partSize: PART,
      async progress(p) {
        shares.push(p)
      },
    })

    const head = await service.client.headObject({ bucket: BUCKET, key: name })
    expect(head).toMatchObject({ size: 5, objectType: 'Normal' })
    expect(result).toMatchObject({ bucket: BUCKET, name, etag: `"${head.etag}"` })
    expect(shares).toEqual([1])
  })
})

test.each([
  ['ali-oss', 'ours', connectAli, connectOurs],
  ['ours', 'ali-oss', connectOurs, connectAli],
  ['ours', 'ours', connectOurs, connectOurs],
])('%s stops half-way, and %s sends only what is missing', async (_, __, first, second) => {
  const service = await startService()
  const content = randomBytes(PARTS * PART - 7)
  const file = await fileOf(content)

  const checkpoint = await uploadHalf(first(service), file, 3)
  expect(checkpoint).toMatchObject({ file, name, partSize: PART, fileSize: content.length })
  const result = await second(service).multipartUpload(name, file, {
    parallel: 2,
    partSize: PART,
    checkpoint,
    async progress() {},
  })

  const { body } = await service.client.getObject({ bucket: BUCKET, key: name })
  expect(Buffer.compare(await bytesOf(body), content)).toBe(0)
  expect(result.etag).toMatch(/-5"$/)
  expect(await service.count('UploadPart', PARTS)).toBe(PARTS)
  expect(await service.count('InitiateMultipartUpload', 1)).toBe(1)
})

test('a file that changed in between is sent anew where it did, and never mixed', async () => {
  const service = await startService()
  const content = randomBytes(PARTS * PART)
  const file = await fileOf(content)
  const checkpoint = await uploadHalf(connectAli(service), file, 3)
  content.fill(7, 0, 10)
  await writeFile(file, content)

  await connectOurs(service).multipartUpload(name, file, {
    parallel: 2,
    partSize: PART,
    checkpoint,
    async progress() {},
  })

  const { body } = await service.client.getObject({ bucket: BUCKET, key: name })
  expect(Buffer.compare(await bytesOf(body), content)).toBe(0)
  expect(await service.count('UploadPart', PARTS + 1)).toBe(PARTS + 1)
})

test('bytes go on from a checkpoint that went through JSON, when they are given again', async () => {
  const service = await startService()
  const content = randomBytes(PARTS * PART)
  const checkpoint = await uploadHalf(connectOurs(service), new Blob([content]), 2)

  const { res } = await connectOurs(service).multipartUpload(name, new Blob([content]), {
    parallel: 2,
    partSize: PART,
    checkpoint,
    async progress() {},
  })

  expect(res.status).toBe(200)
  expect(await service.count('UploadPart', PARTS)).toBe(PARTS)
})

test.each([
  ['in parts', PART * 2 + 1],
  ['by one request', 5],
])('both bring what the callback answers, for an upload %s', async (_, size) => {
  const asked: string[] = []
  const application = createServer(async (request, response) => {
    asked.push((await bytesOf(request)).toString())
    response.setHeader('content-type', 'application/json')
    response.end('{"taken":true}')
  })
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void application.close())
  const host = `127.0.0.1:${(application.address() as AddressInfo).port}`
  const service = await startService({ callbackHosts: [host] })
  const callback = {
    url: `http://${host}/taken`,
    body: `key=${slot('object')}&of=${slot('x:film')}`,
    contentType: 'application/x-www-form-urlencoded',
    customValue: { film: 7 },
  }

  for (const connect of [connectAli, connectOurs]) {
    const { data } = await connect(service).multipartUpload(name, randomBytes(size), {
      parallel: 1,
      partSize: PART,
      callback,
      async progress() {},
    })
    expect(data).toEqual({ taken: true })
  }
  expect(asked).toHaveLength(2)
  expect(asked[1]).toBe(asked[0])
  expect(asked[0]).toContain('of=7')
})

test('what would have no effect is refused, and an upload is cancelled and aborted by its name', async () => {
  const service = await startService()
  const options = optionsOf(service)
  expect(() => new OurOSS({ ...options, ...{ urllib: {} } })).toThrow(/urllib/)
  const client = new OurOSS({ ...options, bucket: undefined })
  onTestFinished(() => client.close())
  await expect(client.multipartUpload(name, 'x')).rejects.toThrow(/bucket/)
  client.useBucket(BUCKET)
  const strange = client.multipartUpload(name, Buffer.from('x'), { headers: { Cookie: 'a' } })
  await expect(strange).rejects.toThrow(/cookie/)

  const { uploadId } = await service.client.initiateMultipartUpload({ bucket: BUCKET, key: name })
  await client.cancel({ name, uploadId })
  const { uploads } = await service.client.listMultipartUploads({ bucket: BUCKET })
  expect(uploads).toEqual([])
  const after = await client.multipartUpload(name, Buffer.from('x'), { timeout: '30s' })
  expect(after.res.status).toBe(200)
})
