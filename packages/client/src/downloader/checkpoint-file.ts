/** Checkpoints of downloads as files: a first line replaced atomically, and a line more for each range. */

import { type FileHandle, open, rm } from 'node:fs/promises'
import { nameFor, openLocked, readText, textsIn } from '../files/checkpoint-directory.ts'
import type { FileLock } from '../files/lock-file.ts'
import { replaceFile } from '../files/replace-file.ts'
import {
  type DownloadCheckpoint,
  type DownloadCheckpoints,
  type DownloadIdentity,
  type DownloadSlot,
  formatDownload,
  formatRange,
  isOf,
  type KeptRange,
  type ReadDownload,
  readDownload,
} from './checkpoint.ts'

export interface DownloadCheckpointOptions {
  /** Made if missing, readable by nobody else. May be that of uploads. */
  readonly directory: string
}

const SUFFIX = '.download'

export function downloadCheckpoints({ directory }: DownloadCheckpointOptions): DownloadCheckpoints {
  return {
    open(identity) {
      const name = `${nameOfDownload(identity)}${SUFFIX}`
      return openLocked(
        directory,
        name,
        async (path, lock) => new FileSlot(path, lock, await read(path, identity)),
      )
    },
  }
}

/**
 * The downloads that are remembered in the directory, oldest first; those that another process is at
 * are among them. What is no checkpoint is passed over.
 */
export async function listDownloads({
  directory,
}: DownloadCheckpointOptions): Promise<readonly DownloadCheckpoint[]> {
  const checkpoints: DownloadCheckpoint[] = []
  for await (const text of textsIn(directory, SUFFIX)) {
    const { found } = readDownload(text)
    if (found) checkpoints.push(found.checkpoint)
  }
  return checkpoints.sort((one, other) => (one.begun < other.begun ? -1 : 1))
}

/** Without the suffix. */
export function nameOfDownload(identity: DownloadIdentity): string {
  const { endpoint, bucket, key, versionId, target } = identity
  return nameFor([endpoint, bucket, key, versionId ?? '', target])
}

class FileSlot implements DownloadSlot {
  readonly found: ReadDownload | undefined
  readonly ignored: string | undefined
  readonly #path: string
  readonly #lock: FileLock
  #log: FileHandle | undefined
  /** Lines go in one after the other, whoever brings them. */
  #appended: Promise<void> = Promise.resolve()

  constructor(path: string, lock: FileLock, { found, ignored }: ReturnType<typeof readDownload>) {
    this.found = found
    this.ignored = ignored
    this.#path = path
    this.#lock = lock
  }

  async begin(checkpoint: DownloadCheckpoint, kept: readonly KeptRange[]): Promise<void> {
    await this.#closeLog()
    await replaceFile(this.#path, formatDownload(checkpoint) + kept.map(formatRange).join(''))
    this.#log = await open(this.#path, 'a')
  }

  /** Not synced: what a power cut takes is fetched again, and what it tears is not believed. */
  append(range: KeptRange): Promise<void> {
    const log = this.#log
    if (!log) return Promise.reject(new Error('The checkpoint is not begun.'))
    const appended = this.#appended.then(() => log.appendFile(formatRange(range)))
    this.#appended = appended.catch(() => {})
    return appended
  }

  async remove(): Promise<void> {
    await this.#closeLog()
    await rm(this.#path, { force: true })
  }

  async close(): Promise<void> {
    await this.#closeLog()
    await this.#lock.release()
  }

  async #closeLog(): Promise<void> {
    const log = this.#log
    this.#log = undefined
    await this.#appended
    await log?.close()
  }
}

async function read(
  path: string,
  identity: DownloadIdentity,
): Promise<ReturnType<typeof readDownload>> {
  const { text, ...unread } = await readText(path)
  if (text === undefined) return unread
  const read = readDownload(text)
  if (!read.found || isOf(identity, read.found.checkpoint)) return read
  return { ignored: 'The checkpoint is of another object or another file.' }
}
