/** What the file system of a data directory still has, and how much of it is kept back. */

import { statfs } from 'node:fs/promises'

export interface Disk {
  /** Bytes that are free to this process. */
  freeBytes(): Promise<number>
  /** Bytes below which new data is refused. */
  readonly reserve: number
}

/** Bytes. */
const MOST_RESERVED = 512 * 1024 * 1024

/** `reserve` in bytes; without it, what the size of the file system says. */
export async function lookAtDisk(directory: string, reserve: number | undefined): Promise<Disk> {
  const { blocks, bsize } = await statfs(directory)
  return {
    reserve: reserve ?? Math.min(MOST_RESERVED, Math.floor((blocks * bsize) / 100)),
    async freeBytes() {
      const { bavail, bsize: size } = await statfs(directory)
      return bavail * size
    },
  }
}
