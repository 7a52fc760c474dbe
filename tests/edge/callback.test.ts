import { createVerify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { post } from '../operations/post-form.ts'
import { type ServiceAnswer, type ServiceRequest, startTestService } from '../operations/service.ts'
import { elementOf } from '../support/oss-wire.ts'

interface Call {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What the application was asked, and what it answers. */
const calls: Call[] = []
let connections = 0
let answer: { status: number; body: string; headers?: Record<string, string> }

/** One on 127.0.0.1; resolves with its port. */
async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      calls.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') })
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  server.on('connection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(() => void server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

const { port } = await listen()
const other = await listen()
const application = `127.0.0.1:${port}`
const service = await startTestService({ callbackHosts: [application, `localhost:${port}`] })
const bucket = await service.makeBucket()

beforeEach(() => {
  calls.length = 0
  connections = 0
  answer = { status: 200, body: '{"Status":"OK"}' }
})

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
/** How a callback names a variable. */
const slot = (name: string): string => `$${'{'}${name}}`
const template = ['b=bucket', 'o=object', 'e=etag', 's=size', 't=mimeType', 'v=x:v']
  .map((pair) => pair.replace(/=(.*)/, (_, name: string) => `=${slot(name)}`))
  .join('&')
const settings = { callbackUrl: `http://${application}/cb`, callbackBody: template }

function put(
  callback: unknown,
  more: Partial<ServiceRequest> & { readonly variables?: unknown } = {},
): Promise<ServiceAnswer> {
  const { variables, headers, ...rest } = more
  return service.call({
    method: 'PUT',
    bucket,
    key: 'a b/中',
    body: '123456789',
    headers: {
      'content-type': 'text/plain',
      'x-oss-callback': typeof callback === 'string' ? callback : encode(callback),
      ...(variables !== undefined && { 'x-oss-callback-var': encode(variables) }),
      ...headers,
    },
    ...rest,
  })
}

describe('a callback', () => {
  it('tells the application, whose answer goes to the uploader as it is', async () => {
    const { status, text, headers } = await put(settings, { variables: { 'x:v': 'ü&' } })
    expect([status, text]).toEqual([200, '{"Status":"OK"}'])
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.get('etag')).toBe('"25F9E794323B453885F5181F1B624D0B"')
    expect(headers.get('x-oss-hash-crc64ecma')).toBe('11051210869376104954')
    expect(calls).toHaveLength(1)
    const [call] = calls
    expect([call?.method, call?.url, call?.headers.host]).toEqual(['POST', '/cb', application])
    expect(call?.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(call?.body).toBe(
      `b=${bucket}&o=a%20b%2F%E4%B8%AD&e=25F9E794323B453885F5181F1B624D0B&s=9&t=text%2Fplain&v=%C3%BC%26`,
    )
  })

  it('fills JSON with quoted texts and plain numbers, and knows who asked', async () => {
    const names = 'crc64 contentMd5 vpcId clientIp reqId operation imageInfo.width x:键 x:none'
    const body = `{${names
      .split(' ')
      .map((name) => `"${name}":${slot(name)}`)
      .join()},"size":${slot('size')}}`
    const callback = { ...settings, callbackBody: body, callbackBodyType: 'application/json' }
    const { headers } = await put(callback, { variables: { 'x:键': 'a "quoted" 值' } })
    expect(calls[0]?.headers['content-type']).toBe('application/json')
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual({
      crc64: '11051210869376104954',
      contentMd5: 'JfnnlDI7RTiF9RgfG2JNCw==',
      vpcId: '',
      clientIp: '127.0.0.1',
      reqId: headers.get('x-oss-request-id'),
      operation: 'PutObject',
      'imageInfo.width': '',
      'x:键': 'a "quoted" 值',
      'x:none': '',
      size: 9,
    })
  })

  it('is signed by a key whose public half the service tells', async () => {
    await put({ ...settings, callbackUrl: `http://${application}/c%20b?q=%20&r` })
    const [call] = calls
    const keyUrl = Buffer.from(String(call?.headers['x-oss-pub-key-url']), 'base64').toString()
    expect(keyUrl).toBe(`${service.url}/-/callback-key`)
    const key = await (await fetch(keyUrl)).text()
    const verify = (text: string): boolean =>
      createVerify('RSA-MD5')
        .update(text)
        .verify(key, String(call?.headers.authorization), 'base64')
    expect(verify(`/c b?q=%20&r\n${call?.body}`)).toBe(true)
    expect(verify(`/c b?q=%20&r\n${call?.body}x`)).toBe(false)
  })

  it('names another host if it is told to', async () => {
    await put({ ...settings, callbackHost: 'app.example.com' })
    expect(calls[0]?.headers.host).toBe('app.example.com')
  })

  it('comes after a completed multipart upload as well', async () => {
    const key = 'multipart'
    const begun = await service.call({ method: 'POST', bucket, key, query: { uploads: '' } })
    const uploadId = elementOf(begun.text, 'UploadId') ?? 'none'
    const query = { uploadId, partNumber: '1' }
    await service.call({ method: 'PUT', bucket, key, query, body: '123456789' })
    const done = await service.call({
      method: 'POST',
      bucket,
      key,
      query: { uploadId },
      headers: {
        'x-oss-complete-all': 'yes',
        'x-oss-callback': encode({
          ...settings,
          callbackBody: `s=${slot('size')}&o=${slot('operation')}`,
        }),
      },
    })
    expect([done.status, done.text]).toEqual([200, '{"Status":"OK"}'])
    expect(done.headers.get('etag')).toMatch(/-1"$/)
    expect(calls[0]?.body).toBe('s=9&o=CompleteMultipartUpload')
  })

  it('comes after a form, with the variables that its fields are', async () => {
    const open = await service.makeBucket({ headers: { 'x-oss-acl': 'public-read-write' } })
    const posted = await post(service, open, {
      key: 'form',
      callback: encode({ ...settings, callbackBody: `o=${slot('operation')}&v=${slot('x:v')}` }),
      'x:v': 'a b',
    })
    expect([posted.status, posted.text]).toEqual([200, '{"Status":"OK"}'])
    expect(calls[0]?.body).toBe('o=PostObject&v=a%20b')
  })

  it.each(['v1', 'v4'] as const)(
    'is asked for in the query of a URL signed by %s',
    async (signature) => {
      const query = { callback: encode(settings), 'callback-var': encode({ 'x:v': '1' }) }
      const request = { method: 'PUT', bucket, key: 'presigned', body: '123456789', query }
      const sent = await service.call({ ...request, presigned: true, signature })
      expect([sent.status, sent.text]).toEqual([200, '{"Status":"OK"}'])
      expect(calls[0]?.body).toContain('&v=1')
    },
  )

  it('is tried at the next URL when one fails, and no more after one that answers', async () => {
    answer = { status: 200, body: '{}' }
    const nowhere = `http://127.0.0.1:1/`
    const urls = `${nowhere};${settings.callbackUrl};http://${application}/never`
    expect((await put({ ...settings, callbackUrl: urls })).status).toBe(200)
    expect(calls.map(({ url }) => url)).toEqual(['/cb'])
  })
})

describe('a callback that fails', () => {
  const stored = async (): Promise<string> =>
    (await service.call({ method: 'GET', bucket, key: 'a b/中' })).text

  it.each([
    [
      'another status',
      { status: 301, body: '{}', headers: { location: '/cb' } },
      'Error status : 301.',
    ],
    ['what is no JSON', { status: 200, body: '<ok/>' }, 'Response body is not valid json format.'],
    ['nothing', { status: 200, body: '' }, 'Response body is not valid json format.'],
    [
      'too much',
      { status: 200, body: `"${'x'.repeat(1024 * 1024)}"` },
      'Response body is too long.',
    ],
  ])('with %s is told with 203, and the object is stored', async (_, given, message) => {
    answer = given
    const failed = await put(settings)
    expect([failed.status, failed.code, failed.ec]).toEqual([
      203,
      'CallbackFailed',
      '0007-00000203',
    ])
    expect(failed.headers.get('x-oss-ec')).toBe('0007-00000203')
    expect(elementOf(failed.text, 'Message')).toBe(message)
    expect(failed.headers.get('etag')).toBe('"25F9E794323B453885F5181F1B624D0B"')
    expect(calls).toHaveLength(1)
    expect(await stored()).toBe('123456789')
  })

  it.each([
    ['a host that is not allowed', () => `http://127.0.0.1:${other.port}/`],
    ['another port of one that is', () => `http://localhost:${other.port}/`],
    ['the port that a scheme means', () => 'http://127.0.0.1/'],
    ['another spelling of an allowed one', () => `http://[::ffff:127.0.0.1]:${port}/`],
    ['a host without a scheme', () => 'www.example.com'],
  ])('for %s fails before anybody is connected to', async (_, url) => {
    const failed = await put({ ...settings, callbackUrl: url() })
    expect([failed.status, failed.code]).toEqual([203, 'CallbackFailed'])
    expect(failed.text).toContain('is not one that this service may call')
    expect([connections, calls]).toEqual([0, []])
    expect(await stored()).toBe('123456789')
  })

  it('fails for every host unless the operator says otherwise', async () => {
    const strict = await startTestService()
    const own = await strict.makeBucket()
    const failed = await strict.call({
      method: 'PUT',
      bucket: own,
      key: 'k',
      body: 'x',
      headers: { 'x-oss-callback': encode(settings) },
    })
    expect([failed.status, failed.code, connections]).toEqual([203, 'CallbackFailed', 0])
    expect((await strict.call({ method: 'GET', bucket: own, key: 'k' })).text).toBe('x')
  })
})

describe('a callback that makes no sense', () => {
  const invalid: [string, unknown, string][] = [
    ['what is not Base64', '{', 'The callback configuration is not base64 encoded.'],
    ['what is not JSON', encode('x').slice(0, 4), 'is not json format'],
    ['a list', [settings], 'is not json format'],
    ['no URL', { callbackBody: 'x' }, 'url configuration is invalid'],
    ['a URL without a host', { ...settings, callbackUrl: 'my' }, 'url configuration is invalid'],
    ['a URL with a bad port', { ...settings, callbackUrl: 'my.com:test' }, 'url configuration'],
    ['six URLs', { ...settings, callbackUrl: 'a.com;'.repeat(5) }, 'exceed max value'],
    ['another scheme', { ...settings, callbackUrl: 'file:///etc/passwd' }, 'url configuration'],
    ['a URL with a password', { ...settings, callbackUrl: 'http://a:b@c.com' }, 'url config'],
    ['no body', { callbackUrl: 'a.com' }, 'The callback body is empty.'],
    ['an empty body', { ...settings, callbackBody: '' }, 'The callback body is empty.'],
    ['$(object)', { ...settings, callbackBody: 'o=$(object)' }, 'begins no variable'],
    ['an unknown variable', { ...settings, callbackBody: slot('owner') }, 'unknown variable'],
    ['another body type', { ...settings, callbackBodyType: 'text/xml' }, 'body type'],
    ['a host of two lines', { ...settings, callbackHost: 'a\r\nb: c' }, 'host configuration'],
    ['more than 5 KiB', { ...settings, callbackBody: 'x'.repeat(5000) }, 'exceed max value'],
  ]
  it.each(invalid)('is refused before anything is stored: %s', async (_, callback, message) => {
    const refused = await put(callback, { key: 'refused' })
    expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument'])
    expect(refused.text).toContain(message)
    expect((await service.call({ method: 'HEAD', bucket, key: 'refused' })).status).toBe(404)
    expect(connections).toBe(0)
  })

  it.each([
    ['no JSON object', 'x'],
    ['names without x:', { v: '1' }],
    ['values that are no text', { 'x:v': 1 }],
    ['half of a character', { 'x:v': '\ud800' }],
    ['more than 5 KiB', { 'x:v': 'v'.repeat(5000) }],
  ])('is refused for variables with %s', async (_, variables) => {
    const refused = await put(settings, { key: 'refused', variables })
    expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument'])
  })

  it('is refused when header and query both ask for one', async () => {
    const refused = await put(settings, { key: 'refused', query: { callback: encode(settings) } })
    expect([refused.status, refused.code]).toEqual([400, 'InvalidArgument'])
    expect(refused.text).toContain('not both')
  })
})
