/** Files as sources, read by position and never through a shared cursor. */

import type { BigIntStats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { loadPartHasher, type PartHasher } from '@lading/protocol'
import type { ReplayableBody } from '../body.ts'
import { IntegrityError } from '../errors.ts'
import { fillFrom } from '../files/fill-from.ts'
import { type RangeSource, tooShort } from './source.ts'

/** Bytes read at a time where a range is streamed. */
const READ_SIZE = 256 * 1024

/**
 * Opens a file for an upload; the upload closes it. It must be a regular file: what has no size
 * beforehand, such as a pipe, is a stream.
 */
export async function fileSource(path: string): Promise<RangeSource> {
  const file = await open(path, 'r')
  try {
    return new FileSource(path, file, versionOf(await file.stat({ bigint: true }), path))
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * The body of one part, or of an object: `size` bytes of a file from `offset` on, opened for each
 * attempt anew.
 */
export function fileRange(path: string, offset: number, size: number): ReplayableBody {
  return { size, open: () => readRange(path, offset, size) }
}

interface FileVersion {
  readonly size: number
  /** Size, modification time in nanoseconds and inode: what changes when the content does. */
  readonly text: string
}

class FileSource implements RangeSource {
  readonly kind = 'ranges'
  readonly size: number
  readonly identity: { readonly name: string; readonly version: string }
  readonly #path: string
  readonly #file: FileHandle

  constructor(path: string, file: FileHandle, version: FileVersion) {
    this.#path = path
    this.#file = file
    this.size = version.size
    this.identity = { name: resolve(path), version: version.text }
  }

  readInto(target: Uint8Array, offset: number): Promise<void> {
    return fill(this.#file, target, offset)
  }

  partHasher(count: number, size: number): Promise<PartHasher | undefined> {
    return loadPartHasher(count, size)
  }

  /** By path, so that a file put in the place of the one we read is noticed as well. */
  async requireUnchanged(): Promise<void> {
    let version: string
    try {
      version = versionOf(await stat(this.#path, { bigint: true }), this.#path).text
    } catch (cause) {
      throw new IntegrityError('source', changed(this.#path), { cause })
    }
    if (version !== this.identity.version) throw new IntegrityError('source', changed(this.#path))
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

function changed(path: string): string {
  return `${path} was changed while it was being uploaded. Nothing was completed; upload it again to send what has changed.`
}

/** @throws {TypeError} unless it is a regular file. */
function versionOf(stats: BigIntStats, path: string): FileVersion {
  if (!stats.isFile()) throw new TypeError(`${path} is not a regular file. Upload it as a stream.`)
  const { size, mtimeNs, ctimeNs, ino } = stats
  // The last also tells of a write after which somebody set the time of the one before.
  return { size: Number(size), text: `${size}-${mtimeNs}-${ctimeNs}-${ino}` }
}

async function* readRange(
  path: string,
  offset: number,
  size: number,
): AsyncGenerator<Uint8Array, void, void> {
  const file = await open(path, 'r')
  try {
    for (let done = 0; done < size; done += READ_SIZE) {
      const chunk = new Uint8Array(Math.min(READ_SIZE, size - done))
      await fill(file, chunk, offset + done)
      yield chunk
    }
  } finally {
    await file.close()
  }
}

async function fill(file: FileHandle, target: Uint8Array, offset: number): Promise<void> {
  if ((await fillFrom(file, target, offset)) < target.length) throw tooShort()
}
