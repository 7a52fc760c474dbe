/** `combineCrc64` for those who may never need it. */

import type { combineCrc64 } from './combine-crc64.ts'

/** Loaded when it is first asked for: uploads take no CRC-64 unless they are told to. */
export async function loadCombineCrc64(): Promise<typeof combineCrc64> {
  return (await import('./combine-crc64.ts')).combineCrc64
}
