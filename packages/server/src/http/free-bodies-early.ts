/**
 * Memory of bodies that have passed. Each chunk that a socket brings is memory outside of V8's heap,
 * and V8 counts it into the heap until the next collection. The server's own heap is so small that some
 * 30 MB of them look like growth that calls for a full collection, again and again: a quarter of the
 * processor time of taking in parts. Young garbage, which is all that they are, is collected within
 * half a millisecond, if it is done in time.
 */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of bodies between two collections of young garbage. V8 by itself waits for twice as many. */
const EVERY = 16 * 1024 * 1024

let collect: ((options: { readonly type: 'minor' }) => unknown) | undefined
let passed = 0

/**
 * Has young garbage of this process collected whenever 16 MiB of bodies have passed. For a process that
 * is the server's own, because the heap is shared by all that runs in it. Does nothing where V8 does
 * not let us.
 */
export function freeBodiesEarly(): void {
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('typeof gc === "function" ? gc : undefined')
  setFlagsFromString('--no-expose-gc')
  if (typeof found === 'function') collect = found as typeof collect
}

/** So many bytes of a body were handed on. */
export function bodyPassed(bytes: number): void {
  passed += bytes
  if (passed < EVERY) return
  passed = 0
  collect?.({ type: 'minor' })
}
