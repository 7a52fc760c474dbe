/**
 * A refusal in the middle of a body reaches its client, every time. A client whose sending fails counts
 * as one that lost it: libcurl then reports that and drops what it received.
 */

import { randomBytes } from 'node:crypto'
import type { RunningServer } from '@lading/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { OssWire } from '../support/oss-wire.ts'
import { element, RawConnection } from '../support/raw-http.ts'
import { startServer } from '../support/server.ts'

const credentials = { accessKeyId: 'refusal-key', accessKeySecret: 'refusal secret' }
const ROUNDS = 30
const BODY = randomBytes(8 << 20)
const CHUNKED_BODY = Buffer.concat([
  Buffer.from(`${BODY.length.toString(16)}\r\n`),
  BODY,
  Buffer.from('\r\n0\r\n\r\n'),
])

let server: RunningServer

beforeAll(async () => {
  server = await startServer({ credentials: [credentials] })
  const wire = new OssWire({ port: server.port, credentials })
  await wire.putBucket('private-bucket')
  wire.close()
})

afterAll(async () => {
  await server.close()
})

const head = (...lines: string[]): string =>
  [
    'PUT /private-bucket/key HTTP/1.1',
    'Host: 127.0.0.1',
    `Content-Length: ${BODY.length}`,
    ...lines,
    '\r\n',
  ].join('\r\n')

describe(`in ${ROUNDS} of ${ROUNDS} rounds, while 8 MiB are being sent,`, () => {
  test.each([
    ['with a Content-Length', [], BODY],
    ['chunked', ['Transfer-Encoding: chunked'], CHUNKED_BODY],
  ])('the answer and the next one on the connection are read: %s', async (_, lines, body) => {
    let read = 0
    const connection = await RawConnection.open(server.port)
    for (let round = 0; round < ROUNDS; round += 1) {
      await connection.send(head(...lines))
      const sent = connection.send(body)
      const refusal = await connection.answer()
      expect([refusal.status, element(refusal.text, 'Code')]).toEqual([403, 'AccessDenied'])
      await sent
      await connection.send('GET /private-bucket/next HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
      const next = await connection.answer()
      expect([next.status, element(next.text, 'Code')]).toEqual([403, 'AccessDenied'])
      read += 1
    }
    connection.destroy()
    expect(read).toBe(ROUNDS)
  })

  test.each([
    ['with a Content-Length', ['Expect: 100-continue'], BODY],
    ['chunked', ['Expect: 100-continue', 'Transfer-Encoding: chunked'], CHUNKED_BODY],
  ])('the error is read by a client that did not wait for 100: %s', async (_, lines, body) => {
    let read = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const connection = await RawConnection.open(server.port)
      await connection.send(head(...lines))
      const sent = connection.send(body)
      const refusal = await connection.answer()
      expect([refusal.status, refusal.headers.get('connection')]).toEqual([403, 'close'])
      await sent
      expect([await connection.rest(), connection.failure]).toEqual(['', undefined])
      connection.destroy()
      read += 1
    }
    expect(read).toBe(ROUNDS)
  })

  test('the error is read by a client that looks for it only after the whole body', async () => {
    let read = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const connection = await RawConnection.open(server.port)
      await connection.send(head('Expect: 100-continue'))
      await connection.send(BODY)
      const refusal = await connection.answer()
      expect([refusal.status, element(refusal.text, 'Code')]).toEqual([403, 'AccessDenied'])
      expect([await connection.rest(), connection.failure]).toEqual(['', undefined])
      connection.destroy()
      read += 1
    }
    expect(read).toBe(ROUNDS)
  })

  test('an error in the framing is read by a client that sends on', async () => {
    let read = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const connection = await RawConnection.open(server.port)
      await connection.send(head('Transfer-Encoding: gzip, chunked'))
      const sent = connection.send(BODY)
      const refusal = await connection.answer()
      expect([refusal.status, element(refusal.text, 'Code')]).toEqual([400, 'BadRequest'])
      await sent
      expect([await connection.rest(), connection.failure]).toEqual(['', undefined])
      connection.destroy()
      read += 1
    }
    expect(read).toBe(ROUNDS)
  })
})

test('a body beyond what would be read for the answer is refused with a closing answer', async () => {
  const connection = await RawConnection.open(server.port)
  try {
    const announced = head().replace(String(BODY.length), String(5 * 1024 ** 3))
    await connection.send(announced)
    const sent = connection.send(BODY)
    const refusal = await connection.answer()
    expect([refusal.status, refusal.headers.get('connection')]).toEqual([403, 'close'])
    await sent
    expect([await connection.rest(), connection.failure]).toEqual(['', undefined])
  } finally {
    connection.destroy()
  }
})
