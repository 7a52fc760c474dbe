/**
 * Blobs as objects of an S3 engine: `<prefix><aa>/<id>`, `aa` being the first two characters of the id.
 *
 * An engine wants to know how long an object is before it takes it, and most blobs come without a length.
 * So bytes are gathered, and what is longer than a piece lies in several objects: the second is
 * `<aa>/<id>.1`, and so on. Only what is put, read in ranges, headed, listed and deleted is asked of the
 * engine; each object is the same blocks with sums as a file is.
 */

import { randomBytes } from 'node:crypto'
import { loadHasher } from '@lading/protocol'
import {
  type BlobId,
  BlobLostError,
  type BlobRef,
  type BlobSource,
  type BlobStore,
  type ByteRange,
  type StoredBlob,
} from '../../ports/blob-store.ts'
import type { BlobImport } from '../../ports/migration.ts'
import { abortable } from '../abortable.ts'
import { BLOCK, BlockSums, blobSize, FULL } from '../blob-layout.ts'
import { Budget } from './budget.ts'
import { S3Engine, type S3Keys } from './engine.ts'
import { readLocation } from './location.ts'
import { type Gathering, Piece } from './piece.ts'
import { readPieces } from './read-pieces.ts'
import { Slabs } from './slabs.ts'

export interface S3BlobStoreOptions {
  /** `s3://BUCKET/PREFIX?endpoint=http://HOST:PORT,http://HOST:PORT&region=REGION` */
  readonly address: string
  /** Default: where the SDK finds them, such as `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`. */
  readonly keys?: S3Keys | undefined
  /** Milliseconds that one request to the engine may take. Default 10,000. */
  readonly requestMs?: number | undefined
  /** Milliseconds after which it is not tried again. Default 15,000. */
  readonly totalMs?: number | undefined
  /** Milliseconds to wait for memory, or for other requests, before one is refused. Default 5,000. */
  readonly waitMs?: number | undefined
  /** Requests to the engine at a time. Default 64. */
  readonly requests?: number | undefined
  /** Bytes that are gathered at a time, of all writes together. Default 256 MiB. */
  readonly memory?: number | undefined
  /** Bytes of a blob in one object. It is part of the layout: only tests change it. Default 8 MiB. */
  readonly pieceSize?: number | undefined
}

/** Part of the layout: where a byte lies is reckoned from it. */
const PIECE = 8 * 1024 * 1024

export class S3BlobStore implements BlobStore, BlobImport {
  readonly #engine: S3Engine
  /** What pieces are made with. */
  readonly #gathering: Gathering
  /** Bytes of a blob in one object, and with the sums of its blocks. */
  readonly #pieceSize: number
  readonly #storedSize: number
  readonly #writing = new Set<BlobId>()
  readonly #writes = new Set<Promise<unknown>>()
  #closed = false

  private constructor(engine: S3Engine, gathering: Gathering, pieceSize: number) {
    this.#engine = engine
    this.#gathering = gathering
    this.#pieceSize = pieceSize
    this.#storedSize = (pieceSize / BLOCK) * FULL
  }

  /**
   * Resolves once the engine has answered that the bucket is there.
   *
   * @throws {TypeError} for an address that is none; {EngineUnavailableError}; {Error} without the bucket.
   */
  static async open(options: S3BlobStoreOptions): Promise<S3BlobStore> {
    const { waitMs = 5_000, memory = 256 * 1024 * 1024, pieceSize = PIECE } = options
    const { requestMs = 10_000, totalMs = 15_000, requests = 64, keys } = options
    const location = readLocation(options.address)
    const engine = new S3Engine({ ...location, keys, requestMs, totalMs, requests, waitMs })
    try {
      await engine.open()
    } catch (error) {
      engine.close()
      throw error
    }
    const refusal = 'Too many bytes are on their way to the engine.'
    const gathering = {
      memory: new Budget(memory, { waitMs, refusal }),
      slabs: new Slabs(),
      // In the lanes of the hash core, because several pieces are gathered at a time.
      makeHasher: await loadHasher({ crc64: false }),
    }
    return new S3BlobStore(engine, gathering, pieceSize)
  }

  /** Resolves when the engine answers. @throws {EngineUnavailableError} */
  async probe(): Promise<void> {
    await this.#engine.probe()
  }

  async write(source: BlobSource, options: { signal?: AbortSignal } = {}): Promise<BlobRef> {
    return await this.writeAs(randomBytes(16).toString('hex') as BlobId, source, options)
  }

