/** Two pairs of stores that are told the same and must answer the same: the model, and the real one. */

import { isDeepStrictEqual } from 'node:util'
import { from } from '../ports/blob-store.contract.ts'
import type { BlobId, BlobStore } from '../ports/blob-store.ts'
import { bucketNamed, type Clock, objectOf, plain } from '../ports/metadata-samples.contract.ts'
import type {
  ListingEntry,
  MetadataStore,
  ObjectVersion,
  OpenObject,
  Page,
  Upload,
} from '../ports/metadata-store.ts'

export interface Pair {
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
}

/** Something that both have, each under its own id. */
export interface Twin<Thing> {
  readonly model: Thing
  readonly real: Thing
}

export interface Blob extends Twin<BlobId> {
  readonly bytes: Uint8Array
}

interface Reader extends Twin<OpenObject> {
  readonly bytes: Uint8Array
}

const nothingHeld = { classes: {}, deleteMarkers: 0, uploads: 0, parts: 0, partBytes: 0 }

export function versionIdOf(version: ObjectVersion): string {
  return version.kind === 'object' ? version.object.versionId : version.marker.versionId
}

/** Until the end of the world, so that every blob is listed. */
const always = new Date(Date.UTC(2200, 0))

export class World {
  readonly uploads: Twin<Upload>[] = []
  /** Blobs that were written and are not published yet. */
  readonly loose: Blob[] = []
  readonly readers: Reader[] = []
  /** All blobs there have been. */
  readonly #written: Blob[] = []
  readonly buckets: readonly string[]
  readonly clock: Clock

  readonly #model: Pair
  readonly #real: Pair
  /** From the ids of the real stores to those of the model. */
  readonly #names = new Map<string, string>()

  constructor(model: Pair, real: Pair, { clock, sequence }: { clock: Clock; sequence: number }) {
    this.#model = model
    this.#real = real
    this.clock = clock
    this.buckets = ['a', 'a-b', 'c'].map((name) => `s${sequence}-${name}`)
  }

  /** Every sequence begins with some of everything, or most of its commands would find nothing. */
  async begin(): Promise<void> {
    const [first = '', second = ''] = this.buckets
    for (const name of [first, second]) {
      await this.both(({ metadata }) => metadata.createBucket(bucketNamed(name)))
    }
    await this.createUpload(second, 'a', false)
    for (const key of ['a', 'a/c']) {
      await this.createUpload(first, key, false)
      await this.#publish(first, key, key === 'a' ? 1 : 20)
    }
  }

