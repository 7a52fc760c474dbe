/** A disk that is soon full, for tests: a file system in memory, which only root may mount. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly path: string
  /** Gives the disk another size, in KiB. */
  resize(kibibytes: number): void
  remove(): void
}

export function mountSmallDisk(kibibytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'lading-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'lading', path], {
      stdio: 'ignore',
    })
  } catch (error) {
    rmdirSync(path)
    throw error
  }
  return {
    path,
    resize(size) {
      execFileSync('mount', ['-o', `remount,size=${size}k`, path])
    },
    remove() {
      execFileSync('umount', ['--lazy', path])
      rmdirSync(path)
    },
  }
}

export function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  try {
    mountSmallDisk(64).remove()
    return true
  } catch {
    return false
  }
}
