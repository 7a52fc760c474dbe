/** What the demonstration does with a file of a given size. */

import { MAX_PART_SIZE, MAX_PARTS } from '@lading/protocol'

const KiB = 1024
const MiB = 1024 * KiB

export interface DemoPlan {
  /** Bytes: about a dozen parts, so that a reader can follow each of them. */
  readonly partSize: number
  readonly parts: number
  /** Parts the service is let have before the client is killed; fewer than there are. */
  readonly partsBeforeKill: number
}

export function planDemo(size: number): DemoPlan {
  const even = 2 ** Math.ceil(Math.log2(Math.max(1, size / 16)))
  const smallest = Math.max(Math.min(even, 64 * MiB), Math.ceil(size / MAX_PARTS))
  const partSize = Math.min(MAX_PART_SIZE, Math.max(128 * KiB, smallest))
  const parts = Math.max(1, Math.ceil(size / partSize))
  return { partSize, parts, partsBeforeKill: Math.floor(parts * 0.6) }
}

/** `1-4, 6, 8-9`. */
export function formatNumbers(numbers: readonly number[]): string {
  const sorted = [...new Set(numbers)].sort((left, right) => left - right)
  const runs: [first: number, last: number][] = []
  for (const number of sorted) {
    const run = runs.at(-1)
    if (run && run[1] === number - 1) run[1] = number
    else runs.push([number, number])
  }
  return runs.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(', ')
}

/** A size as `--part-size` takes it, as short as it can be: `8M`, `128K`, `100001`. */
export function shortSize(size: number): string {
  if (size % MiB === 0) return `${size / MiB}M`
  return size % KiB === 0 ? `${size / KiB}K` : String(size)
}
