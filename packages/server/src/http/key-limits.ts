/** How much one key pair may ask for, whatever its rights are. */

import { OssError } from '@lading/protocol'
import { Pace } from './pace.ts'

/** What is absent is not limited. */
export interface KeyLimits {
  /** Requests a second on average; as many as that may come at once, and at least one. */
  readonly requestsPerSecond?: number | undefined
  /** Of all request bodies together. */
  readonly uploadBytesPerSecond?: number | undefined
  /** Of all bodies of answers together. */
  readonly downloadBytesPerSecond?: number | undefined
}

/** Whose limits are asked for; `undefined` is everybody who asks without a key. */
export type LimitsOf = (accessKeyId: string | undefined) => KeyLimits | undefined

/** What slows an admitted request down. */
export interface Admission {
  readonly upload?: Pace | undefined
  readonly download?: Pace | undefined
}

export interface Admittance {
  /** @throws {OssError} `TotalQpsLimitExceeded`, with the time to wait in `Retry-After`. */
  admit(accessKeyId: string | undefined): Admission
}

/** Keys that are remembered at once; the longest silent is forgotten, and starts afresh. */
const MAX_REMEMBERED = 10_000

/** Counts what each key asks for; belongs to one process. */
export function limitKeys(limitsOf: LimitsOf, now: () => Date): Admittance {
  const meters = new Map<string | undefined, Meter>()
  return {
    admit(accessKeyId) {
      const limits = limitsOf(accessKeyId)
      if (!limits) return {}
      const known = meters.get(accessKeyId)
      const meter = known?.limits === limits ? known : new Meter(limits, now())
      // Taken out and put back, so that the first of the map is the longest silent.
      meters.delete(accessKeyId)
      meters.set(accessKeyId, meter)
      if (meters.size > MAX_REMEMBERED) meters.delete(meters.keys().next().value)
      meter.count(now())
      return meter
    },
  }
}

/** What one key has used of its limits. */
class Meter implements Admission {
  readonly limits: KeyLimits
  readonly upload: Pace | undefined
  readonly download: Pace | undefined
  /** Requests that may come at once, and of them those that still may. */
  readonly #most: number
  #left: number
  #since: number

  constructor(limits: KeyLimits, time: Date) {
    const { requestsPerSecond, uploadBytesPerSecond, downloadBytesPerSecond } = limits
    this.limits = limits
    this.upload = uploadBytesPerSecond ? new Pace(uploadBytesPerSecond) : undefined
    this.download = downloadBytesPerSecond ? new Pace(downloadBytesPerSecond) : undefined
    this.#most = Math.max(1, requestsPerSecond ?? 1)
    this.#left = this.#most
    this.#since = time.getTime()
  }

  count(time: Date): void {
    const { requestsPerSecond } = this.limits
    if (requestsPerSecond === undefined) return
    // A clock that was put back gives nothing and takes nothing.
    const passed = Math.max(0, time.getTime() - this.#since)
    this.#since = time.getTime()
    this.#left = Math.min(this.#most, this.#left + (passed * requestsPerSecond) / 1000)
    if (this.#left < 1) {
      const seconds = Math.ceil((1 - this.#left) / requestsPerSecond)
      throw new OssError('TotalQpsLimitExceeded', { headers: { 'Retry-After': String(seconds) } })
    }
    this.#left -= 1
  }
}
