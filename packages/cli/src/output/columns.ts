/** Lists as lines whose columns stand below one another. */

import { formatSize } from '../quantities.ts'

/** `2026-11-22 14:05:09`, in UTC. */
export function formatTime(date: Date | undefined): string {
  return date ? date.toISOString().slice(0, 19).replace('T', ' ') : ' '.repeat(19)
}

/** Ten wide: `  98.2 MiB`. */
export function sizeColumn(size: number): string {
  return formatSize(size).padStart(10)
}

/** Sixteen wide: `       105226240`. */
export function bytesColumn(size: number): string {
  return String(size).padStart(16)
}
