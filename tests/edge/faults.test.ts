/** Faults on demand, as the clients of a server meet them. */

import { randomBytes } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { parseFault, startTestServer, type TestServerOptions } from '@lading/server/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { etagOf, OssWire } from '../support/oss-wire.ts'
import { RawConnection } from '../support/raw-http.ts'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const BUCKET = 'fault-bucket'

/** A server with these faults, a bucket, and a wire to it; all closed when the test is over. */
async function start(faults: string[], options: TestServerOptions = {}): Promise<OssWire> {
  const server = await startTestServer({
    buckets: [BUCKET, 'other-bucket'],
    faults: faults.map(parseFault),
    ...options,
  })
  const wire = new OssWire(server)
  onTestFinished(async () => {
    wire.close()
    await server.close()
  })
  return wire
}

const put = (wire: OssWire, key: string, body: Uint8Array | string = 'x', bucket = BUCKET) =>
  wire.send('PUT', { bucket, key, body })

describe('a fault is met', () => {
  it('only by the bucket and the keys that it names', async () => {
    const wire = await start(['bucket=fault-*,key=logs/*,fail=AccessDenied'])
    const answers = [
      await put(wire, 'logs/today'),
      await put(wire, 'log'),
      await put(wire, 'logs/today', 'x', 'other-bucket'),
      await wire.send('GET', { bucket: BUCKET }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 200, 200, 200])
  })

  it('only by the part that it names, from its nth call on, and as often as it says', async () => {
    const wire = await start(['UploadPart,part=2,nth=2,times=2,fail=InternalError'])
    const uploadId = await wire.initiate(BUCKET, 'key')
    const statuses: number[] = []
    for (const part of [1, 2, 2, 2, 1, 2]) {
      const answer = await wire.uploadPart(BUCKET, 'key', uploadId, part, Buffer.from('bytes'))
      statuses.push(answer.status)
    }
    expect(statuses).toEqual([200, 200, 500, 500, 200, 200])
  })

  it('by chance, and by the same chance again with the same seed', async () => {
    const draw = async (faultSeed: number): Promise<number[]> => {
      const wire = await start(['GetBucketLocation,probability=0.5,fail=InternalError'], {
        faultSeed,
      })
      const statuses: number[] = []
      for (let call = 0; call < 40; call += 1) {
        const query = { location: '' }
        statuses.push((await wire.send('GET', { bucket: BUCKET, query })).status)
      }
      return statuses
    }
    const [first, again, other] = [await draw(11), await draw(11), await draw(12)]
    expect(new Set(first)).toEqual(new Set([200, 500]))
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
  })
})

describe('a fault refuses', () => {
  it('with the status, the code and the Retry-After that it says, and does nothing', async () => {
    const wire = await start(['PutObject,nth=1,fail=Busy,status=529,retry-after=12'])
    const { status, code, headers } = await put(wire, 'key')
    expect([status, code, headers['retry-after']]).toEqual([529, 'Busy', '12'])
    expect((await wire.send('HEAD', { bucket: BUCKET, key: 'key' })).status).toBe(404)
  })
})

describe('a fault makes an answer lie', () => {
  it('with an error in an answer of 200, and nothing is done', async () => {
    const wire = await start(['PutObject,nth=1,fail=InternalError,status=200'])
    const { status, code, text } = await put(wire, 'key')
    expect([status, code ?? text]).toEqual([200, expect.stringContaining('InternalError')])
    expect((await wire.send('HEAD', { bucket: BUCKET, key: 'key' })).status).toBe(404)
  })

  it('about the ETag or the CRC-64, in headers and documents alike, while the truth is stored', async () => {
    const wire = await start([
      'UploadPart,falsify=etag',
      'ListParts,nth=1,falsify=etag',
      'ListParts,nth=2,falsify=crc64',
      'HeadObject,nth=1,falsify=etag',
      'HeadObject,nth=2,falsify=crc64',
    ])
    const [body, key] = [Buffer.from('bytes'), 'key']
    const uploadId = await wire.initiate(BUCKET, key)
    const sent = await wire.uploadPart(BUCKET, key, uploadId, 1, body)
    expect(sent.headers.etag).toMatch(/^"[0-9A-F]{32}"$/)
    expect(sent.headers.etag).not.toBe(`"${etagOf(body)}"`)
    const list = () => wire.send('GET', { bucket: BUCKET, key, query: { uploadId } })
    const [otherEtag, otherCrc, truth] = [await list(), await list(), await list()]
    expect(otherEtag.text).not.toContain(etagOf(body))
    expect(otherCrc.text).toContain(etagOf(body))
    const crcOf = ({ text }: { text: string }): string | undefined =>
      /<HashCrc64ecma>(\d+)</.exec(text)?.[1]
    expect(crcOf(otherCrc)).toMatch(/^\d+$/)
    expect(crcOf(otherCrc)).not.toBe(crcOf(truth))
    expect(crcOf(otherEtag)).toBe(crcOf(truth))

    await wire.complete(BUCKET, key, uploadId, [[1, etagOf(body)]])
    const head = async () => (await wire.send('HEAD', { bucket: BUCKET, key })).headers
    const [withEtag, withCrc, honest] = [await head(), await head(), await head()]
    expect(withEtag.etag).toMatch(/^"[0-9A-F]{32}-1"$/)
    expect(withEtag.etag).not.toBe(honest.etag)
    expect(withCrc.etag).toBe(honest.etag)
    expect(withCrc['x-oss-hash-crc64ecma']).not.toBe(honest['x-oss-hash-crc64ecma'])
  })
})

