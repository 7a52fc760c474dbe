/** HTTPS by way of a proxy: CONNECT, then TLS with the origin itself, so that the proxy sees no request. */

import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent, type AgentOptions, request as httpsRequest, type RequestOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type { HttpProxy } from './proxy.ts'

export interface TunnelOptions {
  /** Milliseconds until the origin's TLS must stand. */
  readonly connectTimeoutMs: number
  /** Which authorities may vouch for the proxy, where it is spoken to by TLS itself. */
  readonly ca: ConnectionOptions['ca']
}

/** What a person has to do whom a proxy does not know. */
export const ASK_FOR_PASSWORD =
  'wants a name and a password that it accepts: put them into its URL, as in http://name:password@host:port'

/** Keeps its tunnels as other agents keep their connections. */
export class TunnelAgent extends Agent {
  readonly #proxy: HttpProxy
  readonly #options: TunnelOptions
  readonly #underWay = new Set<AbortController>()

  constructor(proxy: HttpProxy, options: TunnelOptions, settings: AgentOptions) {
    super(settings)
    this.#proxy = proxy
    this.#options = options
  }

  override createConnection(
    options: RequestOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    const done = callback as ((error: Error | null, stream?: Duplex) => void) | undefined
    this.#connect(options).then(
      (socket) => done?.(null, socket),
      (error: Error) => done?.(error),
    )
  }

  override destroy(): void {
    for (const stop of this.#underWay) stop.abort(new Error('the client was closed'))
    super.destroy()
  }

  async #connect(options: RequestOptions): Promise<Duplex> {
    const { connectTimeoutMs } = this.#options
    const { label } = this.#proxy
    const stop = new AbortController()
    const timer = setTimeout(() => {
      const message = `no connection through the proxy ${label} within ${connectTimeoutMs} ms`
      stop.abort(Object.assign(new Error(message), { code: 'ETIMEDOUT' }))
    }, connectTimeoutMs)
    this.#underWay.add(stop)
    try {
      const tunnel = await this.#openTunnel(options, stop.signal)
      // `path` would be taken for that of a local socket.
      const secure = connectTls({
        ...options,
        path: undefined,
        socket: tunnel,
      } as ConnectionOptions)
      try {
        await once(secure, 'secureConnect', { signal: stop.signal })
      } catch (error) {
        secure.destroy()
        throw error
      }
      return secure
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error
    } finally {
      clearTimeout(timer)
      this.#underWay.delete(stop)
    }
  }

  async #openTunnel({ host, port }: RequestOptions, signal: AbortSignal): Promise<Socket> {
    const { isSecure, hostname, port: proxyPort, authorization, label } = this.#proxy
    const name = host?.includes(':') ? `[${host}]` : host
    const authority = `${name}:${port}`
    const settings = {
      method: 'CONNECT',
      hostname,
      port: proxyPort,
      path: authority,
      headers: { host: authority, ...(authorization && { 'proxy-authorization': authorization }) },
      agent: false,
      signal,
    } as const
    const request = isSecure
      ? httpsRequest({ ...settings, ca: this.#options.ca })
      : httpRequest(settings)
    request.end()
    let answer: IncomingMessage
    let socket: Socket
    let head: Buffer
    try {
      ;[answer, socket, head] = await once(request, 'connect', { signal })
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`the proxy ${label} cannot be spoken to: ${why}`, { cause })
    }
    if (answer.statusCode === 200) {
      if (head.length > 0) socket.unshift(head)
      return socket
    }
    socket.destroy()
    if (answer.statusCode === 407) throw new Error(`the proxy ${label} ${ASK_FOR_PASSWORD}`)
    throw new Error(
      `the proxy ${label} does not connect to ${authority}: it answers ${answer.statusCode}`,
    )
  }
}
