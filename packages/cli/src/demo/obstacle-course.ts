/** What stands in the way of the first attempt: one body cut in its middle, then a closed gate. */

import type { SeenRequest } from './cutting-proxy.ts'
import type { DemoPlan } from './plan.ts'

export interface Cut {
  readonly partNumber: number
  /** Bytes of the body that passed. */
  readonly after: number
  /** Bytes the body has. */
  readonly of: number
}

/**
 * Lets exactly `plan.partsBeforeKill` parts through, cuts one more in the middle of its body, and
 * holds the rest. So it is known which parts the service has when the client is killed, however fast
 * or slow the machine.
 */
export class ObstacleCourse {
  readonly #plan: DemoPlan
  readonly #passed: SeenRequest[] = []
  #cut: Cut | undefined
  #held = 0
  #reached: () => void = () => {}
  /** Resolves once all that may pass was answered, a body was cut and a part waits at the gate. */
  readonly reached: Promise<void>

  constructor(plan: DemoPlan) {
    this.#plan = plan
    this.reached = new Promise((resolve) => {
      this.#reached = resolve
    })
  }

  get cut(): Cut | undefined {
    return this.#cut
  }

  /** The gate of the proxy. */
  async admit(request: SeenRequest): Promise<{ cutAfter: number } | undefined> {
    const partNumber = partNumberOf(request)
    if (partNumber === undefined) return undefined
    // The second part, if there is one: the first shows that the connection was good.
    const isSecond = this.#passed.length === Math.min(1, this.#plan.partsBeforeKill)
    if (this.#cut === undefined && isSecond) {
      const after = Math.floor(request.bodySize / 2)
      this.#cut = { partNumber, after, of: request.bodySize }
      return { cutAfter: after }
    }
    if (this.#passed.length < this.#plan.partsBeforeKill) {
      this.#passed.push(request)
      return undefined
    }
    this.#held += 1
    this.check()
    return new Promise(() => {}) // Its connection is destroyed when the client is killed.
  }

  /** To be called whenever an answer has passed. */
  check(): void {
    const answered = this.#passed.filter(({ status }) => status !== undefined).length
    if (this.#cut && this.#held > 0 && answered === this.#plan.partsBeforeKill) this.#reached()
  }
}

export function partNumberOf({ method, target }: SeenRequest): number | undefined {
  const match = method === 'PUT' ? /[?&]partNumber=(\d+)/.exec(target) : null
  return match ? Number(match[1]) : undefined
}

/** CompleteMultipartUpload: a POST that names an upload, where initiating names none. */
export function isComplete({ method, target }: SeenRequest): boolean {
  return method === 'POST' && /[?&]uploadId=/.test(target)
}
