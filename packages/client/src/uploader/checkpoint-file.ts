/** Checkpoints as files: one for each upload, replaced atomically, held by one process at a time. */

import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileLock, lockFile } from '../files/lock-file.ts'
import { isMissing, replaceFile } from '../files/replace-file.ts'
import {
  type Checkpoint,
  type CheckpointIdentity,
  type CheckpointSlot,
  type CheckpointStore,
  formatCheckpoint,
  parseCheckpoint,
  readCheckpoint,
} from './checkpoint.ts'

export interface FileCheckpointOptions {
  /** Made if missing, readable by nobody else. */
  readonly directory: string
}

export function fileCheckpoints({ directory }: FileCheckpointOptions): CheckpointStore {
  return {
    async open(identity) {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const path = join(directory, `${nameOf(identity)}.json`)
      const lock = await lockFile(`${path}.lock`)
      try {
        return new FileSlot(path, lock, await read(path, identity))
      } catch (error) {
        await lock.release()
        throw error
      }
    },
  }
}

/**
 * The uploads that are remembered in the directory, oldest first; those that another process is at
 * are among them. What is no checkpoint is passed over.
 */
export async function listCheckpoints({
  directory,
}: FileCheckpointOptions): Promise<readonly Checkpoint[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const checkpoints: Checkpoint[] = []
  for (const name of names) {
    if (!name.endsWith('.json')) continue
    // One may be removed at any moment: its upload is done then.
    const text = await readFile(join(directory, name), 'utf8').catch(() => '')
    const { checkpoint } = readCheckpoint(text)
    if (checkpoint) checkpoints.push(checkpoint)
  }
  return checkpoints.sort((one, other) => (one.initiated < other.initiated ? -1 : 1))
}

class FileSlot implements CheckpointSlot {
  readonly checkpoint: Checkpoint | undefined
  readonly ignored: string | undefined
  readonly #path: string
  readonly #lock: FileLock

  constructor(path: string, lock: FileLock, found: ReturnType<typeof parseCheckpoint>) {
    this.checkpoint = found.checkpoint
    this.ignored = found.ignored
    this.#path = path
    this.#lock = lock
  }

  save(checkpoint: Checkpoint): Promise<void> {
    return replaceFile(this.#path, formatCheckpoint(checkpoint))
  }

  remove(): Promise<void> {
    return rm(this.#path, { force: true })
  }

  close(): Promise<void> {
    return this.#lock.release()
  }
}

async function read(
  path: string,
  identity: CheckpointIdentity,
): Promise<ReturnType<typeof parseCheckpoint>> {
  try {
    return parseCheckpoint(await readFile(path, 'utf8'), identity)
  } catch (error) {
    if (isMissing(error)) return {}
    const why = error instanceof Error ? error.message : String(error)
    return { ignored: `The checkpoint cannot be read: ${why}` }
  }
}

/** User text never becomes a path. */
function nameOf({ endpoint, bucket, key, source }: CheckpointIdentity): string {
  const text = JSON.stringify([endpoint, bucket, key, source])
  return createHash('sha256').update(text).digest('hex').slice(0, 40)
}
