/** What the three errors know of the request that failed, each field by itself. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { download, IntegrityError, OssError, TransportError, upload } from '@lading/client/node'
import { parseFault } from '@lading/server'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BUCKET, KiB, randomContent, startService, tampering } from './service.ts'

const target = { bucket: BUCKET, key: 'told' }
const body = randomContent(100 * KiB)
const REQUEST_ID = /^[0-9A-F]{24}$/
const EC = '0042-00000001'

type Told = OssError | TransportError | IntegrityError
type Facts = Pick<
  Told,
  'code' | 'status' | 'requestId' | 'ec' | 'partNumber' | 'retryable' | 'message'
>

interface Failed {
  readonly error: Told
  readonly uploadId: string
}

/** The first test that looks at the failure brings it about. */
function shared(fail: () => Promise<Failed>): () => Promise<Failed> {
  let failure: Promise<Failed> | undefined
  return () => {
    failure ??= fail()
    return failure
  }
}

async function failureOf(call: Promise<unknown>): Promise<Told> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof OssError || error instanceof TransportError) return error
  if (error instanceof IntegrityError) return error
  throw new Error('This should have failed otherwise.', { cause: error })
}

const refused = shared(async () => {
  const { client } = await startService()
  const { uploadId } = await client.initiateMultipartUpload(target)
  await client.abortMultipartUpload({ ...target, uploadId })
  const call = client.uploadPart({ ...target, uploadId, partNumber: 7, body })
  return { error: await failureOf(call), uploadId }
})

/** An answer to UploadPart that is `spoilt` on its way. */
function spoiltPart(spoilt: Parameters<typeof tampering>[0]): Promise<Failed> {
  return (async () => {
    const { connect } = await startService()
    const transport = tampering((request, response) =>
      request.path.includes('partNumber=')
        ? spoilt(request, { ...response, headers: new Map(response.headers).set('x-oss-ec', EC) })
        : response,
    )
    const client = connect({ transport, retry: { retries: 0 } })
    const { uploadId } = await client.initiateMultipartUpload(target)
    const call = client.uploadPart({ ...target, uploadId, partNumber: 7, body })
    return { error: await failureOf(call), uploadId }
  })()
}

const cutOff = shared(() =>
  spoiltPart((_, response) => ({
    ...response,
    body: {
      [Symbol.asyncIterator]: () => ({
        next: () => {
          const cause = Object.assign(new Error('cut'), { code: 'ECONNRESET' })
          return Promise.reject(new TransportError('The answer was cut off.', { cause }))
        },
      }),
    },
  })),
)

const damaged = shared(() =>
  spoiltPart((_, response) => ({
    ...response,
    headers: new Map(response.headers).set('etag', `"${'0'.repeat(32)}"`),
  })),
)

const cases: readonly [string, () => Promise<Failed>, Facts][] = [
  [
    'OssError',
    refused,
    {
      code: 'NoSuchUpload',
      status: 404,
      requestId: expect.stringMatching(REQUEST_ID),
      ec: expect.stringMatching(/^\d{4}-\d{8}$/),
      partNumber: 7,
      retryable: false,
      message: expect.stringContaining('The specified upload does not exist'),
    },
  ],
  [
    'TransportError',
    cutOff,
    {
      code: 'ECONNRESET',
      status: 200,
      requestId: expect.stringMatching(REQUEST_ID),
      ec: EC,
      partNumber: 7,
      retryable: true,
      message: 'UploadPart of part 7: The answer was cut off.',
    },
  ],
  [
    'IntegrityError',
    damaged,
    {
      code: undefined,
      status: 200,
      requestId: expect.stringMatching(REQUEST_ID),
      ec: EC,
      partNumber: 7,
      retryable: true,
      message: expect.stringMatching(/other bytes than were sent: .* Send them again\.$/),
    },
  ],
]

describe.each(cases)('%s about a part', (name, failed, facts) => {
  test.each(Object.entries(facts))('tells its %s', async (field, value) => {
    const { error } = await failed()
    expect(error.name).toBe(name)
    expect(error[field as keyof Facts]).toEqual(value)
  })

  test('tells its uploadId', async () => {
    const { error, uploadId } = await failed()
    expect(error.uploadId).toBe(uploadId)
  })
})

