/** The few file operations that creating an environment needs, as one seam, so that tests can cut it off at each. */

import { mkdir, open, rename, rm, stat } from 'node:fs/promises'

/** Rejects as `node:fs/promises` does, with a `code`. What LMDB does to its own files is not here. */
export interface EnvironmentFiles {
  exists(path: string): Promise<boolean>
  /** Removes the directory with all that is in it, if it is there. */
  remove(path: string): Promise<void>
  /** Makes the directory and those above it, where they are missing. */
  makeDirectories(path: string): Promise<void>
  /** The directory must not exist yet; the one above it must. */
  makeDirectory(path: string): Promise<void>
  /** Resolves once the file's bytes, or the directory's names, are durable. */
  sync(path: string): Promise<void>
  rename(from: string, to: string): Promise<void>
}

export const nodeEnvironmentFiles: EnvironmentFiles = {
  async exists(path) {
    try {
      await stat(path)
      return true
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
      throw error
    }
  },
  remove: (path) => rm(path, { recursive: true, force: true }),
  async makeDirectories(path) {
    await mkdir(path, { recursive: true, mode: 0o700 })
  },
  makeDirectory: (path) => mkdir(path, { mode: 0o700 }),
  async sync(path) {
    const handle = await open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  rename,
}
