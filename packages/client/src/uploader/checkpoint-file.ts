/** Checkpoints as files: one for each upload, replaced atomically, held by one process at a time. */

import { rm } from 'node:fs/promises'
import { nameFor, openLocked, readText, textsIn } from '../files/checkpoint-directory.ts'
import type { FileLock } from '../files/lock-file.ts'
import { replaceFile } from '../files/replace-file.ts'
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

const SUFFIX = '.json'

export function fileCheckpoints({ directory }: FileCheckpointOptions): CheckpointStore {
  return {
    open(identity) {
      const { endpoint, bucket, key, source } = identity
      const name = `${nameFor([endpoint, bucket, key, source])}${SUFFIX}`
      return openLocked(
        directory,
        name,
        async (path, lock) => new FileSlot(path, lock, await read(path, identity)),
      )
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
  const checkpoints: Checkpoint[] = []
  for await (const text of textsIn(directory, SUFFIX)) {
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
  const { text, ...unread } = await readText(path)
  return text === undefined ? unread : parseCheckpoint(text, identity)
}
