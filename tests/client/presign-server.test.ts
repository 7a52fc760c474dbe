/** What a backend signs for a page: used as it was meant, and as it was not. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { presignAt } from '@lading/client/browser'
import { nodeTransport, OssClient } from '@lading/client/node'
import {
  answerPresign,
  expressPresign,
  fastifyPresign,
  fetchPresign,
  type PresignAnswer,
  type PresignGrant,
  type PresignRequest,
  presignFor,
} from '@lading/client/presign-server'
import { UploadClient, upload } from '@lading/client/upload'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BUCKET, bytesOf, KiB, randomContent, type Service, startService } from './service.ts'

const key = 'people/ann/holiday & more.mov'
const grant: PresignGrant = { bucket: BUCKET, key }
const md5 = 'XrY7u+Ae7tCTyyK7j1rNww=='
const hello = new TextEncoder().encode('hello world')

type Asked = Omit<PresignRequest, 'bucket' | 'key'> & Partial<PresignRequest>

function asking(asked: Asked): PresignRequest {
  return { bucket: BUCKET, key, ...asked }
}

interface World extends Service {
  sign(asked: Asked, more?: Partial<PresignGrant>): Promise<PresignAnswer>
}

async function startWorld(): Promise<World> {
  const service = await startService()
  return {
    ...service,
    sign: (asked, more) => presignFor(service.client, { ...grant, ...more }, asking(asked)),
  }
}

/** As a page sends it. */
function send(
  { url, method, headers }: PresignAnswer,
  body?: Uint8Array<ArrayBuffer> | string,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const typed = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return fetch(url, { method, headers: { ...headers, ...more }, ...(typed && { body: typed }) })
}

async function codeOf(response: Response): Promise<string | undefined> {
  return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1]
}

async function initiate(world: World, more?: Partial<PresignGrant>): Promise<string> {
  const answer = await world.sign({ operation: 'InitiateMultipartUpload' }, more)
  const text = await (await send(answer)).text()
  return /<UploadId>(\w+)<\/UploadId>/.exec(text)?.[1] ?? ''
}

