/** Copies of blobs in another directory of the same shape, each of them whole or not there at all. */

import { constants, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BlobId } from '../../ports/blob-store.ts'
import { blobSize, SUFFIX } from '../blob-layout.ts'

export interface BlobCopy {
  /** Bytes. */
  readonly size: number
  /** Whether it was there already. */
  readonly kept: boolean
}

/**
 * Copies blobs from the files of one store to those of another. A blob that is there under its name
 * is whole, so that a copy which was broken off goes on where it was.
 */
export class BlobCopier {
  readonly #from: string
  readonly #to: string
  readonly #touched = new Set<string>()

  constructor(from: string, to: string) {
    this.#from = from
    this.#to = to
  }

  /** Durable once `finish` resolves; `undefined` when there is no such blob. */
  async copy(id: BlobId): Promise<BlobCopy | undefined> {
    const blocks = join(id.slice(0, 2), `${id}${SUFFIX}`)
    const found = await sizeOf(join(this.#from, blocks))
    const place = found === undefined ? join(id.slice(0, 2), id) : blocks
    const source = join(this.#from, place)
    const target = join(this.#to, place)
    const fileSize = found ?? (await sizeOf(source))
    if (fileSize === undefined) return undefined
    const size = found === undefined ? fileSize : blobSize(found)
    if ((await sizeOf(target)) === fileSize) return { size, kept: true }
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    const unfinished = `${target}.copying`
    await rm(unfinished, { force: true })
    await copyFile(source, unfinished, constants.COPYFILE_FICLONE)
    await sync(unfinished)
    await rename(unfinished, target)
    this.#touched.add(dirname(target))
    return { size, kept: false }
  }

  /** Resolves once all names that were made are durable. */
  async finish(): Promise<void> {
    for (const directory of this.#touched) await sync(directory)
    await sync(this.#to)
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
