/** A size into parts within OSS's limits. */

import { MAX_OBJECT_SIZE, MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE } from '@lading/protocol'
import { requireInteger } from '../options.ts'

export interface PlannedPart {
  /** From 1, without a gap. */
  readonly partNumber: number
  readonly offset: number
  readonly size: number
}

const MiB = 1024 * 1024

/** Parts of a stream grow after each so many. */
const STREAM_STEP = 1000

/**
 * Bytes. A stream's parts grow no further: two of them must fit into the memory an upload may take.
 * From 8 MiB, 10,000 parts then hold 2.4 TiB.
 */
export const MAX_STREAM_PART_SIZE: number = 512 * MiB

/** @throws {RangeError} unless `partSize` is from 100 KiB to 5 GiB. */
export function requirePartSize(partSize: number): number {
  return requireInteger('partSize', partSize, MIN_PART_SIZE, MAX_PART_SIZE)
}

/**
 * `wanted`, or the least whole number of MiB with which `size` bytes make at most 10,000 parts.
 *
 * @throws {RangeError} for more bytes than an object can have.
 */
export function choosePartSize(size: number, wanted: number): number {
  if (size > MAX_OBJECT_SIZE) {
    throw new RangeError(`${size} bytes are more than an object can have, ${MAX_OBJECT_SIZE}.`)
  }
  const least = Math.ceil(size / MAX_PARTS)
  return least <= wanted ? wanted : Math.ceil(least / MiB) * MiB
}

export function countParts(size: number, partSize: number): number {
  return Math.ceil(size / partSize)
}

/** Covers `[0, size)` in order; every part but the last is `partSize` long. */
export function* planParts(size: number, partSize: number): Generator<PlannedPart, void, void> {
  for (let offset = 0, partNumber = 1; offset < size; offset += partSize, partNumber += 1) {
    yield { partNumber, offset, size: Math.min(partSize, size - offset) }
  }
}

/**
 * The size of part `partNumber` of a stream whose length nobody knows: `first`, doubled every 1,000
 * parts, up to `MAX_STREAM_PART_SIZE`. Depends on nothing else, so that
 * another run cuts the same stream the same way.
 */
export function streamPartSize(partNumber: number, first: number): number {
  return Math.min(first * streamGrowth(partNumber), MAX_STREAM_PART_SIZE)
}

export function streamGrowth(partNumber: number): number {
  return 2 ** Math.floor((partNumber - 1) / STREAM_STEP)
}
