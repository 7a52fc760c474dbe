/**
 * HTTP under Node: `node:http` with connections kept. Never `fetch`, which costs several times the
 * CPU for large bodies; and not undici's pool, which gives up a connection whose answer comes before
 * it has seen the end of a streamed body, as answers to parts do.
 */

import { once } from 'node:events'
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import {
  Agent as HttpsAgent,
  type AgentOptions as HttpsAgentOptions,
  request as httpsRequest,
} from 'node:https'
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { decodeHeaderText, encodeHeaderText } from '@lading/protocol'
import { leave, withSignal } from '../abort.ts'
import { TransportError } from '../errors.ts'
import type { ExchangeOptions, HttpRequest, HttpResponse, Transport } from './contract.ts'
import { environmentProxy, type HttpProxy, parseProxy } from './proxy.ts'
import { ASK_FOR_PASSWORD, TunnelAgent } from './tunnel-agent.ts'

export interface NodeTransportOptions {
  /** Milliseconds to establish a connection, TLS included. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Milliseconds an unused connection is kept. Default 15,000. */
  readonly keepAliveMs?: number
  /** Connections to one origin at the same time; further requests wait. Default 256. */
  readonly maxConnections?: number
  /**
   * The URL of a proxy for everything, such as `http://name:password@proxy:3128`; HTTPS goes through it
   * by CONNECT. `false`: none. Default: what `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say,
   * except of this machine itself.
   */
  readonly proxy?: string | false
  /**
   * The authorities that may vouch for an HTTPS endpoint, in PEM, instead of those that Node brings.
   * `NODE_EXTRA_CA_CERTS` adds to those.
   */
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
}

/** @throws {TypeError} for a `proxy` that is none. */
export function nodeTransport(options: NodeTransportOptions = {}): Transport {
  return new NodeTransport(options)
}

class NodeTransport implements Transport {
  readonly #connectTimeoutMs: number
  readonly #http: HttpAgent
  readonly #https: HttpsAgent
  readonly #agentSettings: HttpsAgentOptions
  readonly #ca: ConnectionOptions['ca']
  /** `undefined`: as the environment says. */
  readonly #proxy: HttpProxy | false | undefined
  /** By the proxy's label. */
  readonly #tunnels = new Map<string, TunnelAgent>()
  readonly #underWay = new Set<Exchange>()

  constructor({
    connectTimeoutMs = 10_000,
    keepAliveMs = 15_000,
    maxConnections = 256,
    proxy,
    ca,
  }: NodeTransportOptions) {
    const settings = { keepAlive: true, timeout: keepAliveMs, maxSockets: maxConnections }
    this.#connectTimeoutMs = connectTimeoutMs
    this.#http = new HttpAgent(settings)
    this.#ca = Array.isArray(ca) ? [...ca] : (ca as ConnectionOptions['ca'])
    this.#agentSettings = { ...settings, ca: this.#ca }
    this.#https = new HttpsAgent(this.#agentSettings)
    this.#proxy = proxy ? parseProxy('proxy', proxy) : proxy === false ? false : undefined
  }