describe('a fault stalls', () => {
  /** A client that waits for `given` and then leaves, having heard nothing. */
  const leaveAfter = async (
    fault: string,
    given: (wire: OssWire) => Promise<unknown>,
  ): Promise<OssWire> => {
    const wire = await start([fault])
    const leaving = new AbortController()
    const [body, { signal }] = [randomBytes(200_000), leaving]
    const asked = wire.send('PUT', { bucket: BUCKET, key: 'key', body, signal })
    await Promise.all([
      given(wire).then(() => leaving.abort()),
      expect(asked).rejects.toThrow('aborted'),
    ])
    return wire
  }

  it.each(['PutObject,nth=1,stall=request', 'PutObject,nth=1,stall=body,after=1000'])(
    'before it is done, until the client leaves: %s',
    async (fault) => {
      const wire = await leaveAfter(fault, () => after(100))
      expect((await wire.send('HEAD', { bucket: BUCKET, key: 'key' })).status).toBe(404)
      expect((await put(wire, 'key')).status).toBe(200)
    },
  )

  it('once all is done, before the answer', async () => {
    await leaveAfter('PutObject,nth=1,stall=answer', (wire) =>
      until(async () => (await wire.send('HEAD', { bucket: BUCKET, key: 'key' })).status === 200),
    )
  })

  it('in the middle of the answer', async () => {
    const server = await startTestServer({
      buckets: [BUCKET],
      faults: [parseFault('GetObject,nth=1,stall=answer,after=10')],
    })
    const wire = new OssWire(server)
    onTestFinished(async () => {
      wire.close()
      await server.close()
    })
    await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read' } })
    await put(wire, 'key', 'ten bytes and more')
    const connection = await RawConnection.open(server.port)
    await connection.send(`GET /${BUCKET}/key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    let received = ''
    for await (const chunk of connection.socket) {
      received += chunk
      if (received.endsWith('\r\n\r\nten bytes ')) break
    }
    connection.destroy()
    expect((await wire.send('GET', { bucket: BUCKET, key: 'key' })).text).toBe('ten bytes and more')
  })
})

describe('a fault throttles', () => {
  it('the body of a request: it is stored whole, and took no less than its bytes cost', async () => {
    const wire = await start(['PutObject,throttle=100000,of=body'])
    const body = randomBytes(20_000)
    const answer = await put(wire, 'key', body)
    expect(answer.headers.etag).toBe(`"${etagOf(body)}"`)
    expect(Number(answer.headers['x-oss-server-time'])).toBeGreaterThanOrEqual(140)
  })

  it('the body of an answer alone, and every byte of it arrives', async () => {
    const wire = await start(['GetObject,throttle=100000,of=answer'])
    const body = randomBytes(20_000)
    await put(wire, 'key', body)
    const since = performance.now()
    const { bytes } = await wire.send('GET', { bucket: BUCKET, key: 'key' })
    expect(bytes.equals(body)).toBe(true)
    expect(performance.now() - since).toBeGreaterThanOrEqual(140)
  })
})

describe('a fault cuts', () => {
  it('the body of a request after so many bytes, and nothing of it is stored', async () => {
    const wire = await start(['PutObject,nth=1,cut=body,after=1000'])
    await expect(put(wire, 'key', randomBytes(200_000))).rejects.toThrow()
    expect((await wire.send('HEAD', { bucket: BUCKET, key: 'key' })).status).toBe(404)
  })

  it.each([0, 1, 70_000, 299_999])(
    'the body of an answer after its first %i bytes',
    async (after) => {
      const server = await startTestServer({
        buckets: [BUCKET],
        faults: [parseFault(`GetObject,nth=1,cut=answer,after=${after}`)],
      })
      const wire = new OssWire(server)
      const body = randomBytes(300_000)
      await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read' } })
      await put(wire, 'key', body)
      const connection = await RawConnection.open(server.port)
      await connection.send(`GET /${BUCKET}/key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
      const received = Buffer.from(await connection.rest(), 'latin1')
      const head = received.subarray(0, received.indexOf('\r\n\r\n') + 4)
      expect(head.toString('latin1')).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 300000/)
      expect(received.subarray(head.length).equals(body.subarray(0, after))).toBe(true)
      expect((await wire.send('GET', { bucket: BUCKET, key: 'key' })).bytes.equals(body)).toBe(true)
      wire.close()
      await server.close()
    },
  )

  it('an answer before its first byte, once all is done', async () => {
    const wire = await start(['PutObject,nth=1,cut=answer'])
    await expect(put(wire, 'key')).rejects.toThrow()
    expect((await wire.send('GET', { bucket: BUCKET, key: 'key' })).text).toBe('x')
  })

  it('a document too, in its middle', async () => {
    const wire = await start(['ListObjects,nth=1,cut=answer,after=40'])
    await expect(wire.send('GET', { bucket: BUCKET })).rejects.toThrow('aborted')
    expect((await wire.send('GET', { bucket: BUCKET })).status).toBe(200)
  })
})

describe('lading serve --fault', () => {
  it('tells the seed of its chances, and takes one', async () => {
    const args = ['--fault', 'ListObjects,probability=0.5,fail=InternalError']
    const draw = async (more: string[]): Promise<{ statuses: number[]; seed: string }> => {
      const server = await serveProcess(await temporaryDirectory(), { args: [...args, ...more] })
      const wire = new OssWire({ port: server.port, credentials: KEY_PAIR })
      await wire.putBucket(BUCKET)
      const statuses: number[] = []
      for (let call = 0; call < 30; call += 1) {
        statuses.push((await wire.send('GET', { bucket: BUCKET })).status)
      }
      wire.close()
      await server.stop()
      return { statuses, seed: /--fault-seed (\d+)/.exec(server.stderr())?.[1] ?? 'none' }
    }
    const first = await draw([])
    const again = await draw(['--fault-seed', first.seed])
    expect(again).toEqual(first)
  })
})
