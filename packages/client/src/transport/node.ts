/** HTTP under Node: undici's pool. Never `fetch`, which costs several times the CPU for large bodies. */

import type { Socket } from 'node:net'
import { decodeHeaderText } from '@lading/protocol'
import { buildConnector, type Dispatcher, Pool } from 'undici'
import { TransportError } from '../errors.ts'
import type { ExchangeOptions, HttpRequest, HttpResponse, Transport } from './contract.ts'

export interface NodeTransportOptions {
  /** Milliseconds to establish a connection, TLS included. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Milliseconds an unused connection is kept. Default 15,000. */
  readonly keepAliveMs?: number
  /** Connections to one origin at the same time; further requests wait. Default 256. */
  readonly maxConnections?: number
}

export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  return new UndiciTransport(options)
}

class UndiciTransport implements Transport {
  readonly #options: Required<NodeTransportOptions>
  readonly #pools = new Map<string, Pool>()
  readonly #sockets = new Set<Socket>()

  constructor({
    connectTimeoutMs = 10_000,
    keepAliveMs = 15_000,
    maxConnections = 256,
  }: NodeTransportOptions) {
    this.#options = { connectTimeoutMs, keepAliveMs, maxConnections }
  }

  async exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse> {
    const { signal } = options
    signal?.throwIfAborted()
    const body = request.body && observed(request.body.open())
    try {
      const answer = await this.#pool(request.origin).request({
        method: request.method as Dispatcher.HttpMethod,
        path: request.path,
        headers: wireHeaders(request),
        // The counter stands between undici and the caller, so that the body's own error can be told
        // from the connection's.
        body: (body?.chunks ?? null) as Dispatcher.DispatchOptions['body'] | null,
        headersTimeout: options.idleTimeoutMs,
        bodyTimeout: options.idleTimeoutMs,
        signal: signal ?? null,
      } as Dispatcher.RequestOptions)
      return {
        status: answer.statusCode,
        headers: joined(answer.headers),
        body: this.#answerBody(answer.body, request, signal),
      }
    } catch (cause) {
      throw await this.#explain(cause, request, signal, body?.failure)
    }
  }

  async close(): Promise<void> {
    const pools = [...this.#pools.values()]
    this.#pools.clear()
    await Promise.all(pools.map((pool) => pool.destroy()))
    await this.#closing()
  }

  async *#answerBody(
    chunks: AsyncIterable<Uint8Array>,
    request: HttpRequest,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* chunks
    } catch (cause) {
      throw await this.#explain(cause, request, signal, undefined)
    }
  }

  /** The error to throw, once every socket that this failure destroyed is really closed. */
  async #explain(
    cause: unknown,
    { method, origin }: HttpRequest,
    signal: AbortSignal | undefined,
    bodyFailure: { readonly error: unknown } | undefined,
  ): Promise<unknown> {
    await this.#closing()
    if (signal?.aborted) return signal.reason
    if (bodyFailure) return bodyFailure.error
    const why = cause instanceof Error ? cause.message : String(cause)
    return new TransportError(`${method} to ${origin} failed: ${why}`, { cause })
  }

  #pool(origin: string): Pool {
    const existing = this.#pools.get(origin)
    if (existing) return existing
    const { connectTimeoutMs, keepAliveMs, maxConnections } = this.#options
    const connect = buildConnector({ timeout: connectTimeoutMs })
    const pool = new Pool(origin, {
      connections: maxConnections,
      pipelining: 1,
      keepAliveTimeout: keepAliveMs,
      connect: (target, done) =>
        connect(target, (...result) => {
          const [, socket] = result
          if (socket) {
            this.#sockets.add(socket)
            socket.once('close', () => this.#sockets.delete(socket))
          }
          done(...result)
        }),
    })
    this.#pools.set(origin, pool)
    return pool
  }

  async #closing(): Promise<void> {
    const destroyed = [...this.#sockets].filter((socket) => socket.destroyed)
    await Promise.all(
      destroyed.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    )
  }
}

/** Passes `chunks` on and remembers what they threw. */
function observed(chunks: AsyncIterable<Uint8Array>): {
  chunks: AsyncIterable<Uint8Array>
  readonly failure: { readonly error: unknown } | undefined
} {
  let failure: { readonly error: unknown } | undefined
  async function* pass(): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* chunks
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  return {
    chunks: pass(),
    get failure() {
      return failure
    },
  }
}

/** Header values are UTF-8 on the wire, and undici writes one byte for each character. */
function wireHeaders({ headers, body, method }: HttpRequest): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of headers) {
    result[name] = /^[\t\x20-\x7e]*$/.test(value)
      ? value
      : Buffer.from(value, 'utf8').toString('latin1')
  }
  if (body?.size !== undefined) result['content-length'] = String(body.size)
  else if (!body && (method === 'PUT' || method === 'POST')) result['content-length'] = '0'
  return result
}

function joined(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): ReadonlyMap<string, string> {
  const result = new Map<string, string>()
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    result.set(name, decodeHeaderText(Array.isArray(value) ? value.join(', ') : value))
  }
  return result
}
