/** What a client meets at the door: waiting for 100, slowness, pipelining, errors on HEAD, health. */

import type { RunningServer } from '@lading/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OssWire } from '../support/oss-wire.ts'
import { ask, element, RawConnection } from '../support/raw-http.ts'
import { startServer } from '../support/server.ts'

const credentials = { accessKeyId: 'door-key', accessKeySecret: 'door secret' }
const BUCKET = 'door-bucket'

let server: RunningServer
let wire: OssWire

beforeAll(async () => {
  server = await startServer({ credentials: [credentials] })
  wire = new OssWire({ port: server.port, credentials })
  await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read-write' } })
  await wire.putBucket('door-private')
})

afterAll(async () => {
  wire.close()
  await server.close()
})

function request(line: string, ...lines: string[]): string {
  return [`${line} HTTP/1.1`, 'Host: 127.0.0.1', ...lines, '\r\n'].join('\r\n')
}

describe('a client that waits for 100 Continue', () => {
  test('is refused before it has sent a byte, and the connection closes', async () => {
    const connection = await RawConnection.open(server.port)
    await connection.send(
      request('PUT /door-private/key', 'Content-Length: 5', 'Expect: 100-continue'),
    )
    const answer = await connection.answer()
    expect([answer.status, answer.headers.get('connection')]).toEqual([403, 'close'])
    expect(await connection.rest()).toBe('')
    connection.destroy()
  })

  test('hears that its body is too large before it has sent a byte', async () => {
    const connection = await RawConnection.open(server.port)
    const length = `Content-Length: ${5 * 1024 ** 3 + 1}`
    await connection.send(request(`PUT /${BUCKET}/huge`, length, 'Expect: 100-continue'))
    const answer = await connection.answer()
    expect([answer.status, element(answer.text, 'Code')]).toEqual([400, 'EntityTooLarge'])
    connection.destroy()
  })

  test('gets it bare, and the connection goes on', async () => {
    const connection = await RawConnection.open(server.port)
    for (let round = 0; round < 2; round += 1) {
      await connection.send(
        request(`PUT /${BUCKET}/waited`, 'Content-Length: 5', 'Expect: 100-Continue'),
      )
      expect((await connection.answer()).head).toBe('HTTP/1.1 100 Continue\r\n\r\n')
      await connection.send('hello')
      const answer = await connection.answer()
      expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'keep-alive'])
    }
    connection.destroy()
  })

  test('for anything else is told 417', async () => {
    const answer = await ask(server.port, request(`GET /${BUCKET}`, 'Expect: a miracle'))
    expect(answer.status).toBe(417)
  })
})

describe('a body', () => {
  test('that stops coming is RequestTimeout, and nothing is stored', async () => {
    const impatient = await startServer({
      credentials: [credentials],
      minimumBodyRate: { bytesPerSecond: 1024, windowMs: 50 },
    })
    const own = new OssWire({ port: impatient.port, credentials })
    await own.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read-write' } })
    const connection = await RawConnection.open(impatient.port)
    await connection.send(`${request(`PUT /${BUCKET}/stalled`, 'Content-Length: 50')}hello`)
    const answer = await connection.answer()
    expect([answer.status, element(answer.text, 'Code')]).toEqual([400, 'RequestTimeout'])
    connection.destroy()
    expect((await own.send('HEAD', { bucket: BUCKET, key: 'stalled' })).status).toBe(404)
    own.close()
    await impatient.close()
  })

  test('without any length is MissingContentLength', async () => {
    const answer = await ask(server.port, request(`PUT /${BUCKET}/key`))
    expect([answer.status, element(answer.text, 'Code')]).toEqual([411, 'MissingContentLength'])
  })

  test('that is announced on GET and never sent is not waited for', async () => {
    const connection = await RawConnection.open(server.port)
    await connection.send(request(`GET /${BUCKET}/none`, 'Content-Length: 9'))
    const answer = await connection.answer()
    expect([answer.status, answer.headers.get('connection')]).toEqual([404, 'close'])
    expect(await connection.rest()).toBe('')
    connection.destroy()
  })

  test('of an operation that wants none is read, and its framing counts', async () => {
    const target = `POST /${BUCKET}/key?uploads`
    const chunked = ['Transfer-Encoding: chunked', 'Content-Length: 5']
    const good = await ask(server.port, `${request(target, ...chunked)}5\r\nhello\r\n0\r\n\r\n`)
    expect(good.status).toBe(200)
    const bad = await ask(server.port, `${request(target, ...chunked)}4\r\nhell\r\n0\r\n\r\n`)
    expect([bad.status, element(bad.text, 'Code')]).toEqual([400, 'IncompleteBody'])
    const { text } = await wire.send('GET', { bucket: BUCKET, query: { uploads: '' } })
    expect(text.match(/<Upload>/g)).toHaveLength(1)
  })

  test('of an operation that wants none is refused when it is large', async () => {
    const head = request(`POST /${BUCKET}/key?uploads`, `Content-Length: ${1 << 20}`)
    const answer = await ask(server.port, head + 'x'.repeat(1 << 20))
    expect([answer.status, element(answer.text, 'Code')]).toEqual([400, 'EntityTooLarge'])
  })
})

