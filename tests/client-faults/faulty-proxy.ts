/**
 * A TCP proxy that reads along, so that it can do to one request what a bad network or a broken
 * gateway does, at the very moment that is meant.
 */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { finished } from 'node:stream/promises'
import { ByteReader } from './byte-reader.ts'
import { falsify, refuse, type WireAnswer } from './wire-answer.ts'
import { readRequest, type WireRequest } from './wire-request.ts'

/** What befalls a request on its way; `refused` is no business of a proxy, but of a port without one. */
export type WireFault =
  /** Cut off when its head has come; nothing of it is passed on. */
  | 'reset-before-body'
  /** Cut off in the middle of its body, of which the half is passed on. */
  | 'reset-mid-body'
  /** Done, and cut off before the first byte of the answer. */
  | 'reset-after-body'
  /** Done, and cut off in the middle of the answer. */
  | 'cut-answer'
  /** Refused with 403, and not done. */
  | 'denied'
  /** Done, but answered with 500. */
  | 'error-500'
  /** Answered with 503 and `Retry-After: 1`, and not done. */
  | 'busy-503'
  /** Answered with 200 and an error in the body, and not done. */
  | 'error-in-200'
  /** Done; the answer tells another ETag, or another CRC-64. */
  | 'wrong-etag'
  | 'wrong-crc'
  /** Half of its body is taken, or none if it has none, and then no byte moves. */
  | 'stall'
  /** Done; half of the answer comes, and then no byte moves. */
  | 'stalled-answer'

export interface FaultyProxy {
  readonly url: string
  close(): Promise<void>
}

/** @param faultOf Asked once about every request, when its head has come. */
export async function startFaultyProxy(
  port: number,
  faultOf: (request: WireRequest) => WireFault | undefined,
): Promise<FaultyProxy> {
  const open = new Set<Socket>()
  const keep = (socket: Socket): void => {
    open.add(socket)
    socket.setNoDelay(true)
    // A connection that breaks is this proxy's business; both of its ends are ended below.
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  }
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    keep(client)
    keep(upstream)
    client.on('close', () => upstream.destroy())
    void new Passage(client, upstream).run(faultOf)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close')
      server.close()
      const ended = [...open].map((socket) => finished(socket).catch(() => {}))
      for (const socket of open) socket.destroy()
      await Promise.all([closed, ...ended])
    },
  }
}

/** The two sockets of one client. */
class Passage {
  readonly #client: Socket
  readonly #upstream: Socket
  readonly #asked: ByteReader
  readonly #answered: ByteReader

  constructor(client: Socket, upstream: Socket) {
    this.#client = client
    this.#upstream = upstream
    this.#asked = new ByteReader(client)
    this.#answered = new ByteReader(upstream)
  }

  /** One request after the other. Never rejects: what ends a socket ends the passage. */
  async run(meet: (request: WireRequest) => WireFault | undefined): Promise<void> {
    try {
      for (;;) {
        const head = await this.#asked.head()
        if (!head) break
        const request = readRequest(head.toString('latin1'))
        await this.#pass(head, request, meet(request))
      }
    } catch {
      // Cut off by a fault, or by one of the ends.
    }
    this.#client.destroy()
  }

  async #pass(head: Buffer, request: WireRequest, fault: WireFault | undefined): Promise<void> {
    const { bodySize } = request
    switch (fault) {
      case 'reset-before-body':
        return this.#reset()
      case 'reset-mid-body':
        this.#upstream.write(head)
        this.#upstream.write(await this.#asked.bytes(Math.ceil(bodySize / 2)))
        return this.#reset()
      case 'stall':
        if (bodySize > 0) {
          this.#upstream.write(head)
          this.#upstream.write(await this.#asked.bytes(Math.ceil(bodySize / 2)))
        }
        await once(this.#client, 'close')
        return this.#reset()
      case 'denied':
      case 'busy-503':
      case 'error-in-200':
        await this.#asked.bytes(bodySize)
        this.#client.write(refuse(request.method, fault))
        return
      default:
        this.#upstream.write(head)
        await this.#passBody(bodySize)
        return this.#answer(await this.#readAnswer(request.method), request.method, fault)
    }
  }

  async #answer(answer: WireAnswer, method: string, fault: WireFault | undefined): Promise<void> {
    const bytes = Buffer.concat([answer.head, answer.body])
    switch (fault) {
      case 'reset-after-body':
        return this.#reset()
      case 'cut-answer':
      case 'stalled-answer': {
        const { head, body } = answer
        const shown = body.length === 0 ? head.length / 2 : head.length + body.length / 2
        const half = bytes.subarray(0, Math.ceil(shown))
        await new Promise((resolve) => this.#client.write(half, resolve))
        if (fault === 'stalled-answer') await once(this.#client, 'close')
        // Not by a reset, which would take back what the client has not read yet.
        this.#client.destroy()
        return this.#reset()
      }
      case 'error-500':
        this.#client.write(refuse(method, fault))
        return
      case 'wrong-etag':
      case 'wrong-crc':
        this.#client.write(falsify(answer, fault === 'wrong-etag' ? 'etag' : 'crc64'))
        return
      default:
        this.#client.write(bytes)
    }
  }

  async #passBody(size: number): Promise<void> {
    for (let left = size; left > 0; ) {
      const piece = await this.#asked.some(left)
      if (!this.#upstream.write(piece)) await once(this.#upstream, 'drain')
      left -= piece.length
    }
  }

  async #readAnswer(method: string): Promise<WireAnswer> {
    const head = await this.#answered.head()
    if (!head) throw new Error('The server ended the connection.')
    const text = head.toString('latin1')
    const isEmpty = method === 'HEAD' || /^HTTP\/1\.1 (204|304)/.test(text)
    const length = isEmpty ? 0 : Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0)
    return { head, body: await this.#answered.bytes(length) }
  }

  /** Both ends learn of it at once. */
  #reset(): never {
    this.#client.resetAndDestroy()
    this.#upstream.destroy()
    throw new Error('Cut off.')
  }
}
