/** A directory that lives as long as the test that asked for it. */

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { objectsOf, placeOf } from './places.ts'

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** The names of all blob files of a server's data directory, or of the objects they are over an engine. */
export async function blobFiles(directory: string): Promise<string[]> {
  const place = await placeOf(directory)
  if (place) return await objectsOf(place)
  const entries = await readdir(join(directory, 'blobs'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
}
