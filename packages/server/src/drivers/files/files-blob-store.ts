/** Blobs as files on one disk: `<directory>/<aa>/<id>.2`, `aa` being the first two characters of the id. */

import { randomBytes } from 'node:crypto'
import {
  BlobDamagedError,
  type BlobId,
  BlobLostError,
  BlobNotFoundError,
  type BlobRef,
  type BlobSource,
  type BlobStore,
  type ByteRange,
  NoSpaceError,
  type StoredBlob,
} from '../../ports/blob-store.ts'
import { abortable } from '../abortable.ts'
import { BlockSums, blobSize, SUFFIX } from './blob-layout.ts'
import { GATHERED, GATHERED_AMONG_MANY, writeThrough } from './durable-file.ts'
import { type FileSystem, type NewFile, nodeFileSystem } from './file-system.ts'
import { readPlain, readProved } from './read-blob.ts'
import { Shards } from './shards.ts'

/** Milliseconds. How often a file that is being written, or waited for, is dated anew. */
const TOUCH_INTERVAL = 60_000

/** Blobs that are written at once before each of the next has to do with less memory. */
const FEW = 16

export interface FilesBlobStoreOptions {
  /**
   * `'off'` leaves out every sync, and with them every promise about a power cut: a control for
   * tests and benches, never for data. Default `'on'`.
   */
  readonly syncs?: 'on' | 'off'
  /** Where files are; tests put faults here. Default: this machine's file system. */
  readonly files?: FileSystem
}

/**
 * A blob is created at its final name: until metadata names it, it is garbage whatever its name, so
 * there is no rename to make durable. Bytes are synced before the name that leads to them.
 */
export class FilesBlobStore implements BlobStore {
  readonly #shards: Shards
  readonly #files: FileSystem
  readonly #syncs: boolean
  /** Files that are being written, by id. */
  readonly #writing = new Map<BlobId, NewFile>()
  readonly #writes = new Set<Promise<unknown>>()
  /** For the next writes, instead of new ones. */
  readonly #spareBuffers: Uint8Array[] = []
  #toucher: NodeJS.Timeout | undefined
  #touching: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(shards: Shards, files: FileSystem, syncs: boolean) {
    this.#shards = shards
    this.#files = files
    this.#syncs = syncs
  }

  /** Makes the directory and its shards where they are missing; resolves once they are durable. */
  static async open(
    directory: string,
    { syncs: mode = 'on', files = nodeFileSystem }: FilesBlobStoreOptions = {},
  ): Promise<FilesBlobStore> {
    const syncs = mode === 'on'
    return new FilesBlobStore(await Shards.open(directory, { files, syncs }), files, syncs)
  }

  async write(source: BlobSource, { signal }: { signal?: AbortSignal } = {}): Promise<BlobRef> {
    if (this.#closed) throw new Error('The blob store is closed.')
    signal?.throwIfAborted()
    const writing = this.#write(source, signal)
    this.#writes.add(writing)
    try {
      return await writing
    } catch (error) {
      throw isFull(error) ? new NoSpaceError({ cause: error }) : error
    } finally {
      this.#writes.delete(writing)
    }
  }

  async *read(id: BlobId, range: ByteRange): AsyncIterable<Uint8Array> {
    const found = await this.#either(id, (path) => this.#files.openFile(path))
    if (!found) throw new BlobNotFoundError(id)
    const { value: file, layout } = found
    try {
      const fileSize = await file.size()
      const size = layout === 'plain' ? fileSize : blobSize(fileSize)
      const { offset, length } = range
      if (size < offset + length) {
        throw new BlobDamagedError(
          id,
          `it holds ${size} bytes, and ${length} from ${offset} were asked for.`,
        )
      }
      if (layout === 'plain') yield* readPlain(id, file, range)
      else yield* readProved(id, file, { ...range, size })
    } finally {
      await file.close()
    }
  }

  async find(id: BlobId): Promise<BlobRef | undefined> {
    const found = await this.#either(id, (path) => this.#files.size(path))
    if (!found) return undefined
    return { id, size: found.layout === 'plain' ? found.value : blobSize(found.value) }
  }

  async delete(id: BlobId): Promise<void> {
    await this.#either(id, (path) => this.#files.unlink(path))
  }

  /** Passes over what this process is writing, whose age says nothing, and files that are not ours. */
  async *list({ before }: { before: Date }): AsyncIterable<StoredBlob> {
    for await (const { shard, name } of this.#shards.names()) {
      const [, text, suffix = ''] = /^([0-9a-f]{32})(\.2)?$/.exec(name) ?? []
      if (text === undefined || !text.startsWith(shard)) continue
      const id = text as BlobId
      if (this.#writing.has(id)) continue
      try {
        const writtenAt = await this.#files.writtenAt(this.#shards.path(id, suffix))
        if (writtenAt < before) yield { id, writtenAt }
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#writes)
    await this.#touching
    await this.#shards.close()
  }

  async #write(source: BlobSource, signal: AbortSignal | undefined): Promise<BlobRef> {
    const shard = this.#shards.next()
    const id = `${shard}${randomBytes(15).toString('hex')}` as BlobId
    const path = this.#shards.path(id, SUFFIX)
    const bytes = abortable(typeof source === 'function' ? source(id) : source, signal)
    const file = await this.#files.createFile(path)
    try {
      const size = await this.#fill(id, file, bytes, signal)
      await this.#shards.sync(shard)
      return { id, size }
    } catch (error) {
      // Should this fail as well, the file is garbage that nobody names, and is found by its age.
      await this.#files.unlink(path).catch(() => {})
      throw error
    }
  }

  /** What `act` makes of the blob's file, in whichever layout it is; `undefined` when there is none. */
  async #either<Value>(
    id: BlobId,
    act: (path: string) => Promise<Value>,
  ): Promise<{ readonly value: Value; readonly layout: 'blocks' | 'plain' } | undefined> {
    for (const [layout, suffix] of [
      ['blocks', SUFFIX],
      ['plain', ''],
    ] as const) {
      try {
        return { value: await act(this.#shards.path(id, suffix)), layout }
      } catch (error) {
        if (!isMissing(error)) throw error
      }
    }
    return undefined
  }

  /** Writes and syncs the bytes, and closes the file. */
  async #fill(
    id: BlobId,
    file: NewFile,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<number> {
    this.#watch(id, file)
    try {
      const size = await writeThrough(file, bytes, {
        sums: new BlockSums(id),
        spare: this.#spareBuffers,
        gather: this.#writing.size > FEW ? GATHERED_AMONG_MANY : GATHERED,
      })
      signal?.throwIfAborted()
      // A sync succeeds for a file without a name too, and what it holds is lost on close.
      if ((await file.names()) === 0) throw new BlobLostError(id)
      if (this.#syncs) await file.datasync()
      return size
    } finally {
      this.#unwatch(id)
      await this.#touching
      await file.close()
    }
  }

  /**
   * Bodies may pause for longer than any age. While one does, its file is dated anew, so that the
   * collector of another process does not take it for one that was left behind.
   */
  #watch(id: BlobId, file: NewFile): void {
    this.#writing.set(id, file)
    this.#toucher ??= setInterval(() => {
      const touches = [...this.#writing.values()].map((writing) => writing.touch())
      this.#touching = Promise.allSettled([this.#touching, ...touches])
    }, TOUCH_INTERVAL).unref()
  }

  #unwatch(id: BlobId): void {
    this.#writing.delete(id)
    if (this.#writing.size > 0) return
    clearInterval(this.#toucher)
    this.#toucher = undefined
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT'
}

function isFull(error: unknown): boolean {
  return codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT'
}
