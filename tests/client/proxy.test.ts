/** The client behind a proxy, and before a service whose certificate only its own authority vouches for. */

import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { nodeTransport, upload } from '@lading/client/node'
import { expect, onTestFinished, test } from 'vitest'
import { BUCKET, bytesOf, KiB, randomContent, startService } from './service.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../packages/server/src/http/fixtures/${name}`, import.meta.url))
const tls = { certFile: fixture('first.cert.pem'), keyFile: fixture('first.key.pem') }
const ca = await readFile(tls.certFile, 'utf8')
const PASSWORD = 'pass word%'
const AUTHORIZATION = `Basic ${Buffer.from(`me:${PASSWORD}`).toString('base64')}`

interface LocalProxy {
  readonly port: number
  readonly url: string
  /** What it was asked, one line for each request. */
  readonly asked: string[]
}

/** Lets through who names `me` and the password. */
async function startProxy(answer?: (socket: Socket) => void): Promise<LocalProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  }
  const isAllowed = ({ headers }: IncomingMessage): boolean =>
    headers['proxy-authorization'] === AUTHORIZATION
  const proxy = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    if (!isAllowed(incoming)) return void outgoing.writeHead(407).end()
    const { method, headers, url = '' } = incoming
    const onward = request(url, { method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 0, reply.rawHeaders)
      reply.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  proxy.on('connection', keep)
  proxy.on('connect', (incoming, socket: Socket, head) => {
    asked.push(`CONNECT ${incoming.url}`)
    if (answer) return answer(socket)
    if (!isAllowed(incoming)) return void socket.end('HTTP/1.1 407 Who are you\r\n\r\n')
    const port = Number(new URL(`http://${incoming.url}`).port)
    const onward = createConnection(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connected\r\n\r\n')
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
    keep(onward)
    socket.on('close', () => onward.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => proxy.close(resolve))
  })
  const { port } = proxy.address() as AddressInfo
  const user = `me:${encodeURIComponent(PASSWORD)}`
  return { port, url: `http://${user}@127.0.0.1:${port}`, asked }
}

test('an HTTPS endpoint is reached through CONNECT, on few connections, and proved by its own authority', async () => {
  const proxy = await startProxy()
  const { server, connect } = await startService({ tls, buckets: [BUCKET] }, { ca })
  const client = connect({ connections: { proxy: proxy.url, ca } })
  const content = randomContent(1300 * KiB)

  const { done } = upload(
    client,
    content,
    { bucket: BUCKET, key: 'k' },
    { partSize: 100 * KiB, parallel: 3 },
  )

  expect(await done).toMatchObject({ parts: 13 })
  const { body } = await client.getObject({ bucket: BUCKET, key: 'k' })
  expect((await bytesOf(body)).equals(content)).toBe(true)
  expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT 127.0.0.1:${server.port}`]))
  expect(proxy.asked.length).toBeLessThanOrEqual(4)
})

test('an HTTP endpoint is asked for at the proxy by its whole URL', async () => {
  const proxy = await startProxy()
  const { server, connect } = await startService()
  const client = connect({ connections: { proxy: proxy.url } })
  await client.putObject({ bucket: BUCKET, key: 'a key', body: 'bytes' })
  const { body } = await client.getObject({ bucket: BUCKET, key: 'a key' })
  expect((await bytesOf(body)).toString()).toBe('bytes')
  expect(proxy.asked).toEqual([
    `PUT ${server.url}/${BUCKET}/a%20key`,
    `GET ${server.url}/${BUCKET}/a%20key`,
  ])
})

test.each(['https', 'http'])(
  'a proxy that does not know us is named, and the password is not told (%s)',
  async (scheme) => {
    const proxy = await startProxy()
    const url = `http://me:hidden@127.0.0.1:${proxy.port}`
    const { server, connect } = await startService(
      scheme === 'https' ? { tls, buckets: [BUCKET] } : {},
      { ca },
    )
    const client = connect({ connections: { proxy: url, ca }, retry: { retries: 0 } })
    const refusal = await client.listObjectsV2({ bucket: BUCKET }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({
      name: 'TransportError',
      message: expect.stringMatching(/the proxy .*wants a name and a password/),
    })
    expect(JSON.stringify([String(refusal), refusal])).not.toContain('hidden')
    expect(server.url).toContain(scheme)
  },
)

test('a proxy that refuses to connect is named with its status', async () => {
  const proxy = await startProxy((socket) => socket.end('HTTP/1.1 403 No\r\n\r\n'))
  const transport = nodeTransport({ proxy: proxy.url })
  onTestFinished(() => transport.close())
  const exchange = { method: 'GET', origin: 'https://127.0.0.1:9', path: '/', headers: new Map() }
  const options = { idleTimeoutMs: 10_000, signal: undefined }
  await expect(transport.exchange({ ...exchange, body: undefined }, options)).rejects.toThrow(
    `the proxy 127.0.0.1:${proxy.port} does not connect to 127.0.0.1:9: it answers 403`,
  )
})

test('a proxy that falls silent is given up after the time to connect, and at once by closing', async () => {
  let asked = (): void => {}
  const proxy = await startProxy(() => asked())
  const target = { method: 'GET', origin: 'https://127.0.0.1:9', path: '/', headers: new Map() }
  const request = { ...target, body: undefined }
  const options = { idleTimeoutMs: 10_000, signal: undefined }
  const hasty = nodeTransport({ proxy: proxy.url, connectTimeoutMs: 50 })
  onTestFinished(() => hasty.close())
  await expect(hasty.exchange(request, options)).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining('no connection through the proxy'),
    cause: { code: 'ETIMEDOUT' },
  })

  const patient = nodeTransport({ proxy: proxy.url })
  const arrived = new Promise<void>((resolve) => {
    asked = resolve
  })
  const exchange = expect(patient.exchange(request, options)).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining('the client was closed'),
  })
  await arrived
  await patient.close()
  await exchange
})

test('without its authority the certificate of an endpoint is not believed', async () => {
  const { connect } = await startService({ tls, buckets: [BUCKET] }, { ca })
  const client = connect({ retry: { retries: 0 } })
  await expect(client.listBuckets()).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining('self-signed certificate'),
  })
})
