/** What the primary and its workers say to one another. */

import type { MetricsSnapshot } from '@lading/server'

/** From a worker: it accepts connections. */
export interface WorkerReady {
  readonly kind: 'ready'
  readonly url: string
  readonly port: number
}

/** From the primary: finish the requests in flight and end. */
export interface PrimaryDrain {
  readonly kind: 'drain'
}

/** From the primary: go on in a new log file, by the certificate as it is now. */
export interface PrimaryReopen {
  readonly kind: 'reopen'
}

/** From the primary: say what you have counted. */
export interface PrimaryMeasure {
  readonly kind: 'measure'
  readonly question: number
}

/** From a worker: what it has counted. */
export interface WorkerMeasured {
  readonly kind: 'measured'
  readonly question: number
  readonly snapshot: MetricsSnapshot
}

export function isMessage<Message extends { readonly kind: string }>(
  kind: Message['kind'],
  value: unknown,
): value is Message {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}
