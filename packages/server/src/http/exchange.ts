/** One request from its first line to the last byte of its answer, and its line in the log. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatHttpDate, OssError } from '@lading/protocol'
import type { Reply } from '../api/operation.ts'
import { redactTarget, type ServerLog } from '../observe/log.ts'
import { type PreparedReply, prepareReply, writeReply } from './answer.ts'
import { type BodyRate, IncomingBody } from './body.ts'
import type { ActiveRequest, Connection } from './connection.ts'
import { Delivery } from './delivery.ts'
import { dispatch, type Service, type Trace } from './dispatch.ts'
import { asRefusal, errorReply } from './error-reply.ts'
import { type Framing, hasBody, readFraming } from './framing.ts'
import { makeRequestId } from './request-id.ts'

/** How long requests are waited for, and how much of an unwanted body is read for the answer's sake. */
export interface Patience {
  readonly rate: BodyRate
  /** Milliseconds. How long the head of a request may take. */
  readonly headMs: number
  /** After an answer that came before the end of the body. Bytes and milliseconds. */
  readonly drain: { readonly bytes: number; readonly ms: number }
  /** Milliseconds. How long a closing connection is still read. */
  readonly lingerMs: number
}

export interface ExchangeContext {
  readonly service: Service
  readonly log: ServerLog
  readonly patience: Patience
  readonly strict: boolean
  readonly scheme: 'http' | 'https'
  /** Whether answers close their connections, because the server is going. */
  readonly closing: () => boolean
}

export class Exchange implements ActiveRequest {
  readonly #context: ExchangeContext
  readonly #connection: Connection
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #expects: 'continue' | 'unknown' | 'nothing'
  readonly #time: Date
  readonly #since: number = performance.now()
  readonly #requestId: string
  readonly #trace: Trace = {}
  #added: Readonly<Record<string, string>> = {}
  readonly #left: AbortController = new AbortController()
  readonly #delivery: Delivery = new Delivery(this.#left.signal)
  #framing: Framing | undefined
  #body: IncomingBody | undefined
  #brokenBy: OssError | undefined

  constructor(
    context: ExchangeContext,
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
    expects: 'continue' | 'unknown' | 'nothing',
  ) {
    this.#context = context
    this.#connection = connection
    this.#request = request
    this.#response = response
    this.#expects = expects
    this.#time = context.service.now()
    this.#requestId = makeRequestId(this.#time)
    // Both also come when the peer hangs up; the body and the answer notice that themselves.
    request.on('error', () => {})
    response.on('error', () => {})
    response.once('close', () => {
      if (!response.writableFinished) this.#left.abort(new Error('The client has left.'))
    })
  }

  bodyIsOpen(): boolean {
    return !this.#request.complete
  }

  failBody(refusal: OssError): void {
    this.#brokenBy = refusal
    this.#body?.fail(refusal)
  }

  /** Answers. Resolves once the answer is out and logged, or lost; never rejects. */
  async answer(): Promise<void> {
    let error: OssError | undefined
    let fault: unknown
    let bytesOut = 0
    const refuse = (refusal: OssError): Reply => {
      error = refusal
      fault = this.#faultOf(refusal)
      return this.#errorReply(refusal)
    }
    let content: Reply['content']
    let status = 0
    try {
      const reply = await this.#dispatch().catch((thrown) =>
        refuse(this.#brokenBy ?? asRefusal(thrown)),
      )
      content = reply.content
      const prepared = await this.#prepare(reply).catch((thrown) =>
        this.#prepare(refuse(asRefusal(thrown))),
      )
      status = prepared.status
      this.#readOn()
      bytesOut = await writeReply(this.#response, prepared, this.#delivery)
    } catch (thrown) {
      // The head is out and says what the body does not keep: only a cut connection tells the client.
      fault = this.#left.signal.aborted ? undefined : thrown
      this.#connection.destroy()
    } finally {
      content?.release()
    }
    this.#log({ status, bytesOut, error, fault })
  }