  /** What is there already of the same bytes is found to be so, piece by piece, and kept. */
  async writeAs(
    id: BlobId,
    source: BlobSource,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<BlobRef> {
    if (this.#closed) throw new Error('The blob store is closed.')
    signal?.throwIfAborted()
    const writing = this.#write(id, source, signal)
    this.#writing.add(id)
    this.#writes.add(writing)
    try {
      return await writing
    } finally {
      this.#writing.delete(id)
      this.#writes.delete(writing)
    }
  }

  read(id: BlobId, range: ByteRange): AsyncIterable<Uint8Array> {
    return readPieces(
      {
        get: (piece, first, last) => this.#engine.get(pieceKey(id, piece), first, last),
        exists: async () => (await this.#engine.size(pieceKey(id, 0))) !== undefined,
        pieceSize: this.#pieceSize,
      },
      id,
      range,
    )
  }

  async find(id: BlobId): Promise<BlobRef | undefined> {
    const first = await this.#engine.size(pieceKey(id, 0))
    if (first === undefined) return undefined
    if (first < this.#storedSize) return { id, size: blobSize(first) }
    let size = 0
    for (const piece of await this.#piecesOf(id)) size += blobSize(piece.size)
    return { id, size }
  }

  /** The first piece last: whoever begins again finds the others by it. */
  async delete(id: BlobId): Promise<void> {
    const first = await this.#engine.size(pieceKey(id, 0))
    const isOne = first !== undefined && first < this.#storedSize
    const keys = isOne ? [] : (await this.#piecesOf(id)).map(({ key }) => key)
    for (const key of keys.toReversed()) await this.#engine.delete(key)
    if (first !== undefined) await this.#engine.delete(pieceKey(id, 0))
  }

  /** Passes over what this process is writing, and objects that are not ours. */
  async *list({ before }: { before: Date }): AsyncIterable<StoredBlob> {
    let last: StoredBlob | undefined
    for await (const { key, modifiedAt } of this.#engine.list('')) {
      const id = idIn(key)
      if (id === undefined) continue
      if (id === last?.id) {
        // A blob is as old as the newest of its pieces.
        if (modifiedAt > last.writtenAt) last = { id, writtenAt: modifiedAt }
        continue
      }
      if (last && this.#isDue(last, before)) yield last
      last = { id, writtenAt: modifiedAt }
    }
    if (last && this.#isDue(last, before)) yield last
  }

  /** Of all blobs, in the order of their ids. One that lacks pieces is smaller than it was to be. */
  async *sizes(): AsyncIterable<BlobRef> {
    let last: BlobRef | undefined
    for await (const { key, size: stored } of this.#engine.list('')) {
      const id = idIn(key)
      if (id === undefined) continue
      const size = blobSize(stored)
      if (id === last?.id) {
        last = { id, size: last.size + size }
        continue
      }
      if (last) yield last
      last = { id, size }
    }
    if (last) yield last
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#writes)
    this.#engine.close()
  }

  #isDue({ id, writtenAt }: StoredBlob, before: Date): boolean {
    return writtenAt < before && !this.#writing.has(id)
  }

  async #write(id: BlobId, source: BlobSource, signal: AbortSignal | undefined): Promise<BlobRef> {
    const bytes = abortable(typeof source === 'function' ? source(id) : source, signal)
    let pieces = 0
    try {
      const sums = new BlockSums(id)
      let size = 0
      let isSent = false
      let piece = new Piece(this.#storedSize, this.#gathering)
      const send = async (): Promise<void> => {
        const gathered = await piece.end(sums)
        await this.#engine.put(pieceKey(id, pieces++), gathered)
        isSent = true
      }
      try {
        for await (const chunk of bytes) {
          size += chunk.length
          for (let at = 0; at < chunk.length; ) {
            // Only now that there is more: the last piece may be a full one.
            if (piece.isFull) {
              await send()
              piece.release({ isSent })
              isSent = false
              piece = new Piece(this.#storedSize, this.#gathering)
            }
            const taken = chunk.subarray(at, at + sums.left)
            await piece.add(taken, sums)
            at += taken.length
          }
        }
        await send()
      } finally {
        piece.release({ isSent })
      }
      if (pieces > 1) await this.#requireAll(id, pieces)
      signal?.throwIfAborted()
      return { id, size }
    } catch (error) {
      // Should this fail as well, it is garbage that nobody names, and is found by its age.
      if (pieces > 0) await this.#deletePieces(id, pieces).catch(() => {})
      throw error
    }
  }

  /** The first pieces of a slow write may be old enough for the collector of another gateway. */
  async #requireAll(id: BlobId, pieces: number): Promise<void> {
    if ((await this.#piecesOf(id)).length < pieces) throw new BlobLostError(id)
  }

  async #deletePieces(id: BlobId, pieces: number): Promise<void> {
    for (let piece = pieces - 1; piece >= 0; piece--) {
      await this.#engine.delete(pieceKey(id, piece))
    }
  }

  async #piecesOf(id: BlobId): Promise<{ readonly key: string; readonly size: number }[]> {
    const pieces: { readonly key: string; readonly size: number }[] = []
    for await (const piece of this.#engine.list(pieceKey(id, 0))) pieces.push(piece)
    return pieces
  }
}

function pieceKey(id: BlobId, piece: number): string {
  return `${id.slice(0, 2)}/${id}${piece === 0 ? '' : `.${piece}`}`
}

function idIn(key: string): BlobId | undefined {
  const [, shard = '', id = ''] =
    /^([0-9a-f]{2})\/([0-9a-f]{32})(?:\.[1-9][0-9]*)?$/.exec(key) ?? []
  return id !== '' && id.startsWith(shard) ? (id as BlobId) : undefined
}