function partList(...etags: (string | null)[]): string {
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`,
  )
  return `<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`
}

test('a page without keys initiates, sends, lists and completes an upload, and heads the object', async () => {
  const world = await startWorld()
  const { sign, client } = world
  const attributes = { contentType: 'video/quicktime', metadata: { owner: 'ann' } }
  const uploadId = await initiate(world, { attributes })
  const part = { operation: 'UploadPart', uploadId, partNumber: 1, contentLength: 11 } as const
  const sent = await send(await sign({ ...part, headers: { 'content-md5': md5 } }), hello)
  expect(sent.status).toBe(200)
  const listing = { operation: 'ListParts', uploadId, maxParts: 10, partNumberMarker: 0 } as const
  expect(await (await send(await sign(listing))).text()).toContain('<PartNumber>1</PartNumber>')
  const complete = await sign({
    operation: 'CompleteMultipartUpload',
    uploadId,
    headers: { 'content-type': 'application/xml' },
  })
  expect((await send(complete, partList(sent.headers.get('etag')))).status).toBe(200)
  const head = await send(await sign({ operation: 'HeadObject' }))
  expect(head.headers.get('content-type')).toBe('video/quicktime')
  expect(head.headers.get('x-oss-meta-owner')).toBe('ann')
  const { body } = await client.getObject({ bucket: BUCKET, key })
  expect(await bytesOf(body)).toEqual(Buffer.from(hello))
})

test('a page without keys aborts an upload, and puts an object in one request', async () => {
  const world = await startWorld()
  const uploadId = await initiate(world)
  const aborted = await send(await world.sign({ operation: 'AbortMultipartUpload', uploadId }))
  expect(aborted.status).toBe(204)
  const put = await world.sign({
    operation: 'PutObject',
    contentLength: 11,
    headers: { 'content-md5': md5, 'content-type': 'text/plain' },
  })
  expect((await send(put, hello)).status).toBe(200)
})

describe('what is not granted is refused, with the reason', () => {
  const refusals: [string, Asked, Partial<PresignGrant>, RegExp][] = [
    ['another key', { operation: 'HeadObject', key: 'people/bob/x' }, {}, /another key/],
    [
      'a key that climbs',
      { operation: 'HeadObject', key: `${key}/../../bob/x` },
      {},
      /another key/,
    ],
    [
      'an encoded key',
      { operation: 'HeadObject', key: encodeURIComponent(key) },
      {},
      /another key/,
    ],
    ['encoded slashes', { operation: 'HeadObject', key: key.replace('/', '%2F') }, {}, /another/],
    ['another case', { operation: 'HeadObject', key: key.toUpperCase() }, {}, /another key/],
    ['another bucket', { operation: 'HeadObject', bucket: 'others' }, {}, /another key/],
    [
      'an operation left out',
      { operation: 'AbortMultipartUpload', uploadId: 'A' },
      { operations: ['HeadObject'] },
      /may not ask for Abort/,
    ],
    ['another upload', { operation: 'ListParts', uploadId: 'B' }, { uploadId: 'A' }, /one upload/],
    [
      'a new upload beside one',
      { operation: 'InitiateMultipartUpload' },
      { uploadId: 'A' },
      /one upload/,
    ],
    ['an object beside an upload', { operation: 'PutObject' }, { uploadId: 'A' }, /one upload/],
    [
      'a part too many',
      { operation: 'UploadPart', uploadId: 'A', partNumber: 11 },
      { maxParts: 10 },
      /10 parts/,
    ],
    [
      'a part too long',
      { operation: 'UploadPart', uploadId: 'A', partNumber: 1, contentLength: 11 },
      { maxPartSize: 10 },
      /10 bytes/,
    ],
    [
      'a part of no length',
      { operation: 'UploadPart', uploadId: 'A', partNumber: 1 },
      { maxPartSize: 10 },
      /how long/,
    ],
    [
      'an object too long',
      { operation: 'PutObject', contentLength: 11 },
      { maxPartSize: 10 },
      /10 bytes/,
    ],
    [
      'metadata',
      { operation: 'InitiateMultipartUpload', headers: { 'x-oss-meta-a': '1' } },
      {},
      /x-oss-meta-a/,
    ],
    [
      'rights for others',
      { operation: 'PutObject', headers: { 'x-oss-object-acl': 'public-read' } },
      {},
      /object-acl/,
    ],
    [
      'a callback',
      {
        operation: 'CompleteMultipartUpload',
        uploadId: 'A',
        headers: { 'x-oss-callback': 'e30=' },
      },
      {},
      /callback/,
    ],
    [
      'all parts at once',
      {
        operation: 'CompleteMultipartUpload',
        uploadId: 'A',
        headers: { 'x-oss-complete-all': 'yes' },
      },
      {},
      /complete-all/,
    ],
    [
      'a copy for a part',
      {
        operation: 'UploadPart',
        uploadId: 'A',
        partNumber: 1,
        headers: { 'x-oss-copy-source': '/others/secret' },
      },
      {},
      /copy-source/,
    ],
    [
      'a symlink',
      { operation: 'PutObject', headers: { 'x-oss-symlink-target': 'secret' } },
      {},
      /symlink/,
    ],
    ['a token', { operation: 'PutObject', headers: { 'x-oss-security-token': 't' } }, {}, /token/],
    ['the host', { operation: 'PutObject', headers: { host: 'elsewhere' } }, {}, /host/],
    [
      'overwriting against its grant',
      { operation: 'PutObject', headers: { 'x-oss-forbid-overwrite': 'false' } },
      {},
      /overwrite/,
    ],
    [
      'another type for the list of parts',
      {
        operation: 'CompleteMultipartUpload',
        uploadId: 'A',
        headers: { 'content-type': 'text/html' },
      },
      {},
      /content-type/,
    ],
  ]
  test.each(refusals)('%s', async (_, asked, more, why) => {
    const client = offlineClient()
    const answer = await answerPresign(client, () => ({ ...grant, ...more }), {}, asking(asked))
    expect(answer).toEqual({
      status: 403,
      body: { code: 'AccessDenied', message: expect.stringMatching(why) },
    })
  })
})

describe('what is no question of ours is refused, with the reason', () => {
  const head = { operation: 'HeadObject', bucket: BUCKET, key }
  const part = { operation: 'UploadPart', bucket: BUCKET, key, uploadId: 'A', partNumber: 1 }
  const put = (headers: unknown) => ({ ...head, operation: 'PutObject', headers })
  const senseless: [string, unknown, RegExp][] = [
    ['nothing', undefined, /JSON object/],
    ['a list', [head], /JSON object/],
    ['another operation', { ...head, operation: 'DeleteObject' }, /must be one of/],
    [
      'parameters of its own to a list',
      { ...head, operation: 'ListParts', uploadId: 'A', query: {} },
      /takes no "query"/,
    ],
    ['a property that every object has', { ...head, operation: 'constructor' }, /must be one of/],
    ['no key', { ...head, key: undefined }, /key must be/],
    ['an empty key', { ...head, key: '' }, /key must be/],
    ['a key that is none', { ...head, key: [key] }, /key must be/],
    ["parameters of one's own", { ...head, query: { acl: '' } }, /takes no "query"/],
    ['a sub-resource', { ...head, acl: '' }, /takes no "acl"/],
    ['a version', { ...head, versionId: 'x' }, /takes no "versionId"/],
    ['an upload id where there is none', { ...head, uploadId: 'A' }, /takes no "uploadId"/],
    ['part 0', { ...part, partNumber: 0 }, /1 to 10000/],
    ['part 10001', { ...part, partNumber: 10_001 }, /1 to 10000/],
    ['half a part', { ...part, partNumber: 1.5 }, /1 to 10000/],
    ['a part number that is a text', { ...part, partNumber: '1' }, /1 to 10000/],
    [
      'no part number, which would put an object',
      { ...part, partNumber: undefined },
      /needs partNumber/,
    ],
    ['no upload id, which would put an object', { ...part, uploadId: undefined }, /needs uploadId/],
    [
      'an empty upload id, which would delete the object',
      { ...head, operation: 'AbortMultipartUpload', uploadId: '' },
      /uploadId must be/,
    ],
    ['an upload id with parameters in it', { ...part, uploadId: 'A&acl' }, /uploadId must be/],
    [
      'more parts than a page has',
      { ...head, operation: 'ListParts', uploadId: 'A', maxParts: 1001 },
      /1 to 1000/,
    ],
    ['more bytes than a part has', { ...part, contentLength: 5 * 1024 ** 3 + 1 }, /contentLength/],
    [
      'a header in a header',
      put({ 'content-type': 'a\r\nx-oss-object-acl: public-read' }),
      /printable/,
    ],
    [
      "a header's name with a line in it",
      put({ 'content-type\r\nx-oss-object-acl': 'a' }),
      /no header's name/,
    ],
    ['a header in other case beside one', put({ 'Content-Type': 'text/html' }), /lower case/],
    ['a header of no text', put({ 'content-type': ['text/html'] }), /printable/],
    [
      'headers without end',
      put(Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`x${n}`, '']))),
      /64/,
    ],
  ]
  test.each(senseless)('%s', async (_, asked, why) => {
    const answer = await answerPresign(offlineClient(), () => grant, {}, asked)
    expect(answer).toEqual({
      status: 400,
      body: { code: 'InvalidArgument', message: expect.stringMatching(why) },
    })
  })
})

describe('a signature holds for nothing but what was signed', () => {
  const mismatch = 'SignatureDoesNotMatch'

  test('another key, a climbing one, an encoded one, another method, other parameters', async () => {
    const world = await startWorld()
    const uploadId = await initiate(world)
    const signed = await world.sign({ operation: 'UploadPart', uploadId, partNumber: 2 })
    const at = (change: (url: URL) => void): PresignAnswer => {
      const url = new URL(signed.url)
      change(url)
      return { ...signed, url: url.href }
    }
    const others = [
      at((url) => url.searchParams.set('partNumber', '3')),
      at((url) => url.searchParams.set('uploadId', 'B'.repeat(32))),
      at((url) => url.searchParams.append('acl', '')),
      at((url) => url.searchParams.append('partNumber', '2')),
      at((url) => url.searchParams.delete('partNumber')),
      at((url) => url.searchParams.set('x-oss-expires', '604800')),
      at((url) => url.searchParams.set('x-oss-process', 'image/info')),
      at((url) => {
        url.pathname = url.pathname.replace('ann', 'bob')
      }),
      at((url) => {
        url.pathname += '/../other'
      }),
      at((url) => {
        url.pathname += '%2F..%2Fother'
      }),
      { ...signed, method: 'DELETE' as const },
      { ...signed, method: 'POST' as const },
    ]
    for (const other of others) {
      const hasBody = other.method !== 'DELETE'
      const response = await send(other, hasBody ? hello : undefined)
      expect([other.url, await codeOf(response)]).toEqual([other.url, mismatch])
    }
    expect((await send(signed, hello)).status).toBe(200)
  })

  test('headers: none may be changed, left out where it was asked for, or added', async () => {
    const world = await startWorld()
    const signed = await world.sign(
      { operation: 'PutObject', contentLength: 11, headers: { 'content-type': 'text/plain' } },
      { attributes: { forbidOverwrite: true, cacheControl: 'no-store' } },
    )
    const without = (name: string): PresignAnswer => {
      const { [name]: _, ...headers } = signed.headers
      return { ...signed, headers }
    }
    for (const [answer, more, code = mismatch] of [
      [signed, { 'content-type': 'text/html' }],
      [signed, { 'cache-control': 'public' }],
      [signed, { 'x-oss-object-acl': 'public-read' }],
      [signed, { 'x-oss-meta-a': '1' }],
      [without('content-type'), {}],
      [without('cache-control'), {}, 'InvalidArgument'],
      [without('x-oss-forbid-overwrite'), {}],
    ] as const) {
      const response = await send(answer, hello, more)
      expect([answer.headers, more, await codeOf(response)]).toEqual([answer.headers, more, code])
    }
    const longer = new TextEncoder().encode('hello world!')
    expect(await codeOf(await send(signed, longer))).toBe(mismatch)
    expect((await send(signed, hello)).status).toBe(200)
    expect(await codeOf(await send(signed, hello))).toBe('FileAlreadyExists')
  })

  test('the bytes of a part, by their Content-MD5', async () => {
    const world = await startWorld()
    const uploadId = await initiate(world)
    const part = { operation: 'UploadPart', uploadId, partNumber: 1 } as const
    const signed = await world.sign({ ...part, headers: { 'content-md5': md5 } })
    const others = new TextEncoder().encode('hello_world')
    expect(await codeOf(await send(signed, others))).toBe('InvalidDigest')
    expect((await send(signed, hello)).status).toBe(200)
  })

  test('an upload of another key, whose id the page has learnt, is none', async () => {
    const { client, sign } = await startWorld()
    const { uploadId } = await client.initiateMultipartUpload({ bucket: BUCKET, key: 'secret' })
    const signed = await sign({ operation: 'ListParts', uploadId })
    expect(await codeOf(await send(signed))).toBe('NoSuchUpload')
    const part = await sign({ operation: 'UploadPart', uploadId, partNumber: 1 })
    expect(await codeOf(await send(part, hello))).toBe('NoSuchUpload')
  })

  test('a time: what has expired is refused', async () => {
    const { server, sign, connect } = await startWorld()
    const client = connect({ now: () => Date.now() - 3_600_000 })
    const old = await presignFor(
      client,
      { ...grant, expiresInSeconds: 60 },
      asking({ operation: 'HeadObject' }),
    )
    expect(Date.parse(old.expiration)).toBeLessThan(Date.now() - 3_000_000)
    expect((await send(old)).status).toBe(403)
    const fresh = await sign({ operation: 'HeadObject' }, { expiresInSeconds: 60 })
    expect((await send(fresh)).status).toBe(404)
    expect(fresh.url.startsWith(server.url)).toBe(true)
    await expect(sign({ operation: 'HeadObject' }, { expiresInSeconds: 0 })).rejects.toThrow(
      RangeError,
    )
  })
})

test('the secret is in no answer, and temporary keys bring their token', async () => {
  const credentials = { accessKeyId: 'id', accessKeySecret: 's3cr3t', securityToken: 'tok/en' }
  const client = new OssClient({ endpoint: 'http://127.0.0.1:1', credentials })
  const answer = await presignFor(client, grant, asking({ operation: 'PutObject' }))
  expect(JSON.stringify(answer)).not.toContain('s3cr3t')
  expect(new URL(answer.url).searchParams.get('x-oss-security-token')).toBe('tok/en')
})

test('a client that signs by V1 is misuse: that leaves parameters unsigned', async () => {
  const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }
  const client = new OssClient({ region: 'cn-hangzhou', credentials, signatureVersion: 'v1' })
  const signing = presignFor(client, grant, asking({ operation: 'HeadObject' }))
  await expect(signing).rejects.toThrow(/Only V4/)
})

test('the page chooses what the application lets it, and what the application says wins', async () => {
  const headers = { 'content-type': 'text/html', 'x-oss-meta-a': '1', 'x-oss-meta-b': '2' }
  const more = {
    pageHeaders: ['x-oss-meta-*', 'content-type'],
    attributes: { contentType: 'text/plain' },
  }
  const asked = asking({ operation: 'InitiateMultipartUpload', headers })
  const answer = await presignFor(offlineClient(), { ...grant, ...more }, asked)
  expect(answer.headers).toEqual({ ...headers, 'content-type': 'text/plain' })
})

test('a client that has its requests signed by a backend uploads, resumes and proves like any other', async () => {
  const { server, client } = await startWorld()
  const asked: string[] = []
  const backend = await startBackend(
    fetchPresign(client, (_, { operation }) => {
      asked.push(operation)
      return asked.length === 3 ? undefined : grant
    }),
  )
  const page = new UploadClient({
    endpoint: server.url,
    presign: presignAt(backend),
    transport: nodeTransport(),
    retry: { retries: 0 },
  })
  onTestFinished(() => page.close())
  const content = randomContent(300 * KiB)
  const options = {
    partSize: 100 * KiB,
    parallel: 1,
    verify: 'strict',
    contentType: 'text/plain',
  } as const
  const cut = upload(page, content, grant, options)
  await expect(cut.done).rejects.toMatchObject({
    code: 'AccessDenied',
    message: 'This page may not upload.',
    operation: 'UploadPart',
  })
  const result = await upload(page, content, grant, { ...options, uploadId: cut.uploadId ?? '' })
    .done
  expect(result).toMatchObject({ parts: 3, resumedParts: 1, verified: ['etag', 'crc64'] })
  expect(asked).toEqual([
    'InitiateMultipartUpload',
    'UploadPart',
    'UploadPart',
    'ListParts',
    'UploadPart',
    'UploadPart',
    'CompleteMultipartUpload',
  ])
  const { body } = await client.getObject({ bucket: BUCKET, key })
  expect(await bytesOf(body)).toEqual(Buffer.from(content))
})

test('a backend that is away, or broken, is asked again', async () => {
  const { server, client } = await startWorld()
  let questions = 0
  const sign = fetchPresign(client, () => grant)
  const backend = await startBackend(async (request) => {
    questions += 1
    return questions < 3 ? new Response('<h1>Bad Gateway</h1>', { status: 502 }) : sign(request)
  })
  const retry = { retries: 3, baseDelayMs: 1 }
  const transport = nodeTransport()
  const page = new UploadClient({
    endpoint: server.url,
    presign: presignAt(backend),
    transport,
    retry,
  })
  onTestFinished(() => page.close())
  expect((await page.initiateMultipartUpload(grant)).uploadId).toBeTruthy()
  expect(questions).toBe(3)
})

describe('over HTTP', () => {
  const question = asking({ operation: 'HeadObject' })
  const ask = (body: string, type = 'application/json'): Request =>
    new Request('http://backend/sign', { method: 'POST', body, headers: { 'content-type': type } })

  test('the application decides by the request; a page it does not know may not upload', async () => {
    const handle = fetchPresign(offlineClient(), (request, { key }) =>
      request.headers.get('cookie') === 'ann' ? { bucket: BUCKET, key } : undefined,
    )
    const stranger = await handle(ask(JSON.stringify(question)))
    expect([stranger.status, await stranger.json()]).toEqual([
      403,
      { code: 'AccessDenied', message: 'This page may not upload.' },
    ])
    const known = ask(JSON.stringify(question))
    known.headers.set('cookie', 'ann')
    const answer = await handle(known)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.json()).toMatchObject({ method: 'HEAD', headers: {} })
  })

  test('what a form of another page could send is no question', async () => {
    const handle = fetchPresign(offlineClient(), () => grant)
    expect((await handle(ask(JSON.stringify(question), 'text/plain'))).status).toBe(400)
    expect((await handle(ask('{'))).status).toBe(400)
    expect((await handle(new Request('http://backend/sign'))).status).toBe(400)
  })

  test('Express and Fastify answer the same', async () => {
    const seen: unknown[] = []
    const keep = (what: unknown) => {
      seen.push(what)
      return reply
    }
    const reply = {
      status: keep,
      code: keep,
      set: (_: string, value: string) => keep(value),
      header: (_: string, value: string) => keep(value),
      json: (body: object) => keep(Object.keys(body)),
      send: (body: object) => keep(Object.keys(body)),
    }
    const client = offlineClient()
    await expressPresign(client, () => grant)({ body: question }, reply)
    await fastifyPresign(client, () => grant)({ body: question }, reply)
    const once = [200, 'no-store', ['url', 'method', 'headers', 'expiration']]
    expect(seen).toEqual([...once, ...once])
  })

  test("a fault of the application is no refusal of the page's", async () => {
    const handle = fetchPresign(offlineClient(), () => {
      throw new Error('the database is away')
    })
    await expect(handle(ask(JSON.stringify(question)))).rejects.toThrow('the database is away')
  })
})

/** A backend that speaks `Request` and `Response`. Resolves with its URL. */
async function startBackend(handle: (request: Request) => Promise<Response>): Promise<string> {
  const backend = createServer(async (incoming, outgoing) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const { 'content-type': type = '' } = incoming.headers
    const init = { method: 'POST', body: Buffer.concat(chunks), headers: { 'content-type': type } }
    const response = await handle(new Request('http://backend/sign', init))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(await response.text())
  })
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    backend.closeAllConnections()
    backend.close()
  })
  return `http://127.0.0.1:${(backend.address() as AddressInfo).port}/sign`
}

/** Signs, and talks to nobody. */
function offlineClient(): OssClient {
  const credentials = { accessKeyId: 'id', accessKeySecret: 'secret' }
  return new OssClient({ endpoint: 'http://127.0.0.1:1', credentials })
}
