/** The door: the only file with a socket. Takes connections, hands on requests, closes in order. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions } from 'node:tls'
import { formatHttpDate, OssError } from '@lading/protocol'
import type { ServerLog } from '../observe/log.ts'
import { type Certificate, MIN_TLS_VERSION } from './certificate.ts'
import { Connection } from './connection.ts'
import type { Service } from './dispatch.ts'
import { errorReply } from './error-reply.ts'
import { Exchange, type Patience } from './exchange.ts'
import { allowBothLengths, bothLengthsWork } from './lenient-length.ts'
import { makeRequestId } from './request-id.ts'

/** Milliseconds that a connection may be idle between two requests. */
const KEEP_ALIVE_TIMEOUT = 60_000

/** Bytes of a request's line and headers: 8 KiB of metadata, a long key, twice, and all the rest. */
const MAX_HEADER_BYTES = 32 * 1024

const MiB = 1024 * 1024

/** Less than 1 KiB/s over 30 s is a client that has gone. Our own choice, as are the others. */
export const defaultPatience: Patience = {
  rate: { bytesPerSecond: 1024, windowMs: 30_000 },
  headMs: 20_000,
  drain: { bytes: 64 * MiB, ms: 10_000 },
  lingerMs: 2000,
}

export interface ListenerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Refuses requests with both Content-Length and Transfer-Encoding. */
  readonly strictHttp: boolean
  /** Speaks TLS, and nothing else, by this certificate. */
  readonly certificate?: Certificate | undefined
  readonly patience?: Patience | undefined
}

export interface Listener {
  readonly port: number
  /** Takes connections by this certificate from now on. @throws where there is no TLS. */
  useCertificate(certificate: Certificate): void
  /**
   * Takes no more connections, lets every request that has come be answered, and resolves when all
   * are over. What is not over after `graceMs` is cut off.
   */
  close(options: { readonly graceMs: number }): Promise<void>
}

/** Resolves once connections are taken; rejects as `listen` does, when the port is taken. */
export async function listen(
  service: Service,
  log: ServerLog,
  options: ListenerOptions,
): Promise<Listener> {
  const { host, port, strictHttp, certificate, patience = defaultPatience } = options
  const strict = strictHttp || !(await bothLengthsWork(certificate))
  if (strict && !strictHttp) {
    log.warn(
      'This Node does not take Content-Length and Transfer-Encoding together; uploads of the OSS C SDK, which needs that, will be refused.',
    )
  }
  const settings = {
    requestTimeout: 0,
    headersTimeout: patience.headMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    connectionsCheckingInterval: Math.ceil(patience.headMs / 4),
    maxHeaderSize: MAX_HEADER_BYTES,
    // Asked for in `framing.ts`, which can say so in XML.
    requireHostHeader: false,
    noDelay: true,
  }
  const secure =
    certificate &&
    createSecureServer({
      ...settings,
      ...secured(certificate),
      handshakeTimeout: patience.headMs,
      // As plain connections are: an answer must get out after its client has said all.
      allowHalfOpen: true,
    })
  const server = secure ?? createServer(settings)
  // Else Node drops the lines above its limit, and a second Authorization could hide there.
  server.maxHeadersCount = 0
  if (!strict) allowBothLengths(server)

  const scheme = secure ? 'https' : 'http'
  const door = new Door(server, { service, log, patience, strict, scheme })
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    useCertificate(next) {
      if (!secure) throw new TypeError('This listener does not speak TLS.')
      secure.setSecureContext(secured(next))
    },
    close: ({ graceMs }) => door.close(graceMs),
  }
}

function secured(certificate: Certificate): SecureContextOptions {
  return { ...certificate, minVersion: MIN_TLS_VERSION }
}

interface DoorContext {
  readonly service: Service
  readonly log: ServerLog
  readonly patience: Patience
  readonly strict: boolean
  readonly scheme: 'http' | 'https'
}

class Door {
  readonly #server: Server
  readonly #context: DoorContext
  readonly #connections = new Map<Duplex, Connection>()
  /** Connections that are not encrypted yet, by their peers; nobody on them has asked for anything. */
  readonly #handshakes = new Map<string, Socket>()
  readonly #running = new Set<Promise<void>>()
  #closing = false

