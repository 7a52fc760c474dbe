/** One HTTP exchange, whatever carries it out. */

import type { HttpBody } from '../body.ts'

export interface HttpRequest {
  readonly method: string
  /** Scheme, host and port, such as `http://127.0.0.1:9000`. */
  readonly origin: string
  /** Encoded path and query; sent as it is, nothing collapsed. */
  readonly path: string
  /** Names in lower case. `host` and `content-length` are the transport's to add. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: HttpBody | undefined
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; of a doubled header the values joined by `, `. */
  readonly headers: ReadonlyMap<string, string>
  /**
   * Must be read to its end or left by `return`, which closes the connection. Throws
   * `TransportError` when the connection fails on the way.
   */
  readonly body: AsyncIterable<Uint8Array>
}

export interface ExchangeOptions {
  /** Milliseconds in which no byte moves, in either direction, before the exchange is given up. */
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal | undefined
}

export interface Transport {
  /** It shows only those headers of an answer that CORS exposes; a missing one may have been sent. */
  readonly hidesHeaders?: boolean
  /**
   * Resolves once the answer's headers are here. On abort it closes the connection, and rejects
   * with the signal's reason only when it is closed.
   *
   * @throws {TransportError} when there is no answer. What the body throws is rethrown as it is.
   */
  exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse>

  /** Closes all connections, also those in use. */
  close(): Promise<void>
}
