import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import dns from 'node:dns'
import { once } from 'node:events'
import type { ClientRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { bytesBody, toHttpBody } from '../body.ts'
import { localServer, readAll } from '../local-server.contract.ts'
import type { HttpRequest, Transport } from './contract.ts'
import { nodeTransport } from './node.ts'

const options = { idleTimeoutMs: 30_000, signal: undefined }

function open(settings?: Parameters<typeof nodeTransport>[0]): Transport {
  const transport = nodeTransport(settings)
  onTestFinished(() => transport.close())
  return transport
}

function put(origin: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: 'PUT', origin, path: '/', headers: new Map(), body: undefined, ...more }
}

test('66 requests, four at a time, take at most five connections', async () => {
  const server = await localServer((request, response) => {
    request.resume().on('end', () => response.end('ok'))
  })
  const transport = open()
  let sent = 0
  const work = async (): Promise<void> => {
    while (sent < 66) {
      sent += 1
      const body = bytesBody(new Uint8Array(1_000_000))
      const answer = await transport.exchange(put(server.url, { body }), options)
      await readAll(answer.body)
    }
  }
  await Promise.all([work(), work(), work(), work()])
  expect(sent).toBe(66)
  expect(server.accepted()).toBeLessThanOrEqual(5)
})

test('a connection that is refused is what failed, though there was a body to send', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const body = bytesBody(new Uint8Array(1_000_000))
  const sent = open().exchange(put(`http://127.0.0.1:${port}`, { body }), options)
  await expect(sent).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
})

test('header values travel as UTF-8, both ways, and paths are sent as they are', async () => {
  const server = await localServer((request, response) => {
    const got = Buffer.from(String(request.headers['x-test']), 'latin1').toString('utf8')
    response.setHeader('x-got', Buffer.from(`${got} ${request.url}`, 'utf8').toString('latin1'))
    response.end()
  })
  const headers = new Map([['x-test', 'häns 中']])
  const answer = await open().exchange(put(server.url, { headers, path: '/a/../b?c' }), options)
  expect(answer.headers.get('x-got')).toBe('häns 中 /a/../b?c')
})

test.each([
  ['bytes with their length', toHttpBody('hello'), { 'content-length': '5' }],
  ['a stream in chunks', toHttpBody(chunks('hel', 'lo')), { 'transfer-encoding': 'chunked' }],
])('sends %s', async (_, body, headers) => {
  const server = await localServer((request, response) => {
    void readAll(request).then((text) => response.end(JSON.stringify([text, request.headers])))
  })
  const answer = await open().exchange(put(server.url, { body }), options)
  expect(JSON.parse(await readAll(answer.body))).toEqual([
    'hello',
    expect.objectContaining(headers),
  ])
})

test('a refusal that comes before the body has been sent is heard', async () => {
  const server = await localServer((_, response) => {
    response.writeHead(403).end('no')
  })
  const body = bytesBody(new Uint8Array(300_000))
  const answer = await open().exchange(put(server.url, { body }), options)
  expect(answer.status).toBe(403)
  expect(await readAll(answer.body)).toBe('no')
})

test('an address where nobody listens is a TransportError', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  await expect(open().exchange(put(`http://127.0.0.1:${port}`), options)).rejects.toMatchObject({
    name: 'TransportError',
    cause: { code: 'ECONNREFUSED' },
  })
})

test('an endpoint that accepts a connection and never speaks TLS is given up after its time', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  const exchange = open({ connectTimeoutMs: 50 }).exchange(
    put(`https://127.0.0.1:${port}`),
    options,
  )
  await expect(exchange).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining('no connection within 50 ms'),
    cause: { code: 'ETIMEDOUT' },
  })
})

test('an endpoint whose address is never found is given up after the time to connect', async () => {
  const asked: string[] = []
  vi.spyOn(dns, 'lookup').mockImplementation(((name: string) => void asked.push(name)) as never)
  onTestFinished(() => void vi.restoreAllMocks())
  const exchange = open({ connectTimeoutMs: 50 }).exchange(put('http://nowhere.example'), options)
  await expect(exchange).rejects.toThrow('no connection within 50 ms')
  expect(asked).toEqual(['nowhere.example'])
})

test('a connection cut in the middle of an answer is a TransportError', async () => {
  const server = await localServer((_, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('part')
    setImmediate(() => response.destroy())
  })
  const answer = await open().exchange(put(server.url), options)
  await expect(readAll(answer.body)).rejects.toMatchObject({ name: 'TransportError' })
})

test('silence ends an exchange, before the answer and within it', async () => {
  const server = await localServer((request, response) => {
    if (request.url === '/begun') response.write('part')
  })
  const transport = open()
  const silent = { ...options, idleTimeoutMs: 300 }
  await expect(transport.exchange(put(server.url), silent)).rejects.toMatchObject({
    name: 'TransportError',
    cause: { code: 'ETIMEDOUT' },
  })
  const { body } = await transport.exchange(put(server.url, { path: '/begun' }), silent)
  await expect(readAll(body)).rejects.toMatchObject({
    name: 'TransportError',
    message: expect.stringContaining('no byte moved'),
  })
})

