/**
 * The background scrub: reads everything over and over, no faster than it may, and tells what is no
 * longer what was stored. It deletes nothing, and goes on where it was after a restart.
 */

import { setTimeout as after, setImmediate as nextTurn } from 'node:timers/promises'
import type { MakeHasher, UploadId } from '@lading/protocol'
import type { MaintainedStore } from '../ports/maintenance.ts'
import type {
  ManifestEntry,
  MetadataStore,
  Part,
  StoredObject,
  Upload,
} from '../ports/metadata-store.ts'
import { type Damage, type KeptSums, type PlainBlobs, verifyBytes } from './verify-bytes.ts'

/** How far a pass has come: everything up to here was read. */
export interface ScrubPosition {
  readonly bucket: string
  readonly of: 'objects' | 'uploads'
  readonly key: string
  /** The version, or the upload. */
  readonly id: string
}

export interface Finding extends Damage {
  /** What it is, in words. */
  readonly what: string
}

export interface ScrubDependencies {
  readonly plain: PlainBlobs
  readonly metadata: Pick<
    MetadataStore,
    'listBuckets' | 'listVersions' | 'openObject' | 'listUploads' | 'listParts'
  > &
    // Rows in memory do not rot.
    Partial<Pick<MaintainedStore, 'damagedRows'>>
  readonly makeHasher: MakeHasher
}

export interface ScrubOptions {
  readonly bytesPerSecond: number
  readonly from: ScrubPosition | undefined
  readonly signal: AbortSignal
  readonly onBytes: (bytes: number) => void
  readonly onFinding: (finding: Finding) => void
  /** Called whenever an object or an upload has been read. */
  readonly onPosition: (position: ScrubPosition) => void
}

/** Rows that are asked for at once. */
const PAGE = 100

/** One pass from `from` to the end. @throws `signal.reason`; what the engines throw. */
export async function scrub(dependencies: ScrubDependencies, options: ScrubOptions): Promise<void> {
  const { from } = options
  const pass = new Pass(dependencies, options)
  await pass.rows()
  let reached = from
  for await (const bucket of bucketsFrom(dependencies, from?.bucket)) {
    const within = reached?.bucket === bucket ? reached : undefined
    reached = undefined
    if (within?.of !== 'uploads') await pass.objects(bucket, within)
    await pass.uploads(bucket, within?.of === 'uploads' ? within : undefined)
  }
}

class Pass {
  readonly #dependencies: ScrubDependencies
  readonly #options: ScrubOptions
  readonly #pace: Pace

  constructor(dependencies: ScrubDependencies, options: ScrubOptions) {
    this.#dependencies = dependencies
    this.#options = options
    this.#pace = new Pace(options.bytesPerSecond, options.signal)
  }

  /** Those of the whole store: they are few beside the bytes that they name. */
  async rows(): Promise<void> {
    for await (const why of this.#dependencies.metadata.damagedRows?.() ?? []) {
      this.#options.signal.throwIfAborted()
      this.#found('a row', { kind: 'damaged', why })
    }
  }

  async objects(bucket: string, from: ScrubPosition | undefined): Promise<void> {
    const { metadata } = this.#dependencies
    let after = from?.key
    let afterVersionId = from?.id
    for (;;) {
      const query = { prefix: '', delimiter: '', after, afterVersionId, limit: PAGE }
      const { rows, truncated } = await metadata.listVersions(bucket, query)
      // Pages of delete markers have no bytes to wait for.
      await nextTurn()
      for (const entry of rows) {
        if (entry.kind !== 'row') continue
        const { row } = entry
        const version = row.kind === 'object' ? row.object : row.marker
        if (row.kind === 'object') await this.#object(row.object)
        after = row.key
        afterVersionId = version.versionId
        this.#reached({ bucket, of: 'objects', key: row.key, id: version.versionId })
      }
      if (!truncated) return
    }
  }

  async uploads(bucket: string, from: ScrubPosition | undefined): Promise<void> {
    const { metadata } = this.#dependencies
    let after = from?.key
    let afterUploadId = from?.id
    for (;;) {
      const query = { prefix: '', delimiter: '', after, afterUploadId, limit: PAGE }
      const { rows, truncated } = await metadata.listUploads(bucket, query)
      for (const entry of rows) {
        if (entry.kind !== 'row') continue
        const { key, uploadId } = entry.row
        await this.#parts(entry.row)
        after = key
        afterUploadId = uploadId
        this.#reached({ bucket, of: 'uploads', key, id: uploadId })
      }
      if (!truncated) return
    }
  }