test('pipelined requests are answered one after another, each seeing what the one before did', async () => {
  const connection = await RawConnection.open(server.port)
  const put = (text: string): string =>
    request(`PUT /${BUCKET}/pipelined`, `Content-Length: ${text.length}`) + text
  const get = request(`GET /${BUCKET}/pipelined`)
  await connection.send(put('one') + get + put('two') + get)
  const answers = []
  for (let index = 0; index < 4; index += 1) answers.push(await connection.answer())
  expect(answers.map(({ status, text }) => [status, text])).toEqual([
    [200, ''],
    [200, 'one'],
    [200, ''],
    [200, 'two'],
  ])
  connection.destroy()
})

test('HTTP/1.0 is answered and closed', async () => {
  const connection = await RawConnection.open(server.port)
  await connection.send(`GET /${BUCKET}/none HTTP/1.0\r\n\r\n`)
  expect((await connection.answer()).status).toBe(404)
  expect(await connection.rest()).toBe('')
  connection.destroy()
})

describe('every answer', () => {
  test('says who, when, and how long it took', async () => {
    const { headers } = await ask(server.port, request(`GET /${BUCKET}/none`))
    expect(headers.get('server')).toBe('AliyunOSS')
    expect(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now())).toBeLessThan(60_000)
    expect(headers.get('x-oss-request-id')).toMatch(/^[0-9A-F]{24}$/)
    expect(headers.get('x-oss-server-time')).toMatch(/^\d+$/)
  })

  test('to a failed HEAD has the whole error in a header and leaves the connection usable', async () => {
    const connection = await RawConnection.open(server.port)
    for (let round = 0; round < 2; round += 1) {
      await connection.send(request('HEAD /no-such-bucket/key'))
      const answer = await connection.answer({ head: true })
      expect([answer.status, answer.headers.get('x-oss-ec')]).toEqual([404, '0015-00000101'])
      const xml = Buffer.from(answer.headers.get('x-oss-err') ?? '', 'base64').toString('utf8')
      expect(element(xml, 'Code')).toBe('NoSuchBucket')
      expect(element(xml, 'RequestId')).toBe(answer.headers.get('x-oss-request-id'))
      expect(element(xml, 'HostId')).toBe('127.0.0.1')
      expect(element(xml, 'EC')).toBe('0015-00000101')
    }
    connection.destroy()
  })
})

describe('what OSS has and we do not', () => {
  test.each([
    ['GET', `/${BUCKET}?inventory`, 400, 'NotImplemented'],
    ['PUT', `/${BUCKET}/key?style`, 400, 'NotImplemented'],
    ['POST', `/${BUCKET}/key`, 405, 'MethodNotAllowed'],
    ['PATCH', `/${BUCKET}/key`, 405, 'MethodNotAllowed'],
    ['GET', '/no-such-bucket?cors', 404, 'NoSuchBucket'],
  ])('%s %s is %d %s', async (method, target, status, code) => {
    const answer = await ask(server.port, request(`${method} ${target}`, 'Content-Length: 0'))
    expect([answer.status, element(answer.text, 'Code')]).toEqual([status, code])
  })
})

describe('a preflight request', () => {
  const asking = ['Origin: https://a.example', 'Access-Control-Request-Method: PUT']

  test.each([
    [`/${BUCKET}/key`, asking, 403, 'AccessForbidden'],
    ['/no-such-bucket/key', asking, 404, 'NoSuchBucket'],
    [`/${BUCKET}/key`, [], 400, 'BadRequest'],
  ])('for %s with %j is %d %s', async (target, lines, status, code) => {
    const answer = await ask(server.port, request(`OPTIONS ${target}`, ...lines))
    expect([answer.status, element(answer.text, 'Code')]).toEqual([status, code])
  })
})

describe('health', () => {
  test.each(['live', 'ready'])(
    'is told without a key where the Host is the service: %s',
    async (name) => {
      expect((await ask(server.port, request(`GET /-/health/${name}`))).text).toBe('ok\n')
    },
  )

  test('is an ordinary key in the host of a bucket', async () => {
    const host = `Host: ${BUCKET}.localhost`
    const ours = `PUT /-/health/live HTTP/1.1\r\n${host}\r\nContent-Length: 4\r\n\r\nmine`
    expect((await ask(server.port, ours)).status).toBe(200)
    const got = await ask(server.port, `GET /-/health/live HTTP/1.1\r\n${host}\r\n\r\n`)
    expect(got.text).toBe('mine')
  })
})

describe('a header that no line can hold', () => {
  test('is InvalidArgument instead of a second header', async () => {
    await wire.send('PUT', { bucket: BUCKET, key: 'plain', body: 'x' })
    const answer = await wire.send('GET', {
      bucket: BUCKET,
      key: 'plain',
      query: { 'response-content-type': 'a\r\nX-Injected: b' },
    })
    expect([answer.status, answer.code, answer.headers['x-injected']]).toEqual([
      400,
      'InvalidArgument',
      undefined,
    ])
  })
})

test('bytes beyond ASCII in metadata come back as they went', async () => {
  const meta = Buffer.from('größe 😀', 'utf8').toString('latin1')
  const put = request(`PUT /${BUCKET}/meta`, 'Content-Length: 0', `x-oss-meta-a: ${meta}`)
  expect((await ask(server.port, put)).status).toBe(200)
  const head = await ask(server.port, request(`HEAD /${BUCKET}/meta`), { head: true })
  expect(head.headers.get('x-oss-meta-a')).toBe(meta)
})
