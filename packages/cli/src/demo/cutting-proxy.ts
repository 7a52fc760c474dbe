/**
 * A TCP proxy that reads along: it knows which request passes, can hold it, and can destroy the
 * connection in the middle of its body. What went through it is the demonstration's evidence.
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { finished } from 'node:stream/promises'

/** One request as it was seen on the wire. */
export interface SeenRequest {
  readonly method: string
  /** As sent: path and query. */
  readonly target: string
  /** Bytes the head declares. */
  readonly bodySize: number
  /** The status of the final answer, once there is one. */
  status: number | undefined
}

/**
 * Asked about every request when its head has arrived and before any of it is passed on. It may
 * wait. `cutAfter` destroys the connection once that many bytes of the body were passed on.
 */
export type Gate = (request: SeenRequest) => Promise<{ cutAfter: number } | undefined>

export interface ProxyOptions {
  readonly target: { readonly host: string; readonly port: number }
  readonly gate: Gate
  /** Called when the first bytes of a request's final answer have come. */
  readonly onAnswer?: (request: SeenRequest) => void
}

export interface CuttingProxy {
  readonly url: string
  /** Every request so far, in the order their heads arrived. */
  readonly requests: readonly SeenRequest[]
  /** Destroys what is open; resolves once the port is free. */
  close(): Promise<void>
}

export async function startCuttingProxy({
  target,
  gate,
  onAnswer = () => {},
}: ProxyOptions): Promise<CuttingProxy> {
  const requests: SeenRequest[] = []
  const open = new Set<Socket>()

  const server = createServer((client) => {
    const upstream = connect(target)
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.setNoDelay(true)
      // A connection that breaks is this proxy's daily business; its peer learns of it just below.
      socket.on('error', () => {})
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    const connection = new Connection(client, upstream, { gate, onAnswer, requests })
    connection.relay()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      const closed = once(server, 'close')
      server.close()
      const ended = [...open].map((socket) => finished(socket).catch(() => {}))
      for (const socket of open) socket.destroy()
      await Promise.all([closed, ...ended])
    },
  }
}

interface Observer {
  readonly gate: Gate
  readonly onAnswer: (request: SeenRequest) => void
  readonly requests: SeenRequest[]
}

/** The two sockets of one client and where in which request they are. */
class Connection {
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #observer: Observer
  #current: SeenRequest | undefined

  constructor(client: Socket, upstream: Socket, observer: Observer) {
    this.#client = client
    this.#upstream = upstream
    this.#observer = observer
  }

  relay(): void {
    this.#upstream.on('data', (chunk: Uint8Array) => this.#readAnswer(chunk))
    this.#upstream.pipe(this.#client)
    // Whatever ends the loop, a broken socket above all, ends both ends.
    this.#passRequests().then(
      () => this.#upstream.end(),
      () => this.#client.destroy(),
    )
  }

  async #passRequests(): Promise<void> {
    let pending = new Uint8Array()
    let bodyLeft = 0
    let untilCut = Number.POSITIVE_INFINITY
    for await (const chunk of this.#client as AsyncIterable<Uint8Array>) {
      pending = Buffer.concat([pending, chunk])
      while (pending.length > 0) {
        let passing: number
        if (bodyLeft > 0) {
          passing = Math.min(bodyLeft, untilCut, pending.length)
          bodyLeft -= passing
        } else {
          const head = readHead(pending)
          if (head === undefined) break
          const request: SeenRequest = { ...head.request, status: undefined }
          this.#current = request
          this.#observer.requests.push(request)
          untilCut = (await this.#observer.gate(request))?.cutAfter ?? Number.POSITIVE_INFINITY
          passing = head.length
          bodyLeft = request.bodySize
          untilCut += passing
        }
        await this.#pass(pending.subarray(0, passing))
        pending = pending.subarray(passing)
        untilCut -= passing
        if (untilCut <= 0) {
          this.#client.resetAndDestroy()
          this.#upstream.destroy()
          return
        }
      }
    }
  }

  async #pass(bytes: Uint8Array): Promise<void> {
    if (!this.#upstream.write(bytes)) await once(this.#upstream, 'drain')
  }

  /** One request is in flight at a time, so the first final status line belongs to it. */
  #readAnswer(chunk: Uint8Array): void {
    if (this.#current === undefined || this.#current.status !== undefined) return
    const text = Buffer.from(chunk).toString('latin1')
    for (const line of text.matchAll(/HTTP\/1\.1 (\d{3}) [^\r]*\r\n/g)) {
      const status = Number(line[1])
      if (status >= 200) {
        this.#current.status = status
        this.#observer.onAnswer(this.#current)
        return
      }
    }
  }
}

function readHead(
  bytes: Uint8Array,
): { request: Omit<SeenRequest, 'status'>; length: number } | undefined {
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const text = Buffer.from(bytes.subarray(0, end)).toString('latin1')
  const [method = '', target = ''] = text.split(' ', 2)
  const bodySize = Number(/^content-length:\s*(\d+)/im.exec(text)?.[1] ?? 0)
  return { request: { method, target, bodySize }, length: end + 4 }
}