  /** Does the same with both; what they answer, or that they throw, must be the same. */
  async both<Result>(
    act: (pair: Pair, side: 'model' | 'real') => Promise<Result>,
  ): Promise<Twin<Result> | 'threw'> {
    const model = await outcomeOf(act(this.#model, 'model'))
    const real = await outcomeOf(act(this.#real, 'real'))
    if ('error' in model && 'error' in real && model.error === real.error) return 'threw'
    if ('value' in model && 'value' in real) {
      this.#learnVersions(model.value, real.value)
      this.requireSame(model.value, real.value)
      return { model: model.value, real: real.value }
    }
    throw new Error(`The model: ${show(model)}\nThe real one: ${show(real)}`)
  }

  /** Versions get their ids apart; one that is met for the first time is the same on both sides. */
  #learnVersions(model: unknown, real: unknown): void {
    if (typeof model !== 'object' || typeof real !== 'object' || !model || !real) return
    for (const [name, ours] of Object.entries(model)) {
      const theirs = (real as Record<string, unknown>)[name]
      if (name !== 'versionId') {
        this.#learnVersions(ours, theirs)
      } else if (typeof theirs === 'string' && theirs.length === 32 && !this.#names.has(theirs)) {
        this.#names.set(theirs, ours)
      }
    }
  }

  /** All that the bucket has of versions and delete markers. */
  async versionsIn(bucket: string): Promise<Twin<ObjectVersion>[]> {
    const whole = { prefix: '', delimiter: '', after: undefined, afterVersionId: undefined }
    const pages = await this.both(({ metadata }) =>
      metadata.listVersions(bucket, { ...whole, limit: 1_000 }),
    )
    if (pages === 'threw') throw new Error('Versions could not be listed.')
    const rows = (page: Page<ListingEntry<ObjectVersion>>): ObjectVersion[] =>
      page.rows.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : []))
    const real = rows(pages.real)
    return rows(pages.model).flatMap((model, at) => {
      const twin = real[at]
      return twin ? [{ model, real: twin }] : []
    })
  }

  requireSame(model: unknown, real: unknown): void {
    const translated = this.#translate(real)
    // The model's too: functions are left out of what is compared.
    if (isDeepStrictEqual(this.#translate(model), translated)) return
    throw new Error(`The model: ${show(model)}\nThe real one: ${show(translated)}`)
  }

  /** The same, where order says nothing. */
  requireSameSet(model: readonly BlobId[], real: readonly BlobId[]): void {
    const translated = real.map((id) => this.#names.get(id) ?? id)
    this.requireSame([...model].sort(), translated.sort())
  }

  async createUpload(bucket: string, key: string, mustBeNew: boolean): Promise<string> {
    const begun = { bucket, key, initiatedAt: this.clock.now(), attributes: plain }
    const guard = (current: unknown): void => {
      if (mustBeNew && current) throw new Error('exists')
    }
    const model = await outcomeOf(this.#model.metadata.createUpload(begun, guard))
    const real = await outcomeOf(this.#real.metadata.createUpload(begun, guard))
    if ('value' in model && 'value' in real && model.value && real.value) {
      const { uploadId, ...rest } = model.value
      this.#names.set(real.value.uploadId, uploadId)
      this.requireSame({ uploadId, ...rest }, real.value)
      this.uploads.push({ model: model.value, real: real.value })
      return 'created'
    }
    this.requireSame(model, real)
    return 'error' in model ? 'refused' : 'no-bucket'
  }

  async write(bytes: Uint8Array): Promise<Blob> {
    const model = await this.#model.blobs.write(from([bytes]))
    const real = await this.#real.blobs.write(from([bytes]))
    this.#names.set(real.id, model.id)
    this.requireSame(model, real)
    const blob = { model: model.id, real: real.id, bytes }
    this.#written.push(blob)
    return blob
  }

  /** Opens the object and reads it; keeps the reader open if asked to. */
  async read(
    bucket: string,
    key: string,
    keep: boolean,
    version?: Twin<ObjectVersion>,
  ): Promise<'missing' | 'read'> {
    const opened = await this.both(async ({ metadata, blobs }, side) => {
      const id = version && versionIdOf(version[side])
      const reader = await metadata.openObject(bucket, key, id)
      if (!reader) return undefined
      const bytes = await bytesOf(blobs, reader)
      if (!keep) reader.release()
      return { object: reader.object, bytes, reader: () => reader }
    })
    if (opened === 'threw') throw new Error('An object could not be read.')
    const { model, real } = opened
    if (!model || !real) return 'missing'
    if (keep) this.readers.push({ model: model.reader(), real: real.reader(), bytes: model.bytes })
    return 'read'
  }

  /** What an open reader reads is what it read at first, whatever was deleted since. */
  async readAgain({ model, real, bytes }: Reader): Promise<void> {
    this.requireSame(bytes, await bytesOf(this.#model.blobs, model))
    this.requireSame(bytes, await bytesOf(this.#real.blobs, real))
  }

  release(reader: Reader): void {
    reader.model.release()
    reader.real.release()
    this.readers.splice(this.readers.indexOf(reader), 1)
  }

  /** Collects as the collector does, and gives back how many blobs went. */
  async collect(before: Date): Promise<number> {
    const model = await collectFrom(this.#model, before)
    const real = await collectFrom(this.#real, before)
    this.requireSameSet(model, real)
    return model.length
  }

  /** Claims all blobs that nothing names, also those that are deleted already, and gives back how many those were. */
  async condemn(): Promise<number> {
    const { metadata } = this.#model
    const model = await metadata.condemnBlobs(this.#written.map((blob) => blob.model))
    const written = this.#written.map((blob) => blob.real)
    const real = await this.#real.metadata.condemnBlobs(written)
    this.requireSameSet(model, real)
    return model.length
  }

  /** Deletes what is condemned, and gives back how many blobs went. */
  async deleteCondemned(): Promise<number> {
    const model = await deleteCondemnedIn(this.#model)
    const real = await deleteCondemnedIn(this.#real)
    this.requireSameSet(model, real)
    for (const id of model) {
      const at = this.loose.findIndex((blob) => blob.model === id)
      if (at !== -1) this.loose.splice(at, 1)
    }
    return model.length
  }

  /** Ends all there is, and checks that nothing stays behind anywhere. */
  async end(): Promise<void> {
    for (const reader of [...this.readers]) {
      await this.readAgain(reader)
      this.release(reader)
    }
    for (const upload of this.uploads) {
      await this.both(({ metadata }, side) => metadata.abortUpload(upload[side]))
    }
    for (const bucket of this.buckets) {
      for (const version of await this.versionsIn(bucket)) {
        await this.both(({ metadata }, side) =>
          metadata.deleteVersion(bucket, version[side].key, versionIdOf(version[side])),
        )
      }
      const usage = await this.both(({ metadata }) => metadata.usage(bucket))
      if (usage === 'threw') throw new Error('The usage could not be told.')
      this.requireSame(usage.model && nothingHeld, usage.real)
      await this.both(({ metadata }) => metadata.deleteBucket(bucket))
    }
    await this.collect(always)
    await this.condemn()
    await this.deleteCondemned()
    for (const { blobs } of [this.#model, this.#real]) {
      for await (const { id } of blobs.list({ before: always })) {
        throw new Error(`Blob ${id} stayed behind.`)
      }
    }
  }

  async #publish(bucket: string, key: string, count: number): Promise<void> {
    const blobs: Blob[] = []
    for (let n = 1; n <= count; n++) blobs.push(await this.write(Uint8Array.of(n, n)))
    await this.both(({ metadata }, side) => {
      const manifest = blobs.map((blob) => ({ blobId: blob[side], blobOffset: 0, length: 2 }))
      return metadata.putObject(objectOf(key, manifest, { bucket }))
    })
  }

  #translate(value: unknown): unknown {
    if (typeof value === 'string') return this.#names.get(value) ?? value
    if (Array.isArray(value)) return value.map((item) => this.#translate(item))
    if (typeof value === 'function') return undefined
    if (value === null || typeof value !== 'object') return value
    if (value instanceof Date || value instanceof Uint8Array) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.#translate(item)]),
    )
  }
}

async function outcomeOf<Result>(
  promise: Promise<Result>,
): Promise<{ readonly value: Result } | { readonly error: string }> {
  try {
    return { value: await promise }
  } catch (error) {
    // Messages may name blobs, which have other ids on the other side.
    return { error: String(error).replace(/[0-9a-f]{32}/g, '…') }
  }
}

async function bytesOf(blobs: BlobStore, reader: OpenObject): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const { entries } of reader.manifest(0)) {
    for (const { blobId, blobOffset, length } of entries) {
      for await (const chunk of blobs.read(blobId, { offset: blobOffset, length })) {
        chunks.push(new Uint8Array(chunk))
      }
    }
  }
  return new Uint8Array(Buffer.concat(chunks))
}

async function collectFrom({ blobs, metadata }: Pair, before: Date): Promise<BlobId[]> {
  const collected: BlobId[] = []
  for (;;) {
    const items = await metadata.dueGarbage({ before, limit: 1_000 })
    if (items.length === 0) return collected
    for (const item of items) {
      for (const id of item.blobs) await blobs.delete(id)
      collected.push(...item.blobs)
      await metadata.settleGarbage(item)
    }
  }
}

async function deleteCondemnedIn({ blobs, metadata }: Pair): Promise<readonly BlobId[]> {
  const condemned = await metadata.listCondemned(1_000)
  for (const id of condemned) await blobs.delete(id)
  await metadata.absolveBlobs(condemned)
  return condemned
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)) ??
    'undefined'
  )
}
