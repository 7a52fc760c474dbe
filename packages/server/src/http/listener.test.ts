import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { OssError } from '@lading/protocol'
import { describe, expect, onTestFinished, test } from 'vitest'
import { identifyAmong } from '../access/identify.ts'
import type { Operation, OssRequest, Reply } from '../api/operation.ts'
import { createLog } from '../observe/log.ts'
import type { Store } from '../store/store.ts'
import { readBucketSettings } from './bucket-settings.ts'
import type { Service } from './dispatch.ts'
import { planFaults } from './faults.ts'
import { endlessSpace } from './free-space.ts'
import { defaultPatience, listen } from './listener.ts'

/** A server of one object operation that anybody may use, and what it wrote down. */
async function serve(
  handle: (request: OssRequest) => Promise<Reply>,
  options: {
    readonly method?: Operation['method']
    readonly body?: Operation['body']
    readonly patience?: Partial<typeof defaultPatience>
  } = {},
): Promise<{ port: number; lines: Record<string, unknown>[]; logged: () => Promise<void> }> {
  const { method = 'GET', body = { kind: 'none' }, patience } = options
  const operation: Operation = {
    name: 'Only',
    method,
    resource: 'object',
    query: [],
    action: 'oss:Only',
    access: 'write',
    body,
    handle,
  }
  const lines: Record<string, unknown>[] = []
  let wrote = (): void => {}
  const profile = {
    region: 'cn-hangzhou',
    extranetEndpoint: 'a',
    intranetEndpoint: 'a',
    describeOwner: (owner: string) => ({ id: owner, displayName: owner }),
  }
  const service: Service = {
    operations: [operation, { ...operation, method: 'HEAD' }],
    loadOperations: async () => [],
    // No operation here asks for it.
    context: {
      store: {} as Store,
      profile,
      restoreMs: undefined,
      sendCallback: async () => {
        throw new TypeError('Nobody is called back here.')
      },
      identify: identifyAmong(
        async () => undefined,
        () => new Date(),
      ),
    },
    addresses: {},
    settings: readBucketSettings({ findBucketSetting: async () => undefined }),
    findBucket: async (name) => ({
      name,
      owner: 'me',
      createdAt: new Date(0),
      acl: 'public-read-write',
      storageClass: 'Standard',
      dataRedundancyType: 'LRS',
    }),
    access: {
      region: 'cn-hangzhou',
      findPolicy: async () => undefined,
      findObjectAcl: async () => undefined,
    },
    faults: planFaults([], 0),
    limits: { admit: () => ({}) },
    space: endlessSpace,
    quotas: { admit: async () => () => {} },
    callbackKey: async () => ({ status: 200 }),
    now: () => new Date(),
    ready: () => true,
  }
  const log = createLog({
    write: (line) => {
      lines.push(JSON.parse(line))
      wrote()
    },
  })
  const listener = await listen(service, log, {
    host: '127.0.0.1',
    port: 0,
    strictHttp: false,
    patience: { ...defaultPatience, ...patience },
  })
  onTestFinished(() => listener.close({ graceMs: 0 }))
  const logged = async (): Promise<void> => {
    while (lines.length === 0) {
      await new Promise<void>((resolve) => {
        wrote = resolve
      })
    }
  }
  return { port: listener.port, lines, logged }
}

async function get(
  port: number,
  method = 'GET',
): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; text: string }> {
  const request = httpRequest({ port, host: '127.0.0.1', path: '/bucket/key', method }).end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('latin1')) text += chunk
  return { status: response.statusCode, headers: response.headers, text }
}

/** A reply of these chunks that announces `length` bytes, and how often it was released. */
function contentOf(chunks: () => AsyncIterable<Uint8Array>, length: number): [Reply, () => number] {
  let released = 0
  const release = (): void => {
    released += 1
  }
  return [{ status: 200, content: { length, bytes: chunks, release } }, () => released]
}

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text)
}

async function* failing(...texts: string[]): AsyncGenerator<Uint8Array> {
  yield* bytes(...texts)
  throw new Error('the disk is gone')
}

