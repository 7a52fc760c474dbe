/** How a client reaches several gateways: each request, and each repetition, goes to the next of them. */

import {
  type ExchangeOptions,
  type HttpRequest,
  type HttpResponse,
  nodeTransport,
  type Transport,
} from '@lading/client/node'

/** A part that is sent, the Complete of an upload, or anything else. */
export type Step = 'part' | 'complete' | 'other'

export class Turns implements Transport {
  readonly #transport = nodeTransport()
  readonly #portOf: (gateway: number) => number
  readonly #served: number[]
  readonly #inFlight: number[]
  readonly #waiting = new Set<() => void>()
  readonly #watching = new Set<(gateway: number, step: Step) => void>()
  #next = 0
  #acknowledged = 0
  /** Acknowledged parts after which no further one is begun. */
  #most = Number.POSITIVE_INFINITY

  /** @param portOf Where the gateway of that number is; asked for each request. */
  constructor(count: number, portOf: (gateway: number) => number) {
    this.#portOf = portOf
    this.#served = Array.from({ length: count }, () => 0)
    this.#inFlight = Array.from({ length: count }, () => 0)
  }

  /** How many parts each gateway has acknowledged. */
  get served(): readonly number[] {
    return this.#served
  }

  /** How many parts all of them have acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Requests to that gateway that have no answer yet. */
  inFlight(gateway: number): number {
    return this.#inFlight[gateway] ?? 0
  }

  /**
   * Lets parts be begun only until so many more than now are acknowledged, and resolves when they are.
   * Those that are on their way then may come besides.
   */
  async allow(more: number): Promise<void> {
    const most = this.#acknowledged + more
    this.#most = most
    this.#wake()
    while (this.#acknowledged < most) await this.#change()
  }

  /** Lets all parts be sent. */
  allowAll(): void {
    this.#most = Number.POSITIVE_INFINITY
    this.#wake()
  }

  /** Resolves with the gateway to which the next such request is just being sent. */
  sending(isMeant: (gateway: number, step: Step) => boolean): Promise<number> {
    return new Promise((resolve) => {
      const watch = (gateway: number, step: Step): void => {
        if (!isMeant(gateway, step)) return
        this.#watching.delete(watch)
        resolve(gateway)
      }
      this.#watching.add(watch)
    })
  }

  async exchange(request: HttpRequest, options: ExchangeOptions): Promise<HttpResponse> {
    const step = stepOf(request)
    const { signal } = options
    while (step === 'part' && this.#acknowledged >= this.#most && !signal?.aborted) {
      await this.#change(signal)
    }
    const gateway = this.#next
    this.#next = (gateway + 1) % this.#served.length
    for (const watch of this.#watching) watch(gateway, step)
    const origin = `http://127.0.0.1:${this.#portOf(gateway)}`
    this.#count(this.#inFlight, gateway, 1)
    try {
      const response = await this.#transport.exchange({ ...request, origin }, options)
      if (step === 'part' && response.status === 200) {
        this.#count(this.#served, gateway, 1)
        this.#acknowledged += 1
        this.#wake()
      }
      return response
    } finally {
      this.#count(this.#inFlight, gateway, -1)
    }
  }

  async close(): Promise<void> {
    this.allowAll()
    await this.#transport.close()
  }

  #count(counts: number[], gateway: number, by: number): void {
    counts[gateway] = (counts[gateway] ?? 0) + by
  }

  /** Resolves when there is something new to look at. */
  #change(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve)
      signal?.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resume of waiting) resume()
  }
}

function stepOf({ method, path }: HttpRequest): Step {
  if (method === 'PUT' && path.includes('partNumber=')) return 'part'
  return method === 'POST' && path.includes('uploadId=') ? 'complete' : 'other'
}
