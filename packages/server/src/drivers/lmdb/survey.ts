/** Counts what waits to be ended or collected, a page at a time, so that nobody waits for the count. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Survey } from '../../ports/metadata-store.ts'
import { justAfter, readUint } from './keys.ts'
import { decodeUploadState } from './records.ts'
import { rowsBetween, type Tables } from './tables.ts'

/** Rows of one page. */
const PAGE = 1_000

const first: Uint8Array = new Uint8Array(1)
const last: Uint8Array = new Uint8Array(17).fill(0xff)

/** `read` runs each look at the tables on the newest snapshot. */
export async function survey(
  tables: Tables,
  staleBefore: Date,
  read: <Result>(look: () => Result) => Result,
): Promise<Survey> {
  let openUploads = 0
  let openUploadBytes = 0
  let staleUploads = 0
  let staleUploadBytes = 0
  for (let start = first; ; await nextTurn()) {
    const page = read(() => rowsBetween(tables.states, start, last, PAGE))
    for (const { key, value } of page) {
      const { bytes } = decodeUploadState(value)
      openUploads += 1
      openUploadBytes += bytes
      // An upload id begins with the time at which it was issued.
      if (readUint(key, 0) >= staleBefore.getTime()) continue
      staleUploads += 1
      staleUploadBytes += bytes
    }
    const end = page.at(-1)
    if (page.length < PAGE || !end) break
    start = justAfter(end.key)
  }
  const garbageItems = read(() => tables.garbage.count())
  return { openUploads, openUploadBytes, staleUploads, staleUploadBytes, garbageItems }
}
