/** The operator's door: health and metrics, apart from the port that clients reach. */

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface AdminOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Whether new requests are welcome. */
  readonly ready: () => boolean
  /** A page in Prometheus's text format. */
  readonly metrics: () => Promise<string>
}

export interface AdminListener {
  readonly port: number
  /** Such as `http://127.0.0.1:9100`. */
  readonly url: string
  /** Cuts off who still asks. */
  close(): Promise<void>
}

/** Milliseconds that a request may take to come. */
const REQUEST_TIMEOUT = 10_000

/**
 * Answers GET of `/-/metrics`, `/-/health/live` and `/-/health/ready`. Asks nobody who they are, so
 * only those who may know should reach it.
 */
export async function listenForAdmin(options: AdminOptions): Promise<AdminListener> {
  const { host, port, ready, metrics } = options
  const pages: Readonly<Record<string, () => Promise<Page>>> = {
    '/-/health/live': async () => plain(200, 'ok\n'),
    '/-/health/ready': async () => (ready() ? plain(200, 'ok\n') : plain(503, 'not ready\n')),
    '/-/metrics': async () => ({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      text: await metrics(),
    }),
  }
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT }, (request, response) => {
    request.resume()
    const page = pages[(request.url ?? '').split('?', 1)[0] ?? '']
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, plain(405, 'only GET\n'))
    } else if (!page) answer(response, plain(404, 'no such page\n'))
    else {
      page().then(
        (found) => answer(response, found),
        (error: unknown) => answer(response, plain(500, `${String(error)}\n`)),
      )
    }
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { port: taken } = server.address() as AddressInfo
  return {
    port: taken,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface Page {
  readonly status: number
  readonly type: string
  readonly text: string
}

function plain(status: number, text: string): Page {
  return { status, type: 'text/plain; charset=utf-8', text }
}

function answer(response: ServerResponse, { status, type, text }: Page): void {
  const body = Buffer.from(text)
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  })
  response.end(body)
}
