/** Stands between a store and its engine, and does to requests what networks and engines do. */

import { once } from 'node:events'
import {
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What happens to requests: `lie` is an answer of 500 to what has been done. */
export type Harm = 'lie' | 'cut' | 'silence' | 'flip'

export class Meddler {
  readonly #server: Server
  /** To each request of these methods. */
  #harm: { readonly harm: Harm; readonly methods: RegExp; times: number } | undefined
  /** Requests that came. */
  count = 0
  /** Those that harm was done to. */
  harmed = 0

  private constructor(target: string) {
    this.#server = createServer((incoming, answer) => {
      this.count += 1
      const harm = this.#harmOf(incoming)
      if (harm === 'silence') return
      void buffer(incoming).then((body) => {
        if (harm === 'cut') {
          incoming.socket.destroy()
          return
        }
        if (harm === 'flip' && body.length > 0) body[0] = (body[0] ?? 0) ^ 1
        const onward = forward(target, incoming)
        onward.on('error', () => incoming.socket.destroy())
        onward.on('response', (reply) => {
          if (harm === 'lie') {
            reply.resume().on('end', () => answer.writeHead(500).end())
            return
          }
          answer.writeHead(reply.statusCode ?? 500, reply.headers)
          reply.pipe(answer)
        })
        onward.end(body)
      })
    })
  }

  static async before(target: string): Promise<Meddler> {
    const meddler = new Meddler(target)
    meddler.#server.listen(0, '127.0.0.1')
    await once(meddler.#server, 'listening')
    return meddler
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Does so to the next `times` requests of those methods; without them to all that come. */
  meddle(harm: Harm, { methods = /./, times = Number.POSITIVE_INFINITY } = {}): void {
    this.#harm = { harm, methods, times }
  }

  leaveAlone(): void {
    this.#harm = undefined
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #harmOf({ method = '' }: IncomingMessage): Harm | undefined {
    const plan = this.#harm
    if (!plan || plan.times === 0 || !plan.methods.test(method)) return undefined
    plan.times -= 1
    this.harmed += 1
    return plan.harm
  }
}

/** The signature is of the host that the store has spoken to. */
function forward(target: string, { method, url, headers }: IncomingMessage): ClientRequest {
  const { hostname, port } = new URL(target)
  return request({ hostname, port, method, path: url, headers, agent: false })
}
