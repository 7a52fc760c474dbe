/** Copies the bytes of a store, and proves them by the sums in its rows while they pass. */

import type { MakeHasher } from '@lading/protocol'
import {
  compareSums,
  type Damage,
  needsWhole,
  type PlainBlobs,
  verifyBytes,
} from '../inspect/verify-bytes.ts'
import {
  BlobDamagedError,
  type BlobId,
  BlobNotFoundError,
  type BlobStore,
} from '../ports/blob-store.ts'
import type { BlobImport, CopiedBlob, StoreImport } from '../ports/migration.ts'
import { type MasterKeySource, opened } from '../store/encryption.ts'
import type { Item } from './walk-items.ts'

/** Things whose bytes are copied at once. */
const LANES = 8

export interface CopyDependencies {
  readonly from: Pick<BlobStore, 'read' | 'find'>
  readonly to: BlobImport
  readonly rows: Pick<StoreImport, 'notes' | 'note' | 'forget'>
  readonly masterKeys: MasterKeySource
  readonly makeHasher: MakeHasher
}

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined
  /** Called for bytes that were copied, and for those that an earlier attempt had copied. */
  readonly onBytes?:
    | ((bytes: { readonly copied: number; readonly kept: number }) => void)
    | undefined
}

export interface CopyReport {
  readonly copiedBlobs: number
  readonly copiedBytes: number
  /** Blobs that an earlier attempt had copied. */
  readonly keptBlobs: number
  /** What is not what it was when it was stored, in words. */
  readonly problems: readonly string[]
}

/** Resolves once all are durable, or told of: what is damaged holds up nothing else. */
export async function copyBlobs(
  dependencies: CopyDependencies,
  items: AsyncGenerator<Item, void, undefined>,
  options: CopyOptions = {},
): Promise<CopyReport> {
  return await (await Copying.begin(dependencies, options)).run(items)
}

class Copying {
  readonly #dependencies: CopyDependencies
  readonly #options: CopyOptions
  /** What an earlier attempt had noted, and the engine still has. */
  readonly #known: ReadonlyMap<BlobId, CopiedBlob>
  readonly #problems: string[] = []
  #copiedBlobs = 0
  #copiedBytes = 0
  #keptBlobs = 0

  private constructor(
    dependencies: CopyDependencies,
    options: CopyOptions,
    known: ReadonlyMap<BlobId, CopiedBlob>,
  ) {
    this.#dependencies = dependencies
    this.#options = options
    this.#known = known
  }

  static async begin(dependencies: CopyDependencies, options: CopyOptions): Promise<Copying> {
    const noted = new Map<BlobId, CopiedBlob>()
    for await (const blob of dependencies.rows.notes()) noted.set(blob.id, blob)
    const known = new Map<BlobId, CopiedBlob>()
    if (noted.size === 0) return new Copying(dependencies, options, known)
    for await (const { id, size } of dependencies.to.sizes()) {
      const blob = noted.get(id)
      if (blob?.size === size) known.set(id, blob)
    }
    // The engine has lost them, or somebody else has deleted them.
    const lost = [...noted.keys()].filter((id) => !known.has(id))
    if (lost.length > 0) await dependencies.rows.forget(lost)
    return new Copying(dependencies, options, known)
  }

  async run(items: AsyncGenerator<Item, void, undefined>): Promise<CopyReport> {
    const stop = new AbortController()
    const { signal } = this.#options
    const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
    const drain = async (): Promise<void> => {
      try {
        for (let next = await items.next(); !next.done; next = await items.next()) {
          either.throwIfAborted()
          await this.#item(next.value, either)
        }
      } catch (error) {
        stop.abort(error)
      }
    }
    await Promise.all(Array.from({ length: LANES }, drain))
    either.throwIfAborted()
    return {
      copiedBlobs: this.#copiedBlobs,
      copiedBytes: this.#copiedBytes,
      keptBlobs: this.#keptBlobs,
      problems: this.#problems,
    }
  }

  async #item(item: Item, signal: AbortSignal): Promise<void> {
    const { what, entries } = item
    const blobs = new Map<BlobId, CopiedBlob>()
    try {
      for (const { blobId } of entries) {
        if (blobs.has(blobId)) continue
        blobs.set(blobId, this.#keep(blobId) ?? (await this.#copy(blobId, item, signal)))
      }
    } catch (error) {
      const isLost = error instanceof BlobNotFoundError || error instanceof BlobDamagedError
      if (!isLost) throw error
      this.#problems.push(`${what}: ${error.message}`)
      return
    }
    const damage = await this.#compare(item, blobs)
    if (!damage) return
    this.#problems.push(`${what}: ${damage.why}`)
    // Nobody knows which of them it is. Once the right bytes are in their place, all are copied anew.
    await this.#forget([...blobs.keys()])
  }

  #keep(id: BlobId): CopiedBlob | undefined {
    const blob = this.#known.get(id)
    if (!blob) return undefined
    this.#keptBlobs += 1
    this.#options.onBytes?.({ copied: 0, kept: blob.size })
    return blob
  }

  async #copy(id: BlobId, { kept }: Item, signal: AbortSignal): Promise<CopiedBlob> {
    const { from, to, rows, masterKeys, makeHasher } = this.#dependencies
    const found = await from.find(id)
    if (!found) throw new BlobNotFoundError(id)
    const { size } = found
    const hasher = makeHasher()
    const onBytes = (copied: number): void => this.#options.onBytes?.({ copied, kept: 0 })
    async function* passing(): AsyncGenerator<Uint8Array, void, undefined> {
      let stored: Uint8Array = new Uint8Array()
      async function* observed(): AsyncGenerator<Uint8Array, void, undefined> {
        if (size === 0) return
        for await (const chunk of from.read(id, { offset: 0, length: size })) {
          stored = chunk
          yield chunk
        }
      }
      // Each chunk as it lies there becomes one of what it was before, so the two go side by side.
      const plain = opened({ read: observed }, masterKeys, kept.encryption)
      for await (const chunk of plain.read(id, { offset: 0, length: size })) {
        await hasher.update(chunk)
        yield stored
        onBytes(stored.length)
      }
    }
    try {
      await to.writeAs(id, passing(), { signal })
      const { md5, crc64 } = await hasher.finish()
      if (crc64 === undefined)
        throw new TypeError('A migration needs a hasher that takes the CRC-64.')
      const blob = { id, size, md5, crc64 }
      await rows.note(blob)
      this.#copiedBlobs += 1
      this.#copiedBytes += size
      return blob
    } finally {
      hasher.abandon()
    }
  }

  /** By the sums of the blobs where those tell it, and else by all of the bytes, read once more. */
  async #compare(
    { entries, kept }: Item,
    blobs: ReadonlyMap<BlobId, CopiedBlob>,
  ): Promise<Damage | undefined> {
    const pieces = entries.flatMap(({ blobId, blobOffset, length }) => {
      const blob = blobs.get(blobId)
      return blob && blobOffset === 0 && blob.size === length ? [{ ...blob, length }] : []
    })
    if (pieces.length === entries.length && !needsWhole(entries, kept)) {
      return compareSums(pieces, kept)
    }
    const { from, masterKeys, makeHasher } = this.#dependencies
    const plain: PlainBlobs = (encryption) => opened(from, masterKeys, encryption)
    return await verifyBytes({ plain, makeHasher }, entries, kept)
  }

  async #forget(blobs: readonly BlobId[]): Promise<void> {
    await this.#dependencies.rows.forget(blobs)
    for (const id of blobs) await this.#dependencies.to.delete(id)
  }
}
