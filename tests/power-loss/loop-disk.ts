/** A real file system in a file, which can be copied as it stands: what a cut of its power would leave. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fastFolder } from './checkers.ts'

export type FileSystemName = 'ext4' | 'xfs'

const systems: Record<
  FileSystemName,
  { readonly MiB: number; readonly make: readonly string[]; readonly options: string }
> = {
  // Nothing is written back for minutes unless somebody syncs it.
  ext4: { MiB: 96, make: ['mkfs.ext4', '-q', '-F'], options: 'loop,commit=600' },
  xfs: { MiB: 320, make: ['mkfs.xfs', '-q', '-f'], options: 'loop' },
}

export class LoopDisk {
  readonly path: string
  readonly #folder: string
  readonly #image: string
  readonly #system: FileSystemName

  constructor(system: FileSystemName) {
    this.#system = system
    this.#folder = mkdtempSync(join(fastFolder(), 'lading-loop-'))
    this.#image = join(this.#folder, 'image')
    this.path = join(this.#folder, 'disk')
    try {
      const { MiB, make } = systems[system]
      const [command = '', ...flags] = make
      writeFileSync(this.#image, '')
      truncateSync(this.#image, MiB * 1024 * 1024)
      run(command, [...flags, this.#image])
      mkdirSync(this.path)
      this.#mount(this.#image, this.path)
    } catch (error) {
      rmSync(this.#folder, { recursive: true })
      throw error
    }
  }

  /** Copies the image without any sync, and gives `use` the copy, mounted. Nothing may write meanwhile. */
  async cut<Result>(use: (path: string) => Promise<Result>): Promise<Result> {
    const copy = join(this.#folder, 'copy')
    const path = join(this.#folder, 'after')
    run('cp', ['--sparse=always', this.#image, copy])
    mkdirSync(path)
    // The file system was mounted, and xfs does not take its twin beside it.
    this.#mount(copy, path, this.#system === 'xfs' ? ',nouuid' : '')
    try {
      return await use(path)
    } finally {
      run('umount', [path])
      rmSync(path, { recursive: true })
      rmSync(copy)
    }
  }

  remove(): void {
    run('umount', ['--lazy', this.path])
    rmSync(this.#folder, { recursive: true })
  }

  #mount(image: string, path: string, more = ''): void {
    const { options } = systems[this.#system]
    run('mount', ['-t', this.#system, '-o', `${options}${more}`, image, path])
  }
}

/** Why no such disk can be had here; `undefined` when it can. */
export function whyNoLoopDisk(system: FileSystemName): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'needs root on Linux'
  try {
    new LoopDisk(system).remove()
    return undefined
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return `no ${system} on a loop device here: ${line}`
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