describe('content', () => {
  test('is sent whole and released once', async () => {
    const [reply, released] = contentOf(() => bytes('he', 'llo'), 5)
    const { port, logged } = await serve(async () => reply)
    const { status, headers, text } = await get(port)
    expect([status, headers['content-length'], text]).toEqual([200, '5', 'hello'])
    await logged()
    expect(released()).toBe(1)
  })

  test('is told of and not begun on HEAD, and released once', async () => {
    let begun = false
    const [reply, released] = contentOf(() => {
      begun = true
      return bytes('hello')
    }, 5)
    const { port, logged } = await serve(async () => reply)
    const { headers, text } = await get(port, 'HEAD')
    await logged()
    expect([headers['content-length'], text, begun, released()]).toEqual(['5', '', false, 1])
  })

  test.each([204, 304])('has no place in a %d, and is released once', async (status) => {
    const [reply, released] = contentOf(() => bytes('hello'), 5)
    const { port, logged } = await serve(async () => ({ ...reply, status }))
    const { headers, text } = await get(port)
    await logged()
    expect([headers['content-length'], text, released()]).toEqual([undefined, '', 1])
  })

  test('that cannot be begun is an error that keeps its cause to the log', async () => {
    const [reply, released] = contentOf(() => failing(), 5)
    const { port, lines, logged } = await serve(async () => reply)
    const { status, text } = await get(port)
    await logged()
    expect(status).toBe(500)
    expect(text).toContain('<Code>InternalError</Code>')
    expect(text).not.toContain('disk')
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'error',
        code: 'InternalError',
        err: expect.objectContaining({ message: 'the disk is gone' }),
      }),
    ])
    expect(released()).toBe(1)
  })

  test.each([
    ['fails on the way', () => failing('hel')],
    ['ends too early', () => bytes('hel')],
    ['is longer than announced', () => bytes('hel', 'lo and more')],
  ])('that %s cuts the connection, so that nobody takes it for whole', async (_, chunks) => {
    const [reply, released] = contentOf(chunks, 5)
    const { port, lines, logged } = await serve(async () => reply)
    await expect(get(port)).rejects.toThrow('aborted')
    await logged()
    expect(lines).toEqual([expect.objectContaining({ level: 'error', status: 200, aborted: true })])
    expect(released()).toBe(1)
  })

  test('whose client leaves is released once, and is nobody’s fault', async () => {
    let left = (): void => {}
    const gone = new Promise<void>((resolve) => {
      left = resolve
    })
    async function* untilGone(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(1024)
      await gone
      yield Buffer.alloc(1024)
    }
    const [reply, released] = contentOf(untilGone, 1 << 20)
    const { port, lines, logged } = await serve(async ({ signal }) => {
      signal.addEventListener('abort', left)
      return reply
    })
    const request = httpRequest({ port, host: '127.0.0.1', path: '/bucket/key' }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    response.on('error', () => {})
    request.destroy()
    await logged()
    expect(released()).toBe(1)
    expect(lines).toEqual([expect.objectContaining({ level: 'info', aborted: true })])
  })
})

