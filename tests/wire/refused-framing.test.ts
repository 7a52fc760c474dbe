/** Requests whose end, or whose sender, could be read in two ways: refused, and nothing done. */

import type { RunningServer } from '@lading/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OssWire } from '../support/oss-wire.ts'
import { ask, element, RawConnection } from '../support/raw-http.ts'
import { startServer } from '../support/server.ts'

const credentials = { accessKeyId: 'framing-key', accessKeySecret: 'framing secret' }
// Anybody may write here, so that no signature stands between a request and the doing of it.
const BUCKET = 'open-to-all'

let keys = 0
let server: RunningServer
let strict: RunningServer

beforeAll(async () => {
  server = await startServer({ credentials: [credentials] })
  strict = await startServer({ credentials: [credentials], strictHttp: true })
  for (const { port } of [server, strict]) {
    const wire = new OssWire({ port, credentials })
    const headers = { 'x-oss-acl': 'public-read-write' }
    expect((await wire.send('PUT', { bucket: BUCKET, headers })).status).toBe(200)
    wire.close()
  }
})

afterAll(async () => {
  await server.close()
  await strict.close()
})

const NEXT = `PUT /${BUCKET}/next HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\n\r\nx`

function put(key: string, lines: readonly string[], body: string, version = '1.1'): string {
  return [`PUT /${BUCKET}/${key} HTTP/${version}`, 'Host: 127.0.0.1', ...lines, '', body].join(
    '\r\n',
  )
}

async function exists(port: number, key: string): Promise<boolean> {
  const get = `GET /${BUCKET}/${key} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`
  return (await ask(port, get)).status === 200
}

/** One answer, a refusal in XML; then the end of the connection, and nothing stored. */
async function expectRefused(port: number, template: string): Promise<string> {
  // A key of its own, so that each case answers for itself.
  keys += 1
  const key = `refused-${keys}`
  const request = template.replaceAll('refused', key)
  const connection = await RawConnection.open(port)
  try {
    // What follows may be a smuggled request: it must not be served.
    await connection.send(request + NEXT.replace('next', `${key}-next`))
    const answer = await connection.answer()
    expect(answer.status).toBe(400)
    expect(answer.headers.get('connection')).toBe('close')
    expect(answer.headers.get('x-oss-request-id')).toBe(element(answer.text, 'RequestId'))
    expect(await connection.rest()).toBe('')
    expect(await exists(port, key)).toBe(false)
    expect(await exists(port, `${key}-next`)).toBe(false)
    return element(answer.text, 'Code') ?? ''
  } finally {
    connection.destroy()
  }
}

const CHUNKED = 'Transfer-Encoding: chunked'
const WELL_FRAMED = '5\r\nhello\r\n0\r\n\r\n'
const others = (count: number): string[] => Array.from({ length: count }, (_, at) => `X-${at}: x`)

test('what the refusals below vary is accepted as it is', async () => {
  const both = put('control', [CHUNKED, 'Content-Length: 5'], WELL_FRAMED)
  expect((await ask(server.port, both)).status).toBe(200)
  expect(await exists(server.port, 'control')).toBe(true)
  const hundred = put('hundred', ['Content-Length: 5', ...others(98)], 'hello')
  expect((await ask(server.port, hundred)).status).toBe(200)
  const plain = put('control', ['Content-Length: 5'], 'hello')
  expect((await ask(strict.port, plain)).status).toBe(200)
})

describe('lengths that disagree are refused:', () => {
  test.each([
    ['more was declared than chunked', 6],
    ['less was declared than chunked', 4],
    ['nothing was declared and something chunked', 0],
  ])('%s', async (_, length) => {
    const request = put('disagree', [CHUNKED, `Content-Length: ${length}`], WELL_FRAMED)
    const connection = await RawConnection.open(server.port)
    try {
      await connection.send(request)
      const answer = await connection.answer()
      expect([answer.status, element(answer.text, 'Code')]).toEqual([400, 'IncompleteBody'])
      expect(await exists(server.port, 'disagree')).toBe(false)
    } finally {
      connection.destroy()
    }
  })

  test('also of a part, whose earlier bytes then still stand', async () => {
    const wire = new OssWire({ port: server.port, credentials })
    const uploadId = await wire.initiate(BUCKET, 'parts')
    const first = await wire.uploadPart(BUCKET, 'parts', uploadId, 1, Buffer.from('earlier'))
    const target = `parts?partNumber=1&uploadId=${uploadId}`
    const request = put(target, [CHUNKED, 'Content-Length: 6'], WELL_FRAMED)
    expect((await ask(server.port, request)).status).toBe(400)
    const listed = await wire.listParts(BUCKET, 'parts', uploadId)
    expect([...(listed ?? [])]).toEqual([[1, first.headers.etag?.replaceAll('"', '')]])
    wire.close()
  })
})