  async #object({ bucket, key, versionId }: StoredObject): Promise<void> {
    const open = await this.#dependencies.metadata.openObject(bucket, key, versionId)
    // Deleted since it was listed.
    if (!open) return
    try {
      const { object } = open
      if (object.type === 'Symlink') return
      const entries: ManifestEntry[] = []
      for await (const page of open.manifest(0)) entries.push(...page.entries)
      const { size, crc64, md5, etag, type } = object
      const { encryption } = object.attributes
      const kept = { size, crc64, md5, encryption, etag: type === 'Multipart' ? etag : undefined }
      const damage = await this.#verify(entries, kept)
      const version = versionId === 'null' ? '' : ` (version ${versionId})`
      if (damage) this.#found(`object ${bucket}/${key}${version}`, damage)
    } finally {
      open.release()
    }
  }

  async #parts({ bucket, key, uploadId, attributes }: Upload): Promise<void> {
    const ref = { bucket, key, uploadId }
    const { encryption } = attributes
    for (let last = 0; ; ) {
      const page = await this.#dependencies.metadata.listParts(ref, { after: last, limit: PAGE })
      for (const part of page?.rows ?? []) {
        last = part.partNumber
        const { blobId, size } = part
        const entries = size > 0 ? [{ blobId, blobOffset: 0, length: size }] : []
        const { crc64, md5 } = part
        const damage = await this.#verify(entries, { size, crc64, md5, encryption })
        // A part that was replaced, or whose upload ended, may be collected while it is read.
        if (!damage || !(await this.#stands(ref, part))) continue
        this.#found(`part ${last} of upload ${uploadId} of ${bucket}/${key}`, damage)
      }
      if (!page?.truncated) return
    }
  }

  async #stands(
    ref: { readonly bucket: string; readonly key: string; readonly uploadId: UploadId },
    { partNumber, blobId }: Part,
  ): Promise<boolean> {
    const query = { after: partNumber - 1, limit: 1 }
    const page = await this.#dependencies.metadata.listParts(ref, query)
    return page?.rows[0]?.blobId === blobId
  }

  async #verify(entries: readonly ManifestEntry[], kept: KeptSums): Promise<Damage | undefined> {
    this.#options.signal.throwIfAborted()
    const { plain, makeHasher } = this.#dependencies
    const onBytes = async (bytes: number): Promise<void> => {
      this.#options.onBytes(bytes)
      await this.#pace.wait(bytes)
    }
    return await verifyBytes({ plain, makeHasher, onBytes }, entries, kept)
  }

  #found(what: string, damage: Damage): void {
    this.#options.onFinding({ ...damage, what })
  }

  #reached(position: ScrubPosition): void {
    this.#options.onPosition(position)
  }
}

/** Keeps the mean rate since it was last idle. */
class Pace {
  readonly #bytesPerSecond: number
  readonly #signal: AbortSignal
  /** When what was taken so far has been paid for. Milliseconds. */
  #paid: number = performance.now()

  constructor(bytesPerSecond: number, signal: AbortSignal) {
    this.#bytesPerSecond = bytesPerSecond
    this.#signal = signal
  }

  async wait(bytes: number): Promise<void> {
    const now = performance.now()
    this.#paid = Math.max(now, this.#paid) + (bytes / this.#bytesPerSecond) * 1000
    await after(this.#paid - now, undefined, { signal: this.#signal, ref: false })
  }
}

async function* bucketsFrom(
  { metadata }: ScrubDependencies,
  from: string | undefined,
): AsyncGenerator<string> {
  // The bucket itself comes again: a pass may have ended within it.
  let reached: string | undefined
  for (;;) {
    const query = { owner: undefined, prefix: '', after: reached, limit: PAGE }
    const { rows, truncated } = await metadata.listBuckets(query)
    for (const { name } of rows) {
      reached = name
      if (from === undefined || name >= from) yield name
    }
    if (!truncated) return
  }
}
