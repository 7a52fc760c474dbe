/** The way to a hasher: MD5 and CRC-64 of many streams side by side, in WebAssembly. */

import { nextTurn } from '#hash'
import type { MakeHasher } from './hasher.ts'
import type { Later } from './lanes.ts'

export interface HasherOptions {
  /** Whether the CRC-64 is taken beside the MD5. Default true. */
  readonly crc64?: boolean
  /** When streams that are due run. Default: in the next turn of the event loop. */
  readonly later?: Later
  /** `false` keeps to the module that needs no SIMD. Default true: SIMD where the engine has it. */
  readonly simd?: boolean
}

/**
 * Prepares hashers that work together: the more of them are fed at the same time, up to four, the less
 * each byte costs. Their memory grows to the most that were ever in use at once, 128 KiB each, and
 * those without bytes so far take none. Resolves in a few milliseconds.
 */
export async function loadHasher({
  crc64 = true,
  later = nextTurn,
  simd = true,
}: HasherOptions = {}): Promise<MakeHasher> {
  // Not at import: it is a third of what a page would have to load before it can do anything.
  const { loadLanes } = await import('./lanes.ts')
  return loadLanes({ crc64, later, simd })
}
