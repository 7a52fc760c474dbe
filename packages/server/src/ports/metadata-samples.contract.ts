/** What the contract of metadata stores is written with: rows, rules and a clock that obeys. */

import { randomBytes } from 'node:crypto'
import type { ETag, UploadId } from '@lading/protocol'
import { onTestFinished } from 'vitest'
import type { BlobId } from './blob-store.ts'
import type {
  Bucket,
  Completion,
  CompletionRule,
  Garbage,
  ListingEntry,
  ManifestEntry,
  MetadataStore,
  NewObject,
  ObjectAttributes,
  Page,
  Part,
  StoredObject,
  Upload,
  UploadRef,
} from './metadata-store.ts'

export interface OpenMetadataStore {
  readonly metadata: MetadataStore
  /** Frees what the driver took; the store itself may be closed already. */
  readonly close: () => Promise<void>
}

/** Opens an empty store that takes the time from `now` and from nowhere else. */
export type OpenMetadata = (options: { now: () => Date }) => Promise<OpenMetadataStore>

/** Stands still until it is told otherwise. */
export class Clock {
  time: number = Date.UTC(2026, 10, 22, 10)

  readonly now = (): Date => new Date(this.time)

  /** Milliseconds, negative to go back. */
  advance(ms: number): Date {
    this.time += ms
    return this.now()
  }
}

export interface Opened {
  readonly metadata: MetadataStore
  readonly clock: Clock
}

/** A store with one bucket, `photos`. */
export async function openWithBucket(open: OpenMetadata): Promise<Opened> {
  const clock = new Clock()
  const { metadata, close } = await open({ now: clock.now })
  onTestFinished(close)
  await metadata.createBucket(bucketNamed('photos'))
  return { metadata, clock }
}

export const someTime: Date = new Date(Date.UTC(2026, 10, 22, 9, 30, 0, 123))

export const plain: ObjectAttributes = {
  contentType: 'image/jpeg',
  headers: { 'cache-control': 'no-store' },
  userMetadata: { author: 'Ünal 🦊' },
  storageClass: 'Standard',
}

export function bucketNamed(name: string, owner = 'alice'): Bucket {
  return {
    name,
    owner,
    createdAt: someTime,
    acl: 'private',
    storageClass: 'Standard',
    dataRedundancyType: 'LRS',
  }
}

export function newBlob(): BlobId {
  return randomBytes(16).toString('hex') as BlobId
}

export function partNumbered(partNumber: number, change: Partial<Part> = {}): Part {
  return {
    partNumber,
    blobId: newBlob(),
    size: 100 + partNumber,
    md5: new Uint8Array(16).fill(partNumber % 251),
    crc64: 0xffff_ffff_ffff_ffffn - BigInt(partNumber),
    uploadedAt: someTime,
    ...change,
  }
}

export async function openUpload(
  metadata: MetadataStore,
  key: string,
  bucket = 'photos',
): Promise<Upload> {
  const upload = await metadata.createUpload({
    bucket,
    key,
    initiatedAt: someTime,
    attributes: plain,
  })
  if (!upload) throw new Error(`There is no bucket ${bucket}.`)
  return upload
}

/** Commits parts 1 to `count`, many at a time. */
export async function commitParts(
  metadata: MetadataStore,
  upload: UploadRef,
  count: number,
): Promise<Part[]> {
  const parts = Array.from({ length: count }, (_, at) => partNumbered(at + 1))
  for (let at = 0; at < count; at += 500) {
    const outcomes = await Promise.all(
      parts.slice(at, at + 500).map((part) => metadata.commitPart(upload, part)),
    )
    if (outcomes.some((outcome) => outcome !== 'committed')) throw new Error('A part was refused.')
  }
  return parts
}

export function objectOf(
  key: string,
  manifest: readonly ManifestEntry[],
  change: Partial<NewObject> = {},
): NewObject {
  return {
    bucket: 'photos',
    key,
    type: 'Normal',
    size: manifest.reduce((sum, { length }) => sum + length, 0),
    etag: 'D41D8CD98F00B204E9800998ECF8427E' as ETag,
    crc64: 11_051_210_869_376_104_954n,
    md5: new Uint8Array(16).fill(7),
    modifiedAt: someTime,
    attributes: plain,
    manifest,
    ...change,
  }
}

/** A manifest of `count` blobs of 10 bytes. */
export function manifestOf(count: number): ManifestEntry[] {
  return Array.from({ length: count }, () => ({ blobId: newBlob(), blobOffset: 0, length: 10 }))
}

export function blobsOf(rows: readonly { readonly blobId: BlobId }[]): BlobId[] {
  return rows.map(({ blobId }) => blobId).sort()
}

/** Publishes all parts that `keeps` accepts and drops the others. */
export function publishing(
  keeps: (part: Part) => boolean = () => true,
  seen?: (current: StoredObject | undefined) => void,
): (upload: Upload) => CompletionRule {
  return (upload) => {
    const kept: Part[] = []
    const dropped: BlobId[] = []
    return {
      page(parts) {
        for (const part of parts) {
          if (keeps(part)) kept.push(part)
          else dropped.push(part.blobId)
        }
      },
      finish(current): Completion {
        seen?.(current)
        const manifest = kept.map(({ blobId, size }) => ({ blobId, blobOffset: 0, length: size }))
        const etag = `${kept.map(({ partNumber }) => partNumber).join()}-${kept.length}` as ETag
        const object = objectOf(upload.key, manifest, {
          bucket: upload.bucket,
          type: 'Multipart',
          etag,
          md5: undefined,
          attributes: upload.attributes,
        })
        return { object, dropped }
      },
    }
  }
}

export function keysOf<Row extends { readonly key: string }>(
  page: Page<ListingEntry<Row>>,
): string[] {
  return page.rows.map((entry) => (entry.kind === 'row' ? entry.row.key : `${entry.prefix}…`))
}

/** The manifest of an object from `offset`, as it lies there now. */
export async function readManifest(
  metadata: MetadataStore,
  key: string,
  offset = 0,
  bucket = 'photos',
): Promise<{ start: number | undefined; entries: ManifestEntry[]; pages: number }> {
  const opened = await metadata.openObject(bucket, key)
  if (!opened) throw new Error(`There is no object ${key}.`)
  const entries: ManifestEntry[] = []
  let start: number | undefined
  let end = 0
  let pages = 0
  for await (const page of opened.manifest(offset)) {
    start ??= page.start
    if (pages > 0 && page.start !== end) throw new Error('Pages of a manifest leave a gap.')
    end = page.start + page.entries.reduce((sum, { length }) => sum + length, 0)
    entries.push(...page.entries)
    pages++
  }
  opened.release()
  return { start, entries, pages }
}

/** Everything that is due, slice by slice, settled as a collector would. */
export async function collectAll(metadata: MetadataStore, before: Date): Promise<Garbage[]> {
  const collected: Garbage[] = []
  for (;;) {
    const items = await metadata.dueGarbage({ before, limit: 10 })
    if (items.length === 0) return collected
    for (const item of items) {
      collected.push(item)
      await metadata.settleGarbage(item)
    }
  }
}

export function blobsIn(garbage: readonly Garbage[]): BlobId[] {
  return garbage.flatMap(({ blobs }) => blobs).sort()
}

export function noUpload(upload: UploadRef): UploadRef {
  return { ...upload, uploadId: '00000000000000000000000000000000' as UploadId }
}
