/** Blobs in memory: for tests, for `startServer()` without a directory, and as the reference model. */

import { randomBytes } from 'node:crypto'
import {
  BlobDamagedError,
  type BlobId,
  BlobNotFoundError,
  type BlobRef,
  type BlobSource,
  type BlobStore,
  type ByteRange,
  type StoredBlob,
} from '../../ports/blob-store.ts'
import { abortable } from '../abortable.ts'

export interface MemoryBlobStoreOptions {
  /** What dates blobs. Default: the system's clock. */
  readonly now?: () => Date
}

export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<BlobId, { readonly bytes: Uint8Array; readonly writtenAt: Date }>()
  readonly #writes = new Set<Promise<unknown>>()
  readonly #now: () => Date

  constructor({ now = () => new Date() }: MemoryBlobStoreOptions = {}) {
    this.#now = now
  }

  async write(source: BlobSource, { signal }: { signal?: AbortSignal } = {}): Promise<BlobRef> {
    const id = randomBytes(16).toString('hex') as BlobId
    const bytes = typeof source === 'function' ? source(id) : source
    const gathered = gather(abortable(bytes, signal))
    this.#writes.add(gathered)
    try {
      const all = await gathered
      this.#blobs.set(id, { bytes: all, writtenAt: this.#now() })
      return { id, size: all.length }
    } finally {
      this.#writes.delete(gathered)
    }
  }

  async *read(id: BlobId, { offset, length }: ByteRange): AsyncIterable<Uint8Array> {
    const blob = this.#blobs.get(id)
    if (blob === undefined) throw new BlobNotFoundError(id)
    if (offset + length > blob.bytes.length) {
      throw new BlobDamagedError(
        id,
        `it holds ${blob.bytes.length} bytes, and ${length} from ${offset} were asked for.`,
      )
    }
    if (length > 0) yield blob.bytes.slice(offset, offset + length)
  }

  async find(id: BlobId): Promise<BlobRef | undefined> {
    const blob = this.#blobs.get(id)
    return blob && { id, size: blob.bytes.length }
  }

  async delete(id: BlobId): Promise<void> {
    this.#blobs.delete(id)
  }

  async *list({ before }: { before: Date }): AsyncIterable<StoredBlob> {
    for (const [id, { writtenAt }] of this.#blobs) {
      if (writtenAt < before) yield { id, writtenAt }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#writes)
  }
}

async function gather(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    // The producer may reuse a chunk once it is asked for the next. (`slice` of a Buffer is a view.)
    chunks.push(new Uint8Array(chunk))
    size += chunk.length
  }
  const all = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}
