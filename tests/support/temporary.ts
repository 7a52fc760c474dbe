/** A directory that lives as long as the test that asked for it. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}
