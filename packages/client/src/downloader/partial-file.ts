/** The file beside the target that a download fills, until it is whole and takes the target's name. */

import { constants } from 'node:fs'
import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { loadCrc64 } from '@lading/protocol'
import { IntegrityError } from '../errors.ts'
import { fillFrom } from '../files/fill-from.ts'
import { syncDirectory } from '../files/replace-file.ts'
import type { KeptRange } from './checkpoint.ts'
import { GatheredWrites } from './gathered-writes.ts'

/** Bytes read in one step. */
const STEP = 1024 * 1024

export class PartialFile {
  readonly path: string
  readonly #target: string
  readonly #file: FileHandle
  #isClosed = false

  private constructor(path: string, target: string, file: FileHandle) {
    this.path = path
    this.#target = target
    this.#file = file
  }

  /** An empty one, whatever was there. The name is not the target's, which may be as long as is allowed. */
  static async create(target: string, name: string): Promise<PartialFile> {
    const path = pathOf(target, name)
    try {
      await rm(path, { force: true })
      return new PartialFile(path, target, await open(path, 'wx+', await modeFor(target)))
    } catch (error) {
      throw at(error, dirname(target))
    }
  }

  /** What an earlier run left; `undefined` when there is nothing. A link that somebody put there is refused. */
  static async reopen(target: string, name: string): Promise<PartialFile | undefined> {
    const path = pathOf(target, name)
    try {
      const file = await open(path, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0))
      return new PartialFile(path, target, file)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw at(error, path)
    }
  }

  /** The target itself, where an earlier run ended after giving it its name; `undefined`: it has another size. */
  static async published(target: string, size: number): Promise<PartialFile | undefined> {
    const found = await stat(target).catch(() => undefined)
    if (!found?.isFile() || found.size !== size) return undefined
    return new PartialFile(target, target, await open(target, 'r'))
  }

  /** What an earlier run left. */
  static async removeLeft(target: string, name: string): Promise<void> {
    await rm(pathOf(target, name), { force: true })
  }

  writesFrom(position: number): GatheredWrites {
    const writev = async (
      chunks: readonly Uint8Array[],
      at: number,
    ): Promise<{ readonly bytesWritten: number }> => {
      try {
        return await this.#file.writev(chunks, at)
      } catch (error) {
        throw this.#failed(error)
      }
    }
    return new GatheredWrites({ writev }, position)
  }

  async readInto(target: Uint8Array, offset: number): Promise<void> {
    if ((await fillFrom(this.#file, target, offset)) === target.length) return
    throw new IntegrityError(
      'object',
      `${this.path} has become shorter while it was being filled. Download it again.`,
    )
  }

  /** Cuts off what reaches beyond `size`. */
  async limit(size: number): Promise<void> {
    if ((await this.#file.stat()).size > size) await this.#file.truncate(size)
  }

  /**
   * Gives it the target's name, once all of it would survive a power cut.
   *
   * @throws the file system's error with code `EEXIST` where `replaces` is `false` and something is there.
   */
  async publish({ replaces }: { readonly replaces: boolean }): Promise<void> {
    if (this.#isPublished) return
    try {
      const present = await stat(this.#target).catch(() => undefined)
      if (present) await this.#file.chmod(present.mode & 0o777)
      await this.#file.sync()
    } catch (error) {
      throw this.#failed(error)
    }
    await this.close()
    if (replaces) await rename(this.path, this.#target)
    else await renameUnlessTaken(this.path, this.#target)
    await syncName(this.#target)
  }

  /** Never what has the target's name. */
  async remove(): Promise<void> {
    if (!this.#isPublished) await rm(this.path, { force: true })
  }

  get #isPublished(): boolean {
    return this.path === this.#target
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#file.close()
  }

  #failed(error: unknown): unknown {
    return at(error, this.#target)
  }
}

/** Those of `claimed` that the file really holds. */
export async function* proved(
  claimed: Iterable<KeptRange>,
  offsetOf: (range: KeptRange) => number,
  file: { readInto(target: Uint8Array, offset: number): Promise<void> },
  signal: AbortSignal,
): AsyncGenerator<KeptRange, void, void> {
  const takeCrc64 = await loadCrc64()
  const buffer = new Uint8Array(STEP)
  for (const range of claimed) {
    const offset = offsetOf(range)
    let crc64 = 0n
    try {
      for (let done = 0; done < range.size; done += STEP) {
        signal.throwIfAborted()
        const piece = buffer.subarray(0, Math.min(STEP, range.size - done))
        await file.readInto(piece, offset + done)
        crc64 = takeCrc64(piece, crc64)
      }
    } catch {
      signal.throwIfAborted()
      continue // shorter than it should be, or unreadable: fetched again
    }
    if (crc64 === range.crc64) yield range
  }
}

/** Whoever may not read the file that is there may not read what is to replace it, at no time. */
async function modeFor(target: string): Promise<number> {
  const present = await stat(target).catch(() => undefined)
  return present ? (present.mode & 0o777) | 0o600 : 0o666
}

function pathOf(target: string, name: string): string {
  return join(dirname(target), `.lading-${name}.part`)
}

/** A link cannot replace anything; where the file system has none, the look beforehand must do. */
async function renameUnlessTaken(path: string, target: string): Promise<void> {
  try {
    await link(path, target)
    await rm(path, { force: true })
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw taken(target)
    if (await stat(target).catch(() => undefined)) throw taken(target)
    await rename(path, target)
  }
}

export function taken(target: string): Error {
  return Object.assign(new Error(`${target} exists already, and is not to be replaced.`), {
    code: 'EEXIST',
    path: target,
  })
}

/** Its bytes are durable; of a directory that may be written to and not read, the name cannot be made so. */
async function syncName(target: string): Promise<void> {
  try {
    await syncDirectory(dirname(target))
  } catch (error) {
    if (codeOf(error) !== 'EACCES') throw error
  }
}

/** The system's error, saying where: of a file that is open, it does not. */
function at(error: unknown, path: string): unknown {
  const code = codeOf(error)
  if (!(error instanceof Error) || typeof code !== 'string') return error
  return Object.assign(new Error(`${path}: ${error.message}`, { cause: error }), { code, path })
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
