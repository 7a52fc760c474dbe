/** Faults on demand, a server that goes, and what is written down of it all. */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { parseFault } from '@lading/server'
import { describe, expect, test } from 'vitest'
import { etagOf, OssWire } from '../support/oss-wire.ts'
import { RawConnection } from '../support/raw-http.ts'
import { startServer } from '../support/server.ts'

const credentials = { accessKeyId: 'fault-key', accessKeySecret: 'fault secret' }
const BUCKET = 'fault-bucket'

describe('a fault', () => {
  test('cuts the body of one part once, and nothing of it is stored', async () => {
    await withServer(['UploadPart,part=2,nth=1,cut=body,after=65536'], async (wire) => {
      const uploadId = await wire.initiate(BUCKET, 'key')
      const part = randomBytes(200_000)
      expect((await wire.uploadPart(BUCKET, 'key', uploadId, 1, part)).status).toBe(200)
      await expect(wire.uploadPart(BUCKET, 'key', uploadId, 2, part)).rejects.toThrow()
      expect([...((await wire.listParts(BUCKET, 'key', uploadId)) ?? [])]).toHaveLength(1)
      expect((await wire.uploadPart(BUCKET, 'key', uploadId, 2, part)).status).toBe(200)
    })
  })

  test('cuts the answer after all is done', async () => {
    await withServer(['CompleteMultipartUpload,nth=1,cut=answer'], async (wire) => {
      const uploadId = await wire.initiate(BUCKET, 'key')
      const part = randomBytes(10)
      await wire.uploadPart(BUCKET, 'key', uploadId, 1, part)
      const parts = [[1, etagOf(part)]] as const
      await expect(wire.complete(BUCKET, 'key', uploadId, parts)).rejects.toThrow()
      expect((await wire.send('GET', { bucket: BUCKET, key: 'key' })).bytes.equals(part)).toBe(true)
      expect((await wire.complete(BUCKET, 'key', uploadId, parts)).code).toBe('NoSuchUpload')
    })
  })

  test('cuts the request before anything is done', async () => {
    await withServer(['PutObject,nth=1,cut=request'], async (wire) => {
      const put = { bucket: BUCKET, key: 'key', body: 'x' }
      await expect(wire.send('PUT', put)).rejects.toThrow()
      expect((await wire.send('HEAD', { bucket: BUCKET, key: 'key' })).status).toBe(404)
      expect((await wire.send('PUT', put)).status).toBe(200)
    })
  })

  test('refuses the second call only', async () => {
    await withServer(['ListObjects,nth=2,fail=ServiceUnavailable'], async (wire) => {
      const codes = []
      for (let call = 0; call < 3; call += 1) {
        codes.push((await wire.send('GET', { bucket: BUCKET })).code)
      }
      expect(codes).toEqual([undefined, 'ServiceUnavailable', undefined])
    })
  })

  test('delays, and then all is as ever', async () => {
    await withServer(['ListObjects,delay=30'], async (wire) => {
      const answer = await wire.send('GET', { bucket: BUCKET })
      expect(answer.status).toBe(200)
      expect(Number(answer.headers['x-oss-server-time'])).toBeGreaterThanOrEqual(29)
    })
  })

  async function withServer(
    faults: string[],
    use: (wire: OssWire) => Promise<void>,
  ): Promise<void> {
    const server = await startServer({ credentials: [credentials], faults: faults.map(parseFault) })
    const wire = new OssWire({ port: server.port, credentials })
    try {
      await wire.putBucket(BUCKET)
      await use(wire)
    } finally {
      wire.close()
      await server.close()
    }
  }
})

describe('a server that closes', () => {
  const openBucket = async (port: number): Promise<void> => {
    const wire = new OssWire({ port, credentials })
    await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read-write' } })
    wire.close()
  }
  const put = `PUT /${BUCKET}/key HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nhello`

  test('answers what is in flight, says that it closes, and takes nobody new', async () => {
    const server = await startServer({ credentials: [credentials] })
    await openBucket(server.port)
    const idle = await RawConnection.open(server.port)
    const busy = await RawConnection.open(server.port)
    await busy.send(put.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'))
    // With the 100 the request is known to be in flight.
    expect((await busy.answer()).status).toBe(100)

    const closed = server.close()
    expect(await idle.rest()).toBe('')
    await expect(once(connect(server.port, '127.0.0.1'), 'connect')).rejects.toThrow('ECONNREFUSED')
    await busy.send('world')
    const answer = await busy.answer()
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close'])
    busy.end()
    await closed
  })

  test('cuts off what is not over after the grace', async () => {
    const server = await startServer({ credentials: [credentials] })
    await openBucket(server.port)
    const stuck = await RawConnection.open(server.port)
    await stuck.send(put.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'))
    expect((await stuck.answer()).status).toBe(100)
    await server.close({ graceMs: 10 })
    expect(await stuck.rest()).toBe('')
  })

  test('may be told twice, and the more urgent word counts', async () => {
    const server = await startServer({ credentials: [credentials] })
    await openBucket(server.port)
    const stuck = await RawConnection.open(server.port)
    await stuck.send(put.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'))
    expect((await stuck.answer()).status).toBe(100)
    const slow = server.close({ graceMs: 3_600_000 })
    await server.close({ graceMs: 0 })
    await slow
    expect(await stuck.rest()).toBe('')
  })
})

describe('the log', () => {
  test('has one line for each request and nothing that proves who asked', async () => {
    const lines: string[] = []
    const server = await startServer({
      credentials: [credentials],
      log: { write: (line) => lines.push(line) },
    })
    const wire = new OssWire({ port: server.port, credentials })
    await wire.putBucket(BUCKET)
    const uploadId = await wire.initiate(BUCKET, 'key')
    await wire.uploadPart(BUCKET, 'key', uploadId, 7, Buffer.from('hello'))
    await wire.send('GET', { bucket: BUCKET, key: 'none', signature: 'v1' })
    const secrets = ['tell-nobody', 'c2lnbmF0dXJl']
    await wire.raw(
      'GET',
      `/${BUCKET}/k?OSSAccessKeyId=a&Expires=1&Signature=${secrets[1]}&security-token=${secrets[0]}`,
    )
    await wire.raw('GET', `/${BUCKET}/k`, {
      headers: { authorization: `OSS a:${secrets[1]}`, 'x-oss-security-token': secrets[0] ?? '' },
    })
    wire.close()
    await server.close()

    const entries = lines.map((line) => JSON.parse(line))
    expect(entries.map(({ operation, status, code }) => [operation, status, code])).toEqual([
      ['PutBucket', 200, undefined],
      ['InitiateMultipartUpload', 200, undefined],
      ['UploadPart', 200, undefined],
      ['GetObject', 404, 'NoSuchKey'],
      ['GetObject', 403, expect.any(String)],
      ['GetObject', 403, expect.any(String)],
    ])
    expect(entries[2]).toMatchObject({
      level: 'info',
      method: 'PUT',
      bucket: BUCKET,
      key: 'key',
      uploadId,
      partNumber: '7',
      accessKeyId: credentials.accessKeyId,
      bytesIn: 5,
      bytesOut: 0,
      aborted: false,
      requestId: expect.stringMatching(/^[0-9A-F]{24}$/),
    })
    for (const secret of [...secrets, credentials.accessKeySecret, 'Signature=', 'OSS4-HMAC']) {
      const leaks = lines.filter((line) => line.includes(secret) && !line.includes('[redacted]'))
      expect(leaks).toEqual([])
    }
    for (const secret of secrets) expect(lines.join('')).not.toContain(secret)
  })
})
