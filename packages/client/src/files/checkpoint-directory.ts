/** A directory of checkpoints, one file for each transfer, held by one process at a time. */

import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileLock, lockFile } from './lock-file.ts'
import { isMissing } from './replace-file.ts'

/**
 * Makes the directory where it is missing, and locks `name` in it; the lock is the business of what
 * `open` resolves with.
 *
 * @throws {CheckpointLockedError} another process is at it.
 */
export async function openLocked<Slot>(
  directory: string,
  name: string,
  open: (path: string, lock: FileLock) => Promise<Slot>,
): Promise<Slot> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, name)
  const lock = await lockFile(`${path}.lock`)
  try {
    return await open(path, lock)
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** A name for a file. User text never becomes a path. */
export function nameFor(identity: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40)
}

/** What the files hold whose names end in `suffix`; of a directory that is missing, nothing. */
export async function* textsIn(
  directory: string,
  suffix: string,
): AsyncGenerator<string, void, void> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  for (const name of names) {
    if (!name.endsWith(suffix)) continue
    // One may be removed at any moment: its transfer is done then.
    yield await readFile(join(directory, name), 'utf8').catch(() => '')
  }
}

/** The file's text; nothing where there is none, and why where it cannot be read. */
export async function readText(
  path: string,
): Promise<{ readonly text?: string; readonly ignored?: string }> {
  try {
    return { text: await readFile(path, 'utf8') }
  } catch (error) {
    if (isMissing(error)) return {}
    const why = error instanceof Error ? error.message : String(error)
    return { ignored: `The checkpoint cannot be read: ${why}` }
  }
}
