/** Reading from a file by position. */

import type { FileHandle } from 'node:fs/promises'

/** Fills `target` with the bytes from `offset` on. Returns how many there were: fewer only at the end. */
export async function fillFrom(
  file: FileHandle,
  target: Uint8Array,
  offset: number,
): Promise<number> {
  let filled = 0
  while (filled < target.length) {
    const { bytesRead } = await file.read(target, filled, target.length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
