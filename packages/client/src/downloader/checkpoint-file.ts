/** Checkpoints of downloads as files: a first line replaced atomically, and a line more for each range. */

import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileLock, lockFile } from '../files/lock-file.ts'
import { isMissing, replaceFile } from '../files/replace-file.ts'
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
    async open(identity) {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const path = join(directory, `${nameOfDownload(identity)}${SUFFIX}`)
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
 * The downloads that are remembered in the directory, oldest first; those that another process is at
 * are among them. What is no checkpoint is passed over.
 */
export async function listDownloads({
  directory,
}: DownloadCheckpointOptions): Promise<readonly DownloadCheckpoint[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return []
    throw error
  })
  const checkpoints: DownloadCheckpoint[] = []
  for (const name of names) {
    if (!name.endsWith(SUFFIX)) continue
    // One may be removed at any moment: its download is done then.
    const { found } = readDownload(await readFile(join(directory, name), 'utf8').catch(() => ''))
    if (found) checkpoints.push(found.checkpoint)
  }
  return checkpoints.sort((one, other) => (one.begun < other.begun ? -1 : 1))
}

/** User text never becomes a path. */
export function nameOfDownload(identity: DownloadIdentity): string {
  const { endpoint, bucket, key, versionId, target } = identity
  const text = JSON.stringify([endpoint, bucket, key, versionId ?? '', target])
  return createHash('sha256').update(text).digest('hex').slice(0, 40)
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
  try {
    const text = readDownload(await readFile(path, 'utf8'))
    if (!text.found || isOf(identity, text.found.checkpoint)) return text
    return { ignored: 'The checkpoint is of another object or another file.' }
  } catch (error) {
    if (isMissing(error)) return {}
    const why = error instanceof Error ? error.message : String(error)
    return { ignored: `The checkpoint cannot be read: ${why}` }
  }
}
