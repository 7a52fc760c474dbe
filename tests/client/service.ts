/** A server with a bucket and a client of it, both of which last as long as the test. */

import { randomBytes } from 'node:crypto'
import {
  type NodeClientOptions,
  type NodeTransportOptions,
  nodeTransport,
  OssClient,
  type Transport,
} from '@lading/client/node'
import type { RunningServer, ServerOptions } from '@lading/server'
import { onTestFinished } from 'vitest'
import { startServer } from '../support/server.ts'
import { until } from '../support/until.ts'
import { startTcpProxy } from './tcp-proxy.ts'

export const BUCKET = 'lading-client'
export const KiB = 1024

export interface Service {
  readonly server: RunningServer
  readonly client: OssClient
  /** Resolves, once the server has answered at least `least` requests of `operation`, with how many. */
  count(operation: string, least: number): Promise<number>
  connect(options?: Partial<NodeClientOptions>): OssClient
}

/** @param connections How `client` connects; those of `connect` do so as they are told. */
export async function startService(
  options: ServerOptions = {},
  connections: NodeTransportOptions = {},
): Promise<Service> {
  const operations: string[] = []
  const server = await startServer({
    ...options,
    log: { write: (line: string) => void operations.push(JSON.parse(line).operation) },
  })
  onTestFinished(() => server.close({ graceMs: 0 }))
  const connect = (more: Partial<NodeClientOptions> = {}): OssClient => {
    const client = new OssClient({
      endpoint: server.url,
      credentials: server.credentials,
      retry: { baseDelayMs: 1, maxDelayMs: 5 },
      ...more,
    })
    onTestFinished(() => client.close())
    return client
  }
  const client = connect({ connections })
  await client.putBucket({ bucket: BUCKET })
  return {
    server,
    client,
    async count(operation, least) {
      const counted = (): number => operations.filter((name) => name === operation).length
      await until(() => counted() >= least)
      return counted()
    },
    connect,
  }
}

/** Bytes that no two calls share. */
export function randomContent(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(size))
}

/** The usual transport, with `change` applied to what it brings. */
export function tampering(
  change: (
    request: Parameters<Transport['exchange']>[0],
    response: Awaited<ReturnType<Transport['exchange']>>,
  ) => Awaited<ReturnType<Transport['exchange']>>,
): Transport {
  const transport = nodeTransport()
  return {
    exchange: async (request, options) =>
      change(request, await transport.exchange(request, options)),
    close: () => transport.close(),
  }
}

export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

export interface Proxy {
  readonly url: string
  /** Connections so far. */
  accepted(): number
  /** Connections that are open now. */
  open(): number
}

/** Stands before a server and counts connections. */
export async function startProxy(port: number): Promise<Proxy> {
  let accepted = 0
  const { url, open } = await startTcpProxy(port, (socket, onward) => {
    accepted += 1
    socket.pipe(onward)
  })
  return { url, accepted: () => accepted, open: () => open.size }
}
