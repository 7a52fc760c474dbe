/**
 * Connections on their way from the primary to a worker. Node keeps its own copy of one until the
 * worker says that it has it; when the worker dies before, Node forgets the copy and never closes it,
 * and the client at the other end waits for ever.
 */

import type { Worker } from 'node:cluster'

/** Sees to it that whoever was about to talk to `worker` learns of its death, as all others do. */
export function closeWithWorker(worker: Worker): void {
  const underWay = new Map<number, Closable>()
  const child = worker.process
  const send = child.send as (...given: unknown[]) => boolean
  child.send = (...given: unknown[]): boolean => {
    const [message, connection] = given
    const number = numberIn(message, 'seq')
    if (number !== undefined && isClosable(connection)) underWay.set(number, connection)
    return send.apply(child, given)
  }
  child.on('internalMessage', (message: unknown) => {
    const number = numberIn(message, 'ack')
    if (number !== undefined) underWay.delete(number)
  })
  child.once('exit', () => {
    for (const connection of underWay.values()) connection.close()
    underWay.clear()
  })
}

interface Closable {
  close(): void
}

function isClosable(value: unknown): value is Closable {
  return typeof value === 'object' && value !== null && 'close' in value
}

/** What the messages of `node:cluster` are numbered with. */
function numberIn(message: unknown, name: 'seq' | 'ack'): number | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const number = (message as Readonly<Record<string, unknown>>)[name]
  return typeof number === 'number' ? number : undefined
}
