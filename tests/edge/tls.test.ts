/** The service through TLS: the same in all, and a certificate that changes under its connections. */

import { randomBytes, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunningServer, ServerOptions } from '@lading/server'
import { describe, expect, it, onTestFinished } from 'vitest'
import { elementOf, etagOf, OssWire, objectETagOf } from '../support/oss-wire.ts'
import { ask, element, type RawAnswer, RawConnection } from '../support/raw-http.ts'
import { KEY_PAIR, serveProcess } from '../support/serve-process.ts'
import { startServer } from '../support/server.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { type CSdkRequest, cSdkBody, cSdkHead } from '../wire/c-sdk-request.ts'

const credentials = { accessKeyId: 'tls-key', accessKeySecret: 'tls secret' }
const BUCKET = 'tls-bucket'

/** One of the pairs that are fixtures. */
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../packages/server/src/http/fixtures/${name}`, import.meta.url))

const fingerprint = async (name: string): Promise<string> =>
  new X509Certificate(await readFile(fixture(`${name}.cert.pem`))).fingerprint256

/** Files of its own with the pair, and what puts another pair into them. */
async function certificateFiles(name: string): Promise<{
  readonly certFile: string
  readonly keyFile: string
  readonly put: (name: string) => Promise<void>
}> {
  const directory = await temporaryDirectory()
  const certFile = join(directory, 'cert.pem')
  const keyFile = join(directory, 'key.pem')
  const put = async (other: string): Promise<void> => {
    await copyFile(fixture(`${other}.key.pem`), keyFile)
    await copyFile(fixture(`${other}.cert.pem`), certFile)
  }
  await put(name)
  return { certFile, keyFile, put }
}

async function start(options: ServerOptions = {}): Promise<{
  readonly server: RunningServer
  readonly wire: OssWire
}> {
  const server = await startServer({
    credentials: [credentials],
    buckets: [BUCKET],
    tls: { certFile: fixture('first.cert.pem'), keyFile: fixture('first.key.pem') },
    ...options,
  })
  const wire = new OssWire({ port: server.port, credentials, tls: true })
  onTestFinished(async () => {
    wire.close()
    await server.close({ graceMs: 0 })
  })
  return { server, wire }
}

/** The certificate that a new connection is shown. */
async function shownBy(port: number): Promise<string> {
  const connection = await RawConnection.openSecurely(port)
  const { fingerprint256 } = connection.socket.getPeerCertificate()
  connection.destroy()
  return fingerprint256
}

describe('a server with a certificate', () => {
  it('says https in its url and in Location, and takes a whole upload', async () => {
    const { server, wire } = await start()
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`)
    const parts = [randomBytes(200_000), randomBytes(10)]
    const uploadId = await wire.initiate(BUCKET, 'dir/key')
    const etags = await Promise.all(
      parts.map(async (part, at) => {
        const answer = await wire.uploadPart(BUCKET, 'dir/key', uploadId, at + 1, part)
        expect(answer.headers.etag).toBe(`"${etagOf(part)}"`)
        return [at + 1, etagOf(part)] as const
      }),
    )
    const completed = await wire.complete(BUCKET, 'dir/key', uploadId, etags)
    expect(elementOf(completed.text, 'Location')).toBe(
      `https://127.0.0.1:${server.port}/${BUCKET}/dir/key`,
    )
    const { bytes, headers } = await wire.send('GET', { bucket: BUCKET, key: 'dir/key' })
    expect(bytes.equals(Buffer.concat(parts))).toBe(true)
    expect(headers.etag).toBe(`"${objectETagOf(etags.map(([, etag]) => etag))}"`)
  })

  it('takes both lengths as the C SDK sends them, request after request', async () => {
    const { server } = await start()
    const connection = await RawConnection.openSecurely(server.port)
    const run = async (request: Omit<CSdkRequest, 'bucket'>): Promise<RawAnswer> => {
      const { port } = server
      const context = { port, credentials, endpoint: '127.0.0.1' } as const
      await connection.send(cSdkHead({ bucket: BUCKET, ...request }, context))
      if (request.method !== 'PUT') return await connection.answer()
      expect((await connection.answer()).status).toBe(100)
      await connection.send(cSdkBody(request.body))
      return await connection.answer()
    }
    const body = randomBytes(300_000)
    for (const key of ['one', 'two']) {
      const stored = await run({ method: 'PUT', key, contentType: 'text/plain', body })
      expect([stored.status, stored.headers.get('etag')]).toEqual([200, `"${etagOf(body)}"`])
    }
    expect((await run({ method: 'GET', key: 'two' })).body.equals(body)).toBe(true)
    connection.destroy()
  })

  it('speaks nothing older than TLS 1.2, and no plain HTTP, and goes on', async () => {
    const { server, wire } = await start()
    const { port } = server
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version }
      const connection = await RawConnection.openSecurely(port, options)
      expect(connection.socket.getProtocol()).toBe(version)
      connection.destroy()
    }
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
    await expect(RawConnection.openSecurely(port, old)).rejects.toThrow(/protocol version/)
    await expect(ask(port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')).rejects.toThrow()
    expect((await wire.send('GET')).status).toBe(200)
  })

  it('loses no answer to a client that is still sending', async () => {
    const { server } = await start()
    const body = randomBytes(4 << 20)
    const head = `PUT /${BUCKET}/key HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n`
    for (let round = 0; round < 5; round += 1) {
      const connection = await RawConnection.openSecurely(server.port)
      await connection.send(`${head}Expect: 100-continue\r\n\r\n`)
      const sent = connection.send(body)
      const refusal = await connection.answer()
      expect([refusal.status, refusal.headers.get('connection')]).toEqual([403, 'close'])
      await sent
      expect([await connection.rest(), connection.failure]).toEqual(['', undefined])
      connection.destroy()
    }
  })

  it('gives up a client whose body comes too slowly', async () => {
    const rate = { bytesPerSecond: 1_000_000, windowMs: 50 }
    const { server, wire } = await start({ minimumBodyRate: rate })
    await wire.send('PUT', { bucket: BUCKET, headers: { 'x-oss-acl': 'public-read-write' } })
    const connection = await RawConnection.openSecurely(server.port)
    await connection.send(`PUT /${BUCKET}/key HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nslow`)
    const refusal = await connection.answer()
    expect([refusal.status, element(refusal.text, 'Code')]).toEqual([400, 'RequestTimeout'])
    connection.destroy()
    expect((await wire.send('HEAD', { bucket: BUCKET, key: 'key' })).status).toBe(404)
  })

  it('closes without waiting for who never shook hands', async () => {
    const { server } = await start()
    const silent = connect(server.port, '127.0.0.1')
    await once(silent, 'connect')
    const open = await RawConnection.openSecurely(server.port)
    const left = once(silent, 'close')
    await server.close({ graceMs: 3_600_000 })
    await left
    expect(await open.rest()).toBe('')
  })

  it('does not start with files that do not belong together, and names them', async () => {
    const files = { certFile: fixture('first.cert.pem'), keyFile: fixture('second.key.pem') }
    await expect(startServer({ tls: files })).rejects.toThrow(/first\.cert\.pem.*second\.key\.pem/)
    const missing = { ...files, keyFile: fixture('none.pem') }
    await expect(startServer({ tls: missing })).rejects.toThrow(/none\.pem.*ENOENT/)
  })
})