test('a refusal that may pass is retryable', async () => {
  const { connect } = await startService({ faults: [parseFault('HeadObject,fail=InternalError')] })
  const call = connect({ retry: { retries: 0 } }).headObject(target)
  expect(await failureOf(call)).toMatchObject({
    name: 'OssError',
    code: 'InternalError',
    status: 500,
    retryable: true,
    uploadId: undefined,
    partNumber: undefined,
  })
})

test('a connection that is cut names the code of the system, the upload, the part, and what to check', async () => {
  const { connect } = await startService({ faults: [parseFault('UploadPart,part=2,cut=answer')] })
  const client = connect({ retry: { retries: 0 } })
  const { done } = upload(client, randomContent(250 * KiB), target, { partSize: 100 * KiB })
  const error = await failureOf(done)
  expect(error).toMatchObject({
    name: 'TransportError',
    code: 'ECONNRESET',
    uploadId: expect.stringMatching(/./),
    partNumber: 2,
    retryable: true,
    message: expect.stringContaining('Check the endpoint and the network'),
  })
})

test('a call that its time ends names the upload and the part', async () => {
  const { client } = await startService({ faults: [parseFault('UploadPart,part=3,delay=30000')] })
  const { uploadId } = await client.initiateMultipartUpload(target)
  const call = client.uploadPart(
    { ...target, uploadId, partNumber: 3, body },
    { totalTimeoutMs: 100 },
  )
  expect(await failureOf(call)).toMatchObject({
    name: 'TransportError',
    uploadId,
    partNumber: 3,
    retryable: true,
    message: expect.stringContaining('a longer totalTimeoutMs'),
  })
})

test('what onRetry hears of names the upload and the part', async () => {
  const { client } = await startService({ faults: [parseFault('UploadPart,nth=1,cut=answer')] })
  const { uploadId } = await client.initiateMultipartUpload(target)
  const heard: unknown[] = []
  await client.uploadPart(
    { ...target, uploadId, partNumber: 3, body },
    { onRetry: ({ error }) => heard.push(error) },
  )
  expect(heard).toEqual([expect.objectContaining({ uploadId, partNumber: 3, retryable: true })])
})

test('an object that is not what was sent names the upload and the answer, and is not retryable', async () => {
  const { connect } = await startService()
  const transport = tampering((request, response) => {
    const tellsOfObject = request.method === 'HEAD' || /^\S*\?uploadId=/.test(request.path)
    if (request.method === 'GET' || !tellsOfObject) return response
    return { ...response, headers: new Map(response.headers).set('x-oss-hash-crc64ecma', '1') }
  })
  const { done } = upload(connect({ transport }), body, target, { findUpload: false })
  expect(await failureOf(done)).toMatchObject({
    name: 'IntegrityError',
    subject: 'object',
    status: 200,
    requestId: expect.stringMatching(REQUEST_ID),
    uploadId: expect.stringMatching(/./),
    partNumber: undefined,
    retryable: false,
    message: expect.stringContaining('Upload it again'),
  })
})

test('a source that is gone names the upload and the code of the system, and is not retryable', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lading-errors-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'source')
  await writeFile(path, body)
  const { client } = await startService()
  const { done } = upload(client, path, target, { onPart: () => rm(path) })
  expect(await failureOf(done)).toMatchObject({
    name: 'IntegrityError',
    subject: 'source',
    code: 'ENOENT',
    uploadId: expect.stringMatching(/./),
    retryable: false,
    message: expect.stringContaining('upload it again'),
  })
})

test('an object downloaded with other bytes names the answer that told its sum, and is not retryable', async () => {
  const { client, connect } = await startService()
  await client.putObject({ ...target, body })
  const transport = tampering((request, response) =>
    request.method === 'HEAD'
      ? { ...response, headers: new Map(response.headers).set('x-oss-hash-crc64ecma', '1') }
      : response,
  )

  const folder = await mkdtemp(join(tmpdir(), 'lading-errors-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { done } = download(connect({ transport }), target, join(folder, 'sink'))
  expect(await failureOf(done)).toMatchObject({
    name: 'IntegrityError',
    subject: 'object',
    status: 200,
    requestId: expect.stringMatching(REQUEST_ID),
    retryable: false,
    message: expect.stringContaining('again'),
  })
})
