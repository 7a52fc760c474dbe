/**
 * Memory of transfers of many GiB. What each part leaves behind is so little that V8 sees no need for a
 * full collection within tens of GiB, and meanwhile lets its heap, and the room for young objects, grow
 * by some 25 MiB.
 */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes between two collections, each of which takes a few milliseconds. */
const EVERY = 1024 * 1024 * 1024

/** Told how many bytes there are by now, calls `collect` for each GiB. Default: V8's own, where it lets us. */
export function keepHeapSmall(collect?: () => void): (loaded: number) => void {
  let next = EVERY
  let run = collect
  return (loaded) => {
    if (loaded < next) return
    next = loaded + EVERY
    run ??= findCollector()
    run()
  }
}

function findCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const found: unknown = runInNewContext('typeof gc === "function" ? gc : undefined')
  setFlagsFromString('--no-expose-gc')
  return typeof found === 'function' ? () => void found() : () => {}
}
