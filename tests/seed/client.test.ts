/** What the SDK's document promises to its caller, of our own client over a real socket. */

import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  fileRange,
  type HttpRequest,
  nodeTransport,
  OssClient,
  type Transport,
  TransportError,
} from '@lading/client/node'
import { parseFault, type RunningServer, type ServerOptions } from '@lading/server'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const bucket = 'seed-client'
const PART = 102_400

async function start(options: ServerOptions = {}): Promise<RunningServer> {
  const server = await startServer(options)
  onTestFinished(() => server.close({ graceMs: 0 }))
  return server
}

function connect(
  server: RunningServer,
  options: Partial<ConstructorParameters<typeof OssClient>[0]> = {},
): OssClient {
  const client = new OssClient({
    endpoint: server.url,
    credentials: server.credentials,
    retry: { retries: 0 },
    ...options,
  })
  onTestFinished(() => client.close())
  return client
}

/** Passes everything on and remembers what was asked. */
function recording(): { transport: Transport; requests: HttpRequest[] } {
  const inner = nodeTransport()
  const requests: HttpRequest[] = []
  return {
    requests,
    transport: {
      exchange(request, options) {
        requests.push(request)
        return inner.exchange(request, options)
      },
      close: () => inner.close(),
    },
  }
}

test('ranges of a file are uploaded as parts, and the parts to complete with come from ListParts', async () => {
  const server = await start()
  const client = connect(server)
  await client.putBucket({ bucket })
  const content = randomBytes(3 * PART + 11)
  const file = join(await temporaryDirectory(), 'source.bin')
  await writeFile(file, content)
  const { uploadId } = await client.initiateMultipartUpload({ bucket, key: 'ranges' })
  await Promise.all(
    [4, 2, 3, 1].map((partNumber) => {
      const offset = (partNumber - 1) * PART
      const size = Math.min(PART, content.length - offset)
      const body = fileRange(file, offset, size)
      return client.uploadPart({ bucket, key: 'ranges', uploadId, partNumber, body })
    }),
  )
  const { parts } = await client.listParts({ bucket, key: 'ranges', uploadId })
  await client.completeMultipartUpload({ bucket, key: 'ranges', uploadId, parts })
  const { body } = await client.getObject({ bucket, key: 'ranges' })
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  expect(Buffer.compare(Buffer.concat(chunks), content)).toBe(0)
})

test('Content-MD5 goes along with every part by itself', async () => {
  const server = await start()
  const { transport, requests } = recording()
  const client = connect(server, { transport })
  await client.putBucket({ bucket })
  const { uploadId } = await client.initiateMultipartUpload({ bucket, key: 'md5' })
  const bodies = [randomBytes(10), randomBytes(PART)]
  for (const [at, body] of bodies.entries()) {
    await client.uploadPart({ bucket, key: 'md5', uploadId, partNumber: at + 1, body })
  }
  const sent = requests
    .filter(({ path }) => path.includes('partNumber='))
    .map(({ headers }) => headers.get('content-md5'))
  expect(sent).toEqual(bodies.map((body) => createHash('md5').update(body).digest('base64')))
})

test('a part that arrives damaged is InvalidDigest to the caller, and is not stored', async () => {
  const server = await start()
  const inner = nodeTransport()
  const damaging: Transport = {
    exchange(request, options) {
      const { body } = request
      if (!body || !request.path.includes('partNumber=')) return inner.exchange(request, options)
      async function* damaged(): AsyncGenerator<Uint8Array> {
        for await (const chunk of body?.open() ?? []) yield chunk.map((byte) => byte ^ 1)
      }
      return inner.exchange({ ...request, body: { ...body, open: damaged } }, options)
    },
    close: () => inner.close(),
  }
  const client = connect(server, { transport: damaging })
  await client.putBucket({ bucket })
  const { uploadId } = await client.initiateMultipartUpload({ bucket, key: 'damaged' })
  const part = { bucket, key: 'damaged', uploadId, partNumber: 1, body: randomBytes(1000) }
  await expect(client.uploadPart(part)).rejects.toMatchObject({
    name: 'OssError',
    code: 'InvalidDigest',
    status: 400,
  })
  expect((await client.listParts({ bucket, key: 'damaged', uploadId })).parts).toEqual([])
})

test('an endpoint that is the CNAME of a bucket takes the whole upload', async () => {
  // The address stands in for the name that would be bound: no resolver is asked in a test.
  const server = await start({ cnames: { '127.0.0.1': bucket } })
  const byName = connect(server, { endpoint: `http://localhost:${server.port}` })
  await byName.putBucket({ bucket })
  const { transport, requests } = recording()
  const client = connect(server, { style: 'cname', transport })
  const key = 'dir/by cname'
  const { uploadId } = await client.initiateMultipartUpload({ bucket, key })
  const { etag } = await client.uploadPart({
    bucket,
    key,
    uploadId,
    partNumber: 1,
    body: randomBytes(5),
  })
  await client.completeMultipartUpload({ bucket, key, uploadId, parts: [{ partNumber: 1, etag }] })
  expect(requests.map(({ path }) => path.split('?')[0])).toEqual(Array(3).fill('/dir/by%20cname'))
  expect((await byName.headObject({ bucket, key })).size).toBe(5)
})

test('an answer that does not come within the timeout is given up, and said to be', async () => {
  const server = await start({ faults: [parseFault('InitiateMultipartUpload,delay=600000')] })
  await connect(server).putBucket({ bucket })
  const client = connect(server, { idleTimeoutMs: 200 })
  const initiate = client.initiateMultipartUpload({ bucket, key: 'slow' })
  await expect(initiate).rejects.toBeInstanceOf(TransportError)
})

test('each call tells its status and request id, and a refusal also its code and message', async () => {
  const server = await start()
  const client = connect(server)
  const key = 'status'
  const made = await client.putBucket({ bucket })
  const initiated = await client.initiateMultipartUpload({ bucket, key })
  const { uploadId } = initiated
  const part = await client.uploadPart({
    bucket,
    key,
    uploadId,
    partNumber: 1,
    body: randomBytes(9),
  })
  const listed = await client.listParts({ bucket, key, uploadId })
  const aborted = await client.abortMultipartUpload({ bucket, key, uploadId })
  const answers = [made, initiated, part, listed, aborted]
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 204])
  for (const { requestId } of answers) expect(requestId).toMatch(/^[0-9A-F]{24}$/)
  await expect(client.listParts({ bucket, key, uploadId })).rejects.toMatchObject({
    name: 'OssError',
    status: 404,
    code: 'NoSuchUpload',
    requestId: expect.stringMatching(/^[0-9A-F]{24}$/),
    message: expect.stringContaining('The specified upload does not exist.'),
  })
})