  constructor(server: Server, context: DoorContext) {
    this.#server = server
    this.#context = context
    if (context.scheme === 'https') {
      server.on('connection', (socket: Socket) => this.#shakeHands(socket))
      server.on('secureConnection', (socket: Socket) => {
        this.#handshakes.delete(peerOf(socket))
        this.#connectionOf(socket)
      })
    } else {
      server.on('connection', (socket) => this.#connectionOf(socket))
    }
    server.on('request', (request, response) => this.#take(request, response, 'nothing'))
    server.on('checkContinue', (request, response) => this.#take(request, response, 'continue'))
    server.on('checkExpectation', (request, response) => this.#take(request, response, 'unknown'))
    server.on('clientError', (error, socket) => this.#refuse(error, socket))
    // Node gives a CONNECT no response to answer by.
    server.on('connect', (_, socket) => {
      socket.on('error', () => {}).resume()
      this.#refuse(new Error('CONNECT'), socket)
    })
    server.on('error', (error) => context.log.error('The listening socket failed.', error))
  }

  async close(graceMs: number): Promise<void> {
    if (!this.#closing) {
      this.#closing = true
      this.#server.close()
      for (const socket of this.#handshakes.values()) socket.destroy()
      for (const connection of this.#connections.values()) {
        if (connection.idle) connection.destroy()
      }
    }
    const cutOff = setTimeout(() => {
      for (const connection of this.#connections.values()) connection.destroy()
    }, graceMs)
    try {
      // Answers first, then the connections they went out on.
      while (this.#running.size > 0) await Promise.all(this.#running)
      for (const socket of this.#connections.keys()) {
        if (!socket.closed) await once(socket, 'close')
      }
    } finally {
      clearTimeout(cutOff)
    }
  }

  #take(
    request: IncomingMessage,
    response: ServerResponse,
    expects: 'continue' | 'unknown' | 'nothing',
  ): void {
    const connection = this.#connectionOf(request.socket)
    const context = { ...this.#context, closing: () => this.#closing }
    const exchange = new Exchange(context, connection, request, response, expects)
    const running = connection
      .enqueue(exchange, () => exchange.answer())
      .finally(() => {
        this.#running.delete(running)
        if (this.#closing && connection.idle) connection.closeLingering()
      })
    this.#running.add(running)
  }

  #shakeHands(socket: Socket): void {
    const peer = peerOf(socket)
    this.#handshakes.set(peer, socket)
    socket.once('close', () => this.#handshakes.delete(peer))
  }

  #connectionOf(socket: Duplex): Connection {
    const known = this.#connections.get(socket)
    if (known) return known
    const { lingerMs } = this.#context.patience
    const connection = new Connection(socket, { lingerMs })
    this.#connections.set(socket, connection)
    socket.once('close', () => this.#connections.delete(socket))
    if (this.#closing) connection.destroy()
    return connection
  }

  /** A head or a chunk that the parser does not take, a client that is too slow, or one that left. */
  #refuse(error: Error & { readonly code?: string }, socket: Duplex): void {
    const connection = this.#connectionOf(socket)
    const silent = (socket as Partial<Socket>).bytesRead === 0
    const refusal = silent ? undefined : refusalOf(error)
    if (!refusal) connection.destroy()
    else connection.refuse(refusal, () => this.#rawAnswer(refusal))
  }

  /** An answer to what never became a request. */
  #rawAnswer(refusal: OssError): string {
    const time = this.#context.service.now()
    const requestId = makeRequestId(time)
    const { xml = '' } = errorReply(refusal, { requestId, host: '', head: false })
    this.#context.log.warn('not a request', { requestId, code: refusal.code, why: refusal.message })
    return [
      `HTTP/1.1 ${refusal.status} Bad Request`,
      'Server: AliyunOSS',
      `Date: ${formatHttpDate(time)}`,
      'Connection: close',
      'Content-Type: application/xml',
      `Content-Length: ${Buffer.byteLength(xml)}`,
      `x-oss-request-id: ${requestId}`,
      '',
      xml,
    ].join('\r\n')
  }
}

/** What a connection and the encrypted one on top of it have in common, and no two clients. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/** `undefined` where nobody is left to be told. */
function refusalOf(error: Error & { readonly code?: string }): OssError | undefined {
  const { code = '' } = error
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new OssError('RequestTimeout')
  if (code === 'HPE_INVALID_EOF_STATE') return new OssError('IncompleteBody')
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new OssError('BadRequest', {
      message: `The request line and headers may have at most ${MAX_HEADER_BYTES} bytes.`,
    })
  }
  if (code.startsWith('HPE_') || error.message === 'CONNECT') return new OssError('BadRequest')
  return undefined
}