  async exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse> {
    options.signal?.throwIfAborted()
    const outgoing = this.#open(request)
    outgoing.once('socket', guardSocket)
    const exchange = new Exchange(outgoing, request, options)
    this.#underWay.add(exchange)
    outgoing.once('close', () => this.#underWay.delete(exchange))
    return exchange.run()
  }

  async close(): Promise<void> {
    const underWay = [...this.#underWay]
    await Promise.all(underWay.map((exchange) => exchange.end('the client was closed')))
    for (const agent of [this.#http, this.#https, ...this.#tunnels.values()]) agent.destroy()
  }

  #open(request: HttpRequest): ClientRequest {
    const origin = new URL(request.origin)
    const proxy = this.#proxy ?? environmentProxy(origin, process.env)
    const settings = {
      method: request.method,
      path: request.path,
      hostname: origin.hostname.replace(/^\[|\]$/g, ''),
      port: origin.port,
      headers: wireHeaders(request),
    }
    if (origin.protocol === 'https:') {
      const agent = proxy ? this.#tunnelThrough(proxy) : this.#https
      const outgoing = httpsRequest({ ...settings, agent })
      if (!proxy) limitConnecting(outgoing, 'secureConnect', this.#connectTimeoutMs)
      return outgoing
    }
    const outgoing = proxy
      ? this.#askProxy(proxy, origin, settings)
      : httpRequest({ ...settings, agent: this.#http })
    const ready =
      proxy !== undefined && proxy !== false && proxy.isSecure ? 'secureConnect' : 'connect'
    limitConnecting(outgoing, ready, this.#connectTimeoutMs)
    return outgoing
  }

  #tunnelThrough(proxy: HttpProxy): TunnelAgent {
    const known = this.#tunnels.get(proxy.label)
    if (known) return known
    const options = { connectTimeoutMs: this.#connectTimeoutMs, ca: this.#ca }
    const agent = new TunnelAgent(proxy, options, this.#agentSettings)
    this.#tunnels.set(proxy.label, agent)
    return agent
  }

  /** Without TLS a proxy is told the whole URL, and asks for us. */
  #askProxy(proxy: HttpProxy, origin: URL, settings: RequestOptions): ClientRequest {
    const { isSecure, hostname, port, authorization } = proxy
    const asked = {
      ...settings,
      hostname,
      port,
      path: `${origin.origin}${settings.path}`,
      headers: {
        ...settings.headers,
        host: origin.host,
        ...(authorization && { 'proxy-authorization': authorization }),
      },
    }
    return isSecure
      ? httpsRequest({ ...asked, agent: this.#https })
      : httpRequest({ ...asked, agent: this.#http })
  }
}

/** A request and its answer, on one connection. */
class Exchange {
  readonly #outgoing: ClientRequest
  readonly #request: HttpRequest
  readonly #options: ExchangeOptions
  readonly #onAbort: () => void
  readonly #closed = new AbortController()
  /** What the body's own source threw: the caller's error, not the connection's. */
  #bodyFailure: { readonly error: unknown } | undefined
  /** Why we broke off, where it was we. */
  #reason: Error | undefined
  #sending: Promise<void> = Promise.resolve()
  #isSent = false
  /** Whether the body's source, and not the peer, is the one who keeps still. */
  #awaitsSource = false
  /** Who is to move the answer on: the peer with its next bytes, we who read them, or nobody yet. */
  #answer: 'not-begun' | 'read' | 'left' = 'not-begun'

  constructor(outgoing: ClientRequest, request: HttpRequest, options: ExchangeOptions) {
    this.#outgoing = outgoing
    this.#request = request
    this.#options = options
    this.#onAbort = () => this.#breakOff(new Error('aborted'))
  }

  async run(): Promise<HttpResponse> {
    const { idleTimeoutMs, signal } = this.#options
    const outgoing = this.#outgoing
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      // For the whole life of the request: an error nobody listens to would end the process.
      outgoing.on('error', reject)
      outgoing.once('close', () => reject(new Error('the connection was closed')))
    })
    outgoing.setTimeout(idleTimeoutMs)
    // Not the request's own event, which tells of the first silence alone: that may be ours.
    outgoing.once('socket', (socket) => {
      const onSilence = (): void => this.#onSilence()
      socket.on('timeout', onSilence)
      outgoing.once('close', () => socket.off('timeout', onSilence))
    })
    outgoing.once('close', () => this.#closed.abort())
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.#sending = this.#send()
    try {
      const message = await answered
      if (message.statusCode === 407) throw new Error(`the proxy ${ASK_FOR_PASSWORD}`)
      return {
        status: message.statusCode ?? 0,
        headers: joined(message.headers),
        body: { [Symbol.asyncIterator]: () => this.#read(message) },
      }
    } catch (cause) {
      throw await this.#explain(cause)
    }
  }

  /** Breaks off, and resolves once the connection is closed. */
  async end(why: string): Promise<void> {
    this.#breakOff(new Error(why))
    await this.#finish()
  }

  #breakOff(reason: Error): void {
    this.#reason ??= reason
    this.#outgoing.destroy(reason)
  }

  /** Never rejects: what goes wrong shows in the request, which it destroys. */
  async #send(): Promise<void> {
    const outgoing = this.#outgoing
    const chunks = this.#request.body?.open()[Symbol.asyncIterator]()
    try {
      for (;;) {
        const chunk = chunks && (await this.#next(chunks))
        if (outgoing.destroyed) return
        if (chunk === undefined) break
        if (!outgoing.write(chunk)) await orClosed(outgoing, 'drain')
      }
      this.#isSent = true
      outgoing.end()
      // The end may move no byte, and what was silent for our sake is looked at no more by itself.
      outgoing.setTimeout(this.#options.idleTimeoutMs)
    } catch (error) {
      // A connection that is gone explains itself.
      if (this.#closed.signal.aborted) return
      this.#bodyFailure = { error }
      this.#breakOff(new Error('the body failed'))
    } finally {
      if (chunks && !this.#isSent) leave(chunks)
    }
  }

  /** The body's next chunk, however long it takes, unless the connection is closed meanwhile. */
  async #next(chunks: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
    this.#awaitsSource = true
    try {
      const next = await withSignal(chunks.next(), this.#closed.signal)
      return next.done ? undefined : next.value
    } finally {
      this.#awaitsSource = false
    }
  }

  #read(message: IncomingMessage): AsyncIterator<Uint8Array, void> {
    const chunks = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, void>
    return {
      next: async () => {
        try {
          // Silence while nobody read was ours, or the source's; from here on it is the peer's.
          this.#answer = 'read'
          this.#outgoing.setTimeout(this.#options.idleTimeoutMs)
          const result = await chunks.next()
          this.#answer = 'left'
          if (result.done) {
            // Answered before it had the whole body: then it does not want the rest.
            if (!this.#isSent) this.#outgoing.destroy()
            // The connection is free for the next request only when this one is out as well.
            else if (!this.#outgoing.writableFinished) await orClosed(this.#outgoing, 'finish')
            await this.#finish()
          }
          return result
        } catch (cause) {
          throw await this.#explain(cause)
        }
      },
      return: async () => {
        message.destroy()
        await this.#finish()
        return { done: true, value: undefined }
      },
    }
  }

  #onSilence(): void {
    // Of an early answer the peer owes the rest, whatever keeps our own body.
    const isOurs = this.#awaitsSource || (this.#answer === 'left' && this.#isSent)
    if (isOurs && this.#answer !== 'read') return
    const { idleTimeoutMs } = this.#options
    this.#breakOff(timeout(`no byte moved for ${idleTimeoutMs} ms`))
  }

  /** The error to throw, once the connection is really closed. */
  async #explain(error: unknown): Promise<unknown> {
    const { signal } = this.#options
    const { method, origin } = this.#request
    this.#outgoing.destroy()
    await this.#finish()
    if (signal?.aborted) return signal.reason
    if (this.#bodyFailure) return this.#bodyFailure.error
    // Once the answer has begun, Node says no more than that it was cut off: we know why.
    const cause = this.#reason ?? error
    const why = cause instanceof Error ? cause.message : String(cause)
    return new TransportError(
      `${method} to ${origin} failed: ${why}. Check the endpoint and the network; what was asked for may have happened all the same.`,
      { cause },
    )
  }

  async #finish(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    const { socket, destroyed } = this.#outgoing
    if (destroyed && socket) await closed(socket)
    await this.#sending
  }
}

const guarded = new WeakSet<Socket>()

/**
 * Between two requests Node listens to no error of a connection that is kept, and one that is broken
 * off just then would end the process. Whoever has a request on it hears of it by the request.
 */
function guardSocket(socket: Socket): void {
  if (guarded.has(socket)) return
  guarded.add(socket)
  socket.on('error', () => {})
}

/** The connection's first part is not silence but waiting, and has a bound of its own. */
function limitConnecting(outgoing: ClientRequest, ready: string, ms: number): void {
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(() => {
      outgoing.destroy(timeout(`no connection within ${ms} ms`))
    }, ms)
    const stop = (): void => clearTimeout(timer)
    socket.once(ready, stop).once('close', stop)
  })
}

function timeout(message: string): Error {
  return Object.assign(new Error(message), { code: 'ETIMEDOUT' })
}

/** Resolves at the event, or when the request is over without it. */
async function orClosed(outgoing: ClientRequest, event: 'drain' | 'finish'): Promise<void> {
  if (outgoing.destroyed) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      outgoing.off(event, done).off('close', done)
      resolve()
    }
    outgoing.on(event, done).on('close', done)
  })
}

/** A request given up leaves its connection destroyed, or, before it was sent, to the next one. */
async function closed(socket: Socket): Promise<void> {
  if (socket.destroyed && !socket.closed) await once(socket, 'close')
}

/** Header values are UTF-8 on the wire, and Node writes one byte for each character. */
function wireHeaders({ headers, body, method }: HttpRequest): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of headers) {
    result[name] = encodeHeaderText(value)
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