describe('a body', () => {
  const limited = { kind: 'stream', limit: 10 } as const
  const put = (...lines: string[]): string =>
    ['PUT /bucket/key HTTP/1.1', 'Host: 127.0.0.1', ...lines, '\r\n'].join('\r\n')

  test('that grows beyond the limit is EntityTooLarge while it is read', async () => {
    const { port } = await serve(
      async ({ body }) => {
        for await (const _ of body.bytes());
        return { status: 200 }
      },
      { method: 'PUT', body: limited },
    )
    const text = await send(
      port,
      `${put('Transfer-Encoding: chunked')}b\r\nhello world\r\n0\r\n\r\n`,
    )
    expect(text).toContain('<Code>EntityTooLarge</Code>')
  })

  test('that nobody wants is read within bounds, and then the connection ends', async () => {
    const { port } = await serve(
      async () => {
        throw new OssError('NoSuchUpload')
      },
      {
        method: 'PUT',
        body: { kind: 'stream', limit: 1 << 30 },
        patience: { drain: { bytes: 1000, ms: 60_000 } },
      },
    )
    const socket = connect(port, '127.0.0.1')
    socket.write(put('Transfer-Encoding: chunked'))
    let text = ''
    for await (const chunk of socket.setEncoding('latin1')) {
      // The answer is there at once; only then are the bytes sent that pass the bound.
      if (text === '') socket.write(`800\r\n${'x'.repeat(2048)}\r\n`)
      text += chunk
    }
    expect(text).toMatch(/^HTTP\/1\.1 404 [\s\S]*Connection: keep-alive[\s\S]*NoSuchUpload/)
  })

  test('as text is decoded across chunks, and what is no UTF-8 is MalformedXML', async () => {
    const texts: string[] = []
    const { port } = await serve(
      async ({ body }) => {
        texts.push(await body.text())
        return { status: 200 }
      },
      { method: 'PUT', body: { kind: 'text', limit: 100 } },
    )
    const chunked = put('Transfer-Encoding: chunked', 'Connection: close')
    expect(await send(port, `${chunked}1\r\n\xc3\r\n1\r\n\xbc\r\n0\r\n\r\n`)).toMatch(/ 200 /)
    expect(await send(port, `${chunked}1\r\n\xc3\r\n0\r\n\r\n`)).toContain('MalformedXML')
    expect(texts).toEqual(['ü'])
  })

  test('that is left half read leaves the connection to the next request', async () => {
    const { port } = await serve(
      async ({ body }) => {
        for await (const _ of body.bytes()) break
        return { status: 200 }
      },
      { method: 'PUT', body: { kind: 'stream', limit: 1 << 30 } },
    )
    const long = 'x'.repeat(1 << 20)
    const text = await send(
      port,
      `${put(`Content-Length: ${long.length}`)}${long}${put('Content-Length: 1', 'Connection: close')}y`,
    )
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
  })
})

test('a request that a client gave up aborts its signal', async () => {
  let begin = (): void => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  let aborted: unknown
  const { port, logged, lines } = await serve(async ({ signal }) => {
    begin()
    await once(signal, 'abort')
    aborted = signal.reason
    throw signal.reason
  })
  const request = httpRequest({ port, host: '127.0.0.1', path: '/bucket/key' }).end()
  request.on('error', () => {})
  await begun
  request.destroy()
  await logged()
  expect(aborted).toBeInstanceOf(Error)
  expect(lines).toEqual([expect.objectContaining({ level: 'info', aborted: true })])
})

test('a client that queues requests without end is cut off', async () => {
  const never = new Promise<void>(() => {})
  let handled = 0
  const { port } = await serve(async ({ signal }) => {
    handled += 1
    await Promise.race([never, once(signal, 'abort')])
    return { status: 200 }
  })
  const text = await send(port, 'GET /bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(100))
  expect([text, handled]).toEqual(['', 0])
})

test('a head that does not come to its end is RequestTimeout, also after other requests', async () => {
  const { port } = await serve(async () => ({ status: 200 }), { patience: { headMs: 100 } })
  const whole = 'GET /bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
  for (const before of ['', whole]) {
    const text = await send(port, `${before}GET /bucket/key HTTP/1.1\r\nHost: 127`)
    expect(text.match(/HTTP\/1\.1 \d+/g)?.at(-1)).toBe('HTTP/1.1 400')
    expect(text).toContain('<Code>RequestTimeout</Code>')
  }
})

test('a long answer is not cut short for a body that was announced and never sent', async () => {
  const half = 300_000
  let rest = (): void => {}
  const later = new Promise<void>((resolve) => {
    rest = resolve
  })
  async function* slowly(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(half)
    await later
    yield Buffer.alloc(half)
  }
  const [reply] = contentOf(slowly, 2 * half)
  const { port } = await serve(async () => reply, { patience: { drain: { bytes: 9, ms: 0 } } })
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /bucket/key HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n')
  socket.write('ten bytes and more')
  let received = 0
  for await (const chunk of socket) {
    received += chunk.length
    // By now every timer of no length has fired.
    if (received > half) setImmediate(rest)
  }
  expect(received).toBeGreaterThan(2 * half)
})

/** Latin-1 text sent on a connection of its own, and all that comes back. */
async function send(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text, 'latin1')
  socket.on('error', () => {})
  let answer = ''
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    answer += chunk
    // A refusal keeps the connection; nothing more is asked on it.
    if (answer.includes('</Error>')) socket.end()
  })
  await once(socket, 'close')
  return answer
}
