import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatHttpDate } from '@lading/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { localServer } from './local-server.contract.ts'
import { OssClient } from './node.ts'
import type { ClientOptions } from './options.ts'

const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }
const object = { bucket: 'bucket', key: 'key' }

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A client of a server that gives one answer after the other, and the last one from then on. */
async function clientOf(answers: readonly Answer[], options: ClientOptions = {}) {
  const requests: IncomingMessage[] = []
  const server = await localServer((request, response) => {
    requests.push(request)
    const answer = answers[Math.min(requests.length, answers.length) - 1]
    request.resume().on('end', () => answer?.(request, response))
  })
  const retry = { baseDelayMs: 1, maxDelayMs: 2 }
  const client = new OssClient({ endpoint: server.url, credentials, retry, ...options })
  onTestFinished(() => client.close())
  return { client, requests }
}

function reply(status: number, text = '', headers: Record<string, string> = {}): Answer {
  return (_, response) => void response.writeHead(status, headers).end(text)
}

function refusal(status: number, code: string, headers: Record<string, string> = {}): Answer {
  const text = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>why</Message><RequestId>R1</RequestId><HostId>h</HostId><EC>0001-1</EC><BucketName>bucket</BucketName></Error>`
  return reply(status, text, headers)
}

const deleted = reply(204)

test('a refusal is an OssError with all that the service said', async () => {
  const { client } = await clientOf([refusal(404, 'NoSuchBucket')])
  await expect(client.deleteObject(object)).rejects.toMatchObject({
    name: 'OssError',
    code: 'NoSuchBucket',
    status: 404,
    message: 'why',
    requestId: 'R1',
    hostId: 'h',
    ec: '0001-1',
    details: { BucketName: 'bucket' },
  })
})

test('the refusal of a HEAD is read from its header', async () => {
  const xml = '<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>'
  const hidden = Buffer.from(xml).toString('base64')
  const { client } = await clientOf([reply(404, '', { 'x-oss-err': hidden, 'x-oss-ec': '0015-1' })])
  await expect(client.headObject(object)).rejects.toMatchObject({
    code: 'NoSuchBucket',
    ec: '0015-1',
  })
})

test.each([
  [304, 'NotModified'],
  [404, 'NoSuchKey'],
  [412, 'PreconditionFailed'],
  [418, 'BadErrorResponse'],
])('a bare %i is %s', async (status, code) => {
  const { client } = await clientOf([reply(status)])
  await expect(client.headObject(object)).rejects.toMatchObject({ name: 'OssError', code, status })
})

test('a page that a proxy made is an OssError of its status', async () => {
  const { client, requests } = await clientOf([reply(502, '<html>Bad Gateway</html>')])
  await expect(client.deleteObject(object)).rejects.toMatchObject({
    code: 'BadErrorResponse',
    status: 502,
  })
  expect(requests).toHaveLength(4)
})

test.each([200, 203])('an <Error> under status %i is a refusal', async (status) => {
  const { client } = await clientOf([refusal(status, 'CallbackFailed')])
  const completed = client.completeMultipartUpload({ ...object, uploadId: 'U', completeAll: true })
  await expect(completed).rejects.toMatchObject({ code: 'CallbackFailed', status })
})

test('an answer that makes no sense is a TransportError', async () => {
  const { client } = await clientOf([reply(200, 'hello')])
  await expect(client.initiateMultipartUpload(object)).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining('InitiateMultipartUpload'),
  })
})

test.each([
  [408, 'RequestTimeout'],
  [429, 'TooManyRequests'],
  [400, 'RequestTimeout'],
  [500, 'InternalError'],
  [503, 'ServiceUnavailable'],
])('%i %s is retried', async (status, code) => {
  const { client, requests } = await clientOf([refusal(status, code), deleted])
  expect(await client.deleteObject(object)).toMatchObject({ status: 204 })
  expect(requests).toHaveLength(2)
})

test.each([
  [400, 'InvalidArgument'],
  [403, 'AccessDenied'],
  [409, 'FileAlreadyExists'],
])('%i %s is not retried', async (status, code) => {
  const { client, requests } = await clientOf([refusal(status, code), deleted])
  await expect(client.deleteObject(object)).rejects.toMatchObject({ code })
  expect(requests).toHaveLength(1)
})

test('retries end where they are said to, and a call may say otherwise', async () => {
  const { client, requests } = await clientOf([refusal(500, 'InternalError')])
  await expect(client.deleteObject(object)).rejects.toMatchObject({ status: 500 })
  expect(requests).toHaveLength(4)
  await expect(client.deleteObject(object, { retries: 0 })).rejects.toMatchObject({ status: 500 })
  expect(requests).toHaveLength(5)
})

test('a connection that is reset is retried', async () => {
  const { client, requests } = await clientOf([(request) => request.socket.destroy(), deleted])
  expect(await client.deleteObject(object)).toMatchObject({ status: 204 })
  expect(requests).toHaveLength(2)
})

test('a stream is never sent twice', async () => {
  let opened = 0
  const stream = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      opened += 1
      yield Buffer.from('once')
    },
  }
  const { client, requests } = await clientOf([refusal(500, 'InternalError')])
  await expect(client.putObject({ ...object, body: stream })).rejects.toMatchObject({ status: 500 })
  expect([opened, requests.length]).toEqual([1, 1])
})

test('a clock that is wrong is set by the refusal, and stays set', async () => {
  const serverTime = new Date('2030-01-02T03:04:05Z')
  const skewed = refusal(403, 'RequestTimeTooSkewed', { date: formatHttpDate(serverTime) })
  const { client, requests } = await clientOf([skewed, deleted, deleted], {
    now: () => Date.UTC(2001, 1, 1),
  })
  await client.deleteObject(object)
  await client.deleteObject(object)
  const dates = requests.map(({ headers }) => headers['x-oss-date'])
  expect(dates).toEqual(['20010201T000000Z', '20300102T030405Z', '20300102T030405Z'])
})

test('keys that the service refuses are asked for again, once for all who wait', async () => {
  const asked: number[] = []
  const { client, requests } = await clientOf(
    [
      (request, response) => {
        const isOld = request.headers.authorization?.includes('id-1') ?? false
        return (isOld ? refusal(403, 'SecurityTokenExpired') : deleted)(request, response)
      },
    ],
    {
      credentials: async () => {
        asked.push(asked.length + 1)
        return { ...credentials, accessKeyId: `id-${asked.length}`, securityToken: 'token' }
      },
    },
  )
  await Promise.all([1, 2, 3, 4].map(() => client.deleteObject(object)))
  expect(asked).toEqual([1, 2])
  expect(requests.length).toBeLessThanOrEqual(8)
  expect(requests.at(-1)?.headers['x-oss-security-token']).toBe('token')
})

test('refused keys that nobody can replace are not retried', async () => {
  const { client, requests } = await clientOf([refusal(403, 'InvalidAccessKeyId')])
  await expect(client.deleteObject(object)).rejects.toMatchObject({ code: 'InvalidAccessKeyId' })
  expect(requests).toHaveLength(1)
})

test('without keys a request is anonymous', async () => {
  const server = await localServer((request, response) => {
    response.writeHead(request.headers.authorization === undefined ? 204 : 500).end()
  })
  const client = new OssClient({ endpoint: server.url })
  onTestFinished(() => client.close())
  expect(await client.deleteObject(object)).toMatchObject({ status: 204 })
  await expect(client.presign({ ...object, method: 'GET' })).rejects.toThrow(TypeError)
})

test.each([
  ['an empty upload id', { uploadId: '', partNumber: 1 }],
  ['part number 0', { uploadId: 'U', partNumber: 0 }],
  ['part number 10,001', { uploadId: 'U', partNumber: 10_001 }],
])('refuses %s before anything is sent', async (_, part) => {
  const { client, requests } = await clientOf([deleted])
  await expect(client.uploadPart({ ...object, ...part, body: 'x' })).rejects.toThrow(
    /uploadId|partNumber/,
  )
  expect(requests).toHaveLength(0)
})

test('an upload is not taken for an object: abort without an id is refused', async () => {
  const { client, requests } = await clientOf([deleted])
  await expect(
    (async () => client.abortMultipartUpload({ ...object, uploadId: '' }))(),
  ).rejects.toThrow(TypeError)
  expect(requests).toHaveLength(0)
})

test.each([
  [{ region: 'cn-beijing' }, 'https://oss-cn-beijing.aliyuncs.com', 'cn-beijing'],
  [{ endpoint: 'oss-us-west-1-internal.aliyuncs.com' }, undefined, 'us-west-1'],
  [{ endpoint: 'oss-accelerate.aliyuncs.com' }, undefined, 'cn-hangzhou'],
  [{ endpoint: 'http://127.0.0.1:9000' }, 'http://127.0.0.1:9000', 'cn-hangzhou'],
])('%o is at %s in %s', (options, endpoint, region) => {
  const client = new OssClient(options)
  expect(client.region).toBe(region)
  if (endpoint) expect(client.endpoint).toBe(endpoint)
})

test('a client that is told neither endpoint nor region is refused', () => {
  expect(() => new OssClient({})).toThrow(TypeError)
})

test('a call that is not done within its total time is a TransportError, and closes its connection', async () => {
  const { client, requests } = await clientOf([() => {}], { totalTimeoutMs: 50 })
  await expect(client.deleteObject(object)).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringMatching(/DeleteObject was not done within 50 ms/),
  })
  expect(requests).toHaveLength(1)
})

test('the total time counts the repetitions and the waits between them', async () => {
  const busy = refusal(503, 'ServiceUnavailable', { 'retry-after': '60' })
  const { client, requests } = await clientOf([busy])
  await expect(client.deleteObject(object, { totalTimeoutMs: 50 })).rejects.toThrow('within 50 ms')
  expect(requests).toHaveLength(1)
})

test('initiating, which outlasts an abort, does not outlast its total time', async () => {
  const { client } = await clientOf([() => {}])
  const call = { totalTimeoutMs: 50, signal: new AbortController().signal }
  await expect(client.initiateMultipartUpload(object, call)).rejects.toThrow('within 50 ms')
})

test('the total time ends with the headers of an object: its bytes may take longer, and be aborted', async () => {
  let write = (_: string): void => {}
  const { client } = await clientOf([
    (_, response) => {
      const etag = '"5D41402ABC4B2A76B9719D911017C592"'
      response.writeHead(200, { etag, 'content-length': '100' })
      write = (text) => void response.write(text)
      write('first')
    },
  ])
  const controller = new AbortController()
  const call = { totalTimeoutMs: 300, signal: controller.signal }
  const { body } = await client.getObject(object, call)
  const chunks = body[Symbol.asyncIterator]()
  await chunks.next()
  const other = await clientOf([() => {}], { totalTimeoutMs: 400 })
  await expect(other.client.deleteObject(object)).rejects.toThrow('within 400 ms')
  write('second')
  expect(await chunks.next()).toMatchObject({ done: false })
  controller.abort(new Error('enough'))
  await expect(chunks.next()).rejects.toThrow('enough')
})

test('a total time that is no number of milliseconds is refused', async () => {
  const { client } = await clientOf([deleted])
  await expect(client.deleteObject(object, { totalTimeoutMs: 0 })).rejects.toThrow(RangeError)
})

test('an object whose headers say nothing of its size is a TransportError, asked for again first', async () => {
  const { client, requests } = await clientOf([
    (_, response) => void response.writeHead(200).write('bytes'),
  ])
  await expect(client.getObject(object, { retries: 1 })).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining('The answer to GetObject makes no sense'),
  })
  expect(requests).toHaveLength(2)
})

test('an error names the call that it is of, and whether the call may succeed later', async () => {
  const { client } = await clientOf([
    refusal(403, 'AccessDenied'),
    refusal(503, 'ServiceUnavailable'),
  ])
  const part = { ...object, uploadId: 'an-id', partNumber: 7, body: 'bytes' }
  const where = { operation: 'UploadPart', uploadId: 'an-id', partNumber: 7 }
  const once = { retries: 0 }
  await expect(client.uploadPart(part, once)).rejects.toMatchObject({ ...where, retryable: false })
  await expect(client.uploadPart(part, once)).rejects.toMatchObject({ ...where, retryable: true })
})