  async #dispatch(): Promise<Reply> {
    const { service, strict, scheme, patience } = this.#context
    const request = this.#request
    const framing = readFraming(
      {
        method: request.method ?? '',
        target: request.url ?? '',
        httpVersion: request.httpVersion,
        rawHeaders: request.rawHeaders,
      },
      { strict },
    )
    this.#framing = framing
    if (this.#expects === 'unknown') {
      throw new OssError('ExpectationFailed', {
        status: 417,
        message: 'The only expectation is 100-continue.',
      })
    }
    const body = new IncomingBody(request, framing, {
      rate: patience.rate,
      requestBytes: () => {
        if (this.#expects === 'continue') this.#response.writeContinue()
      },
      left: this.#left.signal,
    })
    this.#body = body
    if (this.#brokenBy) throw this.#brokenBy
    return await dispatch(
      service,
      {
        requestId: this.#requestId,
        time: this.#time,
        scheme,
        remote: request.socket.remoteAddress,
        method: request.method ?? '',
        framing,
        body,
        delivery: this.#delivery,
        signal: this.#left.signal,
        addFields: (fields) => {
          this.#added = { ...this.#added, ...fields }
        },
        cut: () => this.#connection.destroy(),
      },
      this.#trace,
    )
  }

  #prepare(reply: Reply): Promise<PreparedReply> {
    const head = this.#request.method === 'HEAD'
    return prepareReply(reply, { head, common: this.#commonHeaders() })
  }

  #errorReply(error: OssError): Reply {
    return errorReply(error, {
      requestId: this.#requestId,
      host: this.#framing?.host ?? '',
      head: this.#request.method === 'HEAD',
    })
  }

  #commonHeaders(): Record<string, string> {
    const close = this.#mustClose()
    return {
      Server: 'AliyunOSS',
      Date: formatHttpDate(this.#context.service.now()),
      ...(close && { Connection: 'close' }),
      'x-oss-request-id': this.#requestId,
      'x-oss-server-time': String(Math.round(performance.now() - this.#since)),
      ...this.#added,
    }
  }

  /** Whether nothing that follows on this connection could be trusted, or waited for. */
  #mustClose(): boolean {
    const framing = this.#framing
    if (!framing || this.#connection.broken || this.#context.closing()) return true
    if (this.#request.complete) return false
    const { declaredLength = 0, received = 0, begun = false } = this.#body ?? {}
    // Nobody knows whether the body that was not asked for will come.
    if (framing.expectsContinue && !begun) return true
    const method = this.#request.method
    if ((method === 'GET' || method === 'HEAD') && hasBody(framing)) return true
    return declaredLength - received > this.#context.patience.drain.bytes
  }

  /**
   * Reads what is still coming and drops it, so that the client gets to the answer: so many bytes, and
   * for so long after the answer is out. It is never cut short for what its client still sends.
   */
  #readOn(): void {
    const request = this.#request
    const { socket } = request
    request.resume()
    if (request.complete) return
    const { bytes, ms } = this.#context.patience.drain
    let timer: NodeJS.Timeout | undefined
    let read = 0
    let answered = false
    const close = (): void => this.#connection.closeLingering()
    request.on('data', (chunk: Uint8Array) => {
      read += chunk.length
      if (read <= bytes) return
      if (answered) close()
      else request.pause()
    })
    this.#response.once('close', () => {
      answered = true
      if (read > bytes) close()
      else if (!request.complete && !socket.destroyed) timer = setTimeout(close, ms)
    })
    // Once it is answered, a request is not told any more that its client has left.
    const forget = (): void => {
      clearTimeout(timer)
      socket.off('close', forget)
    }
    request.once('end', forget)
    socket.once('close', forget)
  }

  #log(end: {
    readonly status: number
    readonly bytesOut: number
    readonly error: OssError | undefined
    readonly fault: unknown
  }): void {
    const request = this.#request
    const headers = this.#framing?.headers
    this.#context.log.request({
      requestId: this.#requestId,
      remote: request.socket.remoteAddress,
      method: request.method ?? '',
      target: redactTarget(request.url ?? ''),
      host: this.#framing?.host,
      userAgent: headers?.get('user-agent'),
      ...this.#trace,
      status: end.status,
      code: end.error?.code,
      bytesIn: this.#body?.received ?? 0,
      bytesOut: end.bytesOut,
      durationMs: Math.round(performance.now() - this.#since),
      aborted: !this.#response.writableFinished,
      fault: end.fault,
    })
  }

  /** What of a refusal is our own trouble, for the log alone; nothing is that comes of a client's leaving. */
  #faultOf(error: OssError): unknown {
    return error.status >= 500 && !this.#left.signal.aborted ? error.cause : undefined
  }
}