describe('refused, with the connection closed and nothing stored, is', () => {
  test.each([
    [
      'a second Authorization',
      ['Authorization: OSS a:b', 'Authorization: OSS c:d'],
      'InvalidArgument',
    ],
    [
      'a second Authorization behind a hundred others',
      ['Authorization: OSS a:b', ...others(95), 'Authorization: OSS c:d'],
      'InvalidArgument',
    ],
    [
      'a second Authorization behind 1,100 others',
      ['Authorization: OSS a:b', ...others(1100), 'Authorization: OSS c:d'],
      'BadRequest',
    ],
    ['the 101st header line', others(99), 'BadRequest'],
    ['a second Content-Length', ['Content-Length: 5'], 'BadRequest'],
    ['a second Host', ['Host: 127.0.0.1'], 'BadRequest'],
    ['a folded header', ['X-A: b\r\n c'], 'BadRequest'],
    ['a folded length', ['X-A: b\r\n Content-Length: 5'], 'BadRequest'],
    ['a header line that ends in a bare LF', ['X-A: b\nX-B: c'], 'BadRequest'],
    ['a blank before a colon', ['X-A : b'], 'BadRequest'],
    ['a NUL in a value', ['X-A: b\0c'], 'BadRequest'],
    ['a line without a colon', ['X-A'], 'BadRequest'],
  ])('%s', async (_, lines, code) => {
    const request = put('refused', ['Content-Length: 5', ...lines], 'hello')
    expect(await expectRefused(server.port, request)).toBe(code)
  })

  test.each([
    ['gzip before chunked', 'Transfer-Encoding: gzip, chunked'],
    ['an encoding of identity', 'Transfer-Encoding: identity'],
    ['an unknown encoding', 'Transfer-Encoding: xchunked'],
    ['chunked twice', `${CHUNKED}\r\n${CHUNKED}`],
    ['a folded encoding', 'Transfer-Encoding:\r\n chunked'],
    ['an encoding with a blank before the colon', 'Transfer-Encoding : chunked'],
    ['a length that is no number', `${CHUNKED}\r\nContent-Length: 0x5`],
    ['a length with a sign', `${CHUNKED}\r\nContent-Length: +5`],
    ['a list of lengths', `${CHUNKED}\r\nContent-Length: 5, 5`],
  ])('%s', async (_, lines) => {
    const request = put('refused', [lines], WELL_FRAMED)
    expect(await expectRefused(server.port, request)).toBe('BadRequest')
  })

  test.each([
    ['a bare LF after the size', '5\nhello\r\n0\r\n\r\n'],
    ['blanks after the size', '5  \r\nhello\r\n0\r\n\r\n'],
    ['no line end after the data', '5\r\nhello0\r\n\r\n'],
    ['a bare LF after the data', '5\r\nhello\n0\r\n\r\n'],
    ['a size that is no number', 'five\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond all bounds', 'fffffffffffffffffff\r\nhello\r\n0\r\n\r\n'],
    ['no size at all', '\r\nhello\r\n0\r\n\r\n'],
  ])('a chunk with %s', async (_, body) => {
    for (const lines of [[CHUNKED], [CHUNKED, 'Content-Length: 5']]) {
      const request = put('refused', lines, body)
      expect(await expectRefused(server.port, request)).toBe('BadRequest')
    }
  })

  test.each([
    ['HTTP/1.0 with Transfer-Encoding', put('refused', [CHUNKED], WELL_FRAMED, '1.0')],
    ['HTTP/1.2', put('refused', ['Content-Length: 5'], 'hello', '1.2')],
    ['HTTP/0.9', put('refused', ['Content-Length: 5'], 'hello', '0.9')],
    ['a head in bare LFs', put('refused', ['Content-Length: 5'], 'hello').replaceAll('\r', '')],
    [
      'HTTP/1.1 without a Host',
      `PUT /${BUCKET}/refused HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello`,
    ],
    [
      'an absolute target',
      `PUT http://127.0.0.1/${BUCKET}/refused HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nhello`,
    ],
    ['an asterisk for a target', 'OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    ['CONNECT', 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n'],
    ['a greeting in another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    [
      'a head beyond 32 KiB',
      `GET /${BUCKET}/refused HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ${'a'.repeat(40_000)}\r\n\r\n`,
    ],
  ])('%s', async (_, request) => {
    expect(await expectRefused(server.port, request)).toBe('BadRequest')
  })
})

test('under strictHttp both lengths together are refused', async () => {
  const request = put('refused', [CHUNKED, 'Content-Length: 5'], WELL_FRAMED)
  expect(await expectRefused(strict.port, request)).toBe('BadRequest')
})

test('a body that only the end of the connection ends is never stored', async () => {
  // To the parser a blank after `chunked` makes it another encoding, and it shows in no header.
  const request = put('until-eof', ['Transfer-Encoding: chunked ', 'Content-Length: 5'], 'hello')
  const connection = await RawConnection.open(server.port)
  try {
    await connection.send(request)
    connection.end()
    await connection.rest()
    expect(await exists(server.port, 'until-eof')).toBe(false)
  } finally {
    connection.destroy()
  }
})

test('a body that is cut short by its sender is told so, where the sender still listens', async () => {
  for (const request of [
    put('short', ['Content-Length: 50'], 'hello'),
    put('short', [CHUNKED], '32\r\nhello'),
  ]) {
    const connection = await RawConnection.open(server.port)
    try {
      await connection.send(request)
      connection.end()
      const answer = await connection.answer()
      expect([answer.status, element(answer.text, 'Code')]).toEqual([400, 'IncompleteBody'])
      expect(await exists(server.port, 'short')).toBe(false)
    } finally {
      connection.destroy()
    }
  }
})

test('a broken chunk behind good ones is told to a client that sends on', async () => {
  const connection = await RawConnection.open(server.port)
  try {
    await connection.send(put('late', [CHUNKED], '5\r\nhello\r\n'))
    await connection.send('5\nhello\r\n')
    const answer = await connection.answer()
    expect([answer.status, element(answer.text, 'Code')]).toEqual([400, 'BadRequest'])
    expect(await exists(server.port, 'late')).toBe(false)
  } finally {
    connection.destroy()
  }
})
