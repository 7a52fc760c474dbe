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
import { BlockSums, blobSize, SUFFIX } from '../blob-layout.ts'
import type { SmallBlobs } from '../small-blobs.ts'
import { readBeginning } from './beginning.ts'
import { GATHERED, GATHERED_AMONG_MANY, writeThrough } from './durable-file.ts'
import { type FileSystem, type NewFile, nodeFileSystem } from './file-system.ts'
import { readPlain, readProved } from './read-blob.ts'
import { Shards } from './shards.ts'

/** Milliseconds. How often a file that is being written, or waited for, is dated anew. */
const TOUCH_INTERVAL = 60_000

/** Blobs that are written at once before each of the next has to do with less memory. */
const FEW = 8

export interface FilesBlobStoreOptions {
  /**
   * `'off'` leaves out every sync, and with them every promise about a power cut: a control for
   * tests and benches, never for data. Default `'on'`.
   */
  readonly syncs?: 'on' | 'off'
  /** Where files are; tests put faults here. Default: this machine's file system. */
  readonly files?: FileSystem
  /** Takes blobs that are too small for a file of their own. Default: none is. */
  readonly small?: SmallBlobs
}

/**
 * A blob is created at its final name: until metadata names it, it is garbage whatever its name, so
 * there is no rename to make durable. Bytes are synced before the name that leads to them.
 */
export class FilesBlobStore implements BlobStore {
  readonly #shards: Shards
  readonly #files: FileSystem
  readonly #syncs: boolean
  readonly #small: SmallBlobs | undefined
  /** Files that are being written, by id. */
  readonly #writing = new Map<BlobId, NewFile>()
  readonly #writes = new Set<Promise<unknown>>()
  /** For the next writes, instead of new ones. */
  readonly #spareBuffers: Uint8Array[] = []
  #toucher: NodeJS.Timeout | undefined
  #touching: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(
    shards: Shards,
    {
      files,
      syncs,
      small,
    }: {
      readonly files: FileSystem
      readonly syncs: boolean
      readonly small: SmallBlobs | undefined
    },
  ) {
    this.#shards = shards
    this.#files = files
    this.#syncs = syncs
    this.#small = small
  }

  /** Makes the directory and its shards where they are missing; resolves once they are durable. */
  static async open(
    directory: string,
    { syncs: mode = 'on', files = nodeFileSystem, small }: FilesBlobStoreOptions = {},
  ): Promise<FilesBlobStore> {
    const syncs = mode === 'on'
    const shards = await Shards.open(directory, { files, syncs })
    return new FilesBlobStore(shards, { files, syncs, small })
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
    const small = this.#small?.find(id)
    if (small) {
      requireRange(id, range, small.length)
      if (range.length > 0) yield small.subarray(range.offset, range.offset + range.length)
      return
    }
    const found = await this.#either(id, (path) => this.#files.openFile(path))
    if (!found) throw new BlobNotFoundError(id)
    const { value: file, layout } = found
    try {
      const fileSize = await file.size()
      const size = layout === 'plain' ? fileSize : blobSize(fileSize)
      requireRange(id, range, size)
      if (layout === 'plain') yield* readPlain(id, file, range)
      else yield* readProved(id, file, { ...range, size })
    } finally {
      await file.close()
    }
  }

  async find(id: BlobId): Promise<BlobRef | undefined> {
    const small = this.#small?.find(id)
    if (small) return { id, size: small.length }
    const found = await this.#either(id, (path) => this.#files.size(path))
    if (!found) return undefined
    return { id, size: found.layout === 'plain' ? found.value : blobSize(found.value) }
  }

  async delete(id: BlobId): Promise<void> {
    this.#small?.drop(id)
    await this.#either(id, (path) => this.#files.unlink(path))
  }

  /**
   * Passes over what this process is writing, whose age says nothing, files that are not ours, and small
   * blobs that something names.
   */
  async *list({ before }: { before: Date }): AsyncIterable<StoredBlob> {
    for (const blob of this.#small?.held() ?? []) if (blob.writtenAt < before) yield blob
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
    if (!this.#small) return await this.#writeFile({ id, shard, path }, bytes, signal)
    const beginning = await readBeginning(bytes, this.#small.limit)
    if (beginning.kind === 'whole') {
      signal?.throwIfAborted()
      this.#small.hold(id, beginning.bytes)
      return { id, size: beginning.bytes.length }
    }
    try {
      return await this.#writeFile({ id, shard, path }, beginning.bytes, signal)
    } finally {
      // It may not have come to reading any more.
      await beginning.bytes.return?.()
    }
  }

  async #writeFile(
    { id, shard, path }: { readonly id: BlobId; readonly shard: string; readonly path: string },
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
  ): Promise<BlobRef> {
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

function requireRange(id: BlobId, { offset, length }: ByteRange, size: number): void {
  if (size >= offset + length) return
  throw new BlobDamagedError(
    id,
    `it holds ${size} bytes, and ${length} from ${offset} were asked for.`,
  )
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
