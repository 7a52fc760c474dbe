/**
 * What the servers of a test run wrote into their logs, kept for whoever looks at the whole run after
 * it: one file for each server, in the directory that `LADING_SUITE_RECORDS` names. Without that
 * variable nothing is kept.
 */

import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { LogDestination } from '@lading/server'
import { expect } from 'vitest'

/** A destination that keeps every line under the name of the test file it is asked for in. */
export function recordingLog(): LogDestination {
  const directory = process.env.LADING_SUITE_RECORDS
  if (!directory) return { write() {} }
  const testFile = relative(process.cwd(), expect.getState().testPath ?? 'unknown')
  const folder = join(directory, testFile)
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${randomBytes(6).toString('hex')}.ndjson`)
  return { write: (line) => appendFileSync(file, line) }
}
