/** The way to a hasher of whole parts, beside the event loop. */

import { startPartsThread } from '#hash'
import type { PartHasher } from './part-hasher.ts'
import { pagesFor } from './part-memory.ts'

/**
 * Has room for `count` buffers of `size` bytes; memory is taken when they are filled. Resolves with
 * `undefined` where there are no threads, no shared memory or no SIMD: then `loadHasher` does the same work.
 */
export async function loadPartHasher(count: number, size: number): Promise<PartHasher | undefined> {
  const thread = await startPartsThread(pagesFor(count, size))
  if (!thread) return undefined
  // Not at import: pages have no use for it.
  const { PartHasher } = await import('./part-hasher.ts')
  return new PartHasher(thread)
}