test('an abort closes the connection and rejects with its reason', async () => {
  let asked = (): void => {}
  const arrived = new Promise<void>((resolve) => {
    asked = resolve
  })
  const server = await localServer(() => asked())
  const requests: ClientRequest[] = []
  const remember = (message: unknown): void => {
    requests.push((message as { request: ClientRequest }).request)
  }
  subscribe('http.client.request.start', remember)
  onTestFinished(() => void unsubscribe('http.client.request.start', remember))
  const controller = new AbortController()
  const exchange = open().exchange(put(server.url), { ...options, signal: controller.signal })
  await arrived

  const reason = new Error('changed my mind')
  controller.abort(reason)

  await expect(exchange).rejects.toBe(reason)
  expect(requests.map(({ socket }) => socket?.closed)).toEqual([true])
  await vi.waitUntil(() => server.open() === 0, 10_000)
})

test('an error of the body itself is thrown as it is', async () => {
  const server = await localServer((request) => void request.resume())
  const failure = new Error('the file is gone')
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(10)
    throw failure
  }
  const body = { size: 20, replayable: true, open: broken }
  await expect(open().exchange(put(server.url, { body }), options)).rejects.toBe(failure)
})

test('closing ends exchanges under way', async () => {
  let asked = (): void => {}
  const arrived = new Promise<void>((resolve) => {
    asked = resolve
  })
  const server = await localServer(() => asked())
  const transport = nodeTransport()
  const exchange = expect(transport.exchange(put(server.url), options)).rejects.toMatchObject({
    name: 'TransportError',
  })
  await arrived
  await transport.close()
  await exchange
})

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

test('an abort at the very end of an answer ends the exchange, and not the process', async () => {
  const server = await localServer((_, response) => void response.end('all of it'))
  const transport = open()
  const uncaught = vi.fn()
  process.once('uncaughtException', uncaught)
  onTestFinished(() => void process.off('uncaughtException', uncaught))
  const controller = new AbortController()
  const { signal } = controller
  const answer = await transport.exchange(put(server.url), { ...options, signal })
  const body = answer.body[Symbol.asyncIterator]()
  await body.next()
  const end = body.next().catch((error: unknown) => error)
  controller.abort(new Error('enough'))
  await end
  await readAll((await transport.exchange(put(server.url), options)).body)
  expect(uncaught).not.toHaveBeenCalled()
})

test.each(['an abort', 'an early refusal'])(
  '%s does not wait for a body that never comes',
  async (how) => {
    const controller = new AbortController()
    const server = await localServer((_, response) => {
      if (how === 'an abort') controller.abort(new Error('enough'))
      else response.writeHead(403).end('no')
    })
    let left = false
    let isFirst = true
    const iterator: AsyncIterator<Uint8Array> = {
      next() {
        if (!isFirst) return new Promise<never>(() => {})
        isFirst = false
        return Promise.resolve({ done: false, value: Buffer.from('begun') })
      },
      async return() {
        left = true
        return { done: true, value: undefined }
      },
    }
    const body = {
      size: undefined,
      replayable: false,
      open: () => ({ [Symbol.asyncIterator]: () => iterator }),
    }
    const exchange = open().exchange(put(server.url, { body }), {
      ...options,
      signal: controller.signal,
    })
    if (how === 'an abort') await expect(exchange).rejects.toThrow('enough')
    else expect(await readAll((await exchange).body)).toBe('no')
    expect(left).toBe(true)
  },
)

test('a body that its own source is slow with is not given up for silence', async () => {
  const server = await localServer((request, response) => {
    void readAll(request).then((text) => response.end(text))
  })
  let goOn = (): void => {}
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('slow')
    await new Promise<void>((resolve) => {
      goOn = resolve
    })
    yield Buffer.from('ly')
  }
  const body = { size: undefined, replayable: false, open: slow }
  const transport = open()
  const exchange = transport.exchange(put(server.url, { body }), { ...options, idleTimeoutMs: 50 })
  // Another exchange that is given up for its silence shows that the time has passed.
  const mute = await localServer(() => {})
  await expect(
    transport.exchange(put(mute.url), { ...options, idleTimeoutMs: 200 }),
  ).rejects.toThrow('no byte moved')
  goOn()
  expect(await readAll((await exchange).body)).toBe('slowly')
})

test('silence behind a body whose source was slow to end is noticed', async () => {
  const mute = await localServer(() => {})
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('all')
    await ended
  }
  const body = { size: 3, replayable: false, open: slow }
  const transport = open()
  const exchange = transport.exchange(put(mute.url, { body }), { ...options, idleTimeoutMs: 50 })
  await expect(
    transport.exchange(put(mute.url), { ...options, idleTimeoutMs: 200 }),
  ).rejects.toThrow('no byte moved')
  end()
  await expect(exchange).rejects.toThrow('no byte moved')
})

test('silence within an answer that came early is noticed, though the source keeps still as well', async () => {
  const server = await localServer((_, response) => {
    response.writeHead(200, { 'content-length': '9' }).write('half')
  })
  let goOn = (): void => {}
  const reading = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('begun')
    await reading
    yield Buffer.from('more')
    await ended
  }
  onTestFinished(() => end())
  const body = { size: undefined, replayable: false, open: slow }
  const exchange = open().exchange(put(server.url, { body }), { ...options, idleTimeoutMs: 50 })
  const read = readAll((await exchange).body)
  goOn()
  await expect(read).rejects.toThrow('no byte moved')
})