describe('a certificate that changes', () => {
  it('is shown to new connections by itself, and those that there are go on', async () => {
    const files = await certificateFiles('first')
    const { certFile, keyFile } = files
    const { server } = await start({ tls: { certFile, keyFile } })
    const [first, second] = await Promise.all([fingerprint('first'), fingerprint('second')])
    expect(await shownBy(server.port)).toBe(first)

    const open = await RawConnection.openSecurely(server.port)
    const request = 'GET /-/health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
    await open.send(request.slice(0, 10))
    await files.put('second')
    await until(async () => (await shownBy(server.port)) === second)
    await open.send(request.slice(10))
    expect((await open.answer()).status).toBe(200)
    expect(open.socket.getPeerCertificate().fingerprint256).toBe(first)
    open.destroy()
  })

  it('stays as it is when the new files cannot be used', async () => {
    const files = await certificateFiles('first')
    const { certFile, keyFile } = files
    const { server } = await start({ tls: { certFile, keyFile } })
    await writeFile(certFile, 'no certificate')
    await expect(server.reloadCertificate()).rejects.toThrow('cert.pem')
    expect(await shownBy(server.port)).toBe(await fingerprint('first'))
    await files.put('second')
    await server.reloadCertificate()
    expect(await shownBy(server.port)).toBe(await fingerprint('second'))
  })
})

describe('lading serve --tls-cert --tls-key', () => {
  it.each([1, 2])('with %i workers reads the certificate again on SIGHUP', async (workers) => {
    const files = await certificateFiles('first')
    const server = await serveProcess(await temporaryDirectory(), {
      args: [
        ...['--tls-cert', files.certFile, '--tls-key', files.keyFile],
        ...['--workers', String(workers)],
      ],
    })
    try {
      expect(server.stdout()).toContain(`listening on https://127.0.0.1:${server.port}\n`)
      const wire = new OssWire({ port: server.port, credentials: KEY_PAIR, tls: true })
      expect((await wire.putBucket(BUCKET)).status).toBe(200)
      wire.close()
      expect(await shownBy(server.port)).toBe(await fingerprint('first'))
      await files.put('second')
      server.child.kill('SIGHUP')
      const second = await fingerprint('second')
      // Workers take connections by turns, and a slow one must not find the broken key first.
      await until(async () => {
        for (let turn = 0; turn < 2 * workers; turn++) {
          if ((await shownBy(server.port)) !== second) return false
        }
        return true
      })

      await writeFile(files.keyFile, 'no key')
      server.child.kill('SIGHUP')
      await until(() => server.stderr().includes('The one in use stays.'))
      expect(await shownBy(server.port)).toBe(second)
    } finally {
      expect(await server.stop()).toBe(0)
    }
  })

  it('wants both files or none', async () => {
    const args = ['--tls-cert', fixture('first.cert.pem')]
    await expect(serveProcess(await temporaryDirectory(), { args })).rejects.toThrow(/--tls-key/)
  })
})
