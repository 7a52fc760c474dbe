/** What the primary and its workers say to one another. */

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

export function isMessage<Message extends { readonly kind: string }>(
  kind: Message['kind'],
  value: unknown,
): value is Message {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}
