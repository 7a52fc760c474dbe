/** What the tests of the store and of the operations are written with. */

import { loadHasher, type MakeHasher, OssError, type UploadId } from '@lading/protocol'
import { expect } from 'vitest'
import { MemoryBlobStore } from '../drivers/memory/memory-blob-store.ts'
import { MemoryMetadataStore } from '../drivers/memory/memory-metadata-store.ts'
import type { BlobId, BlobStore } from '../ports/blob-store.ts'
import { Clock } from '../ports/metadata-samples.contract.ts'
import type { MetadataStore, Part, UploadRef } from '../ports/metadata-store.ts'
import type { RequestedAttributes } from './attributes.ts'
import type { MasterKeySource } from './encryption.ts'
import { createStore, type Store } from './store.ts'

export const makeHasher: MakeHasher = await loadHasher()

/** Bytes. The least size of a part that is not the last. */
export const LEAST = 100 * 1024

export const noAttributes: RequestedAttributes = {
  contentType: 'application/octet-stream',
  headers: {},
  userMetadata: {},
  storageClass: undefined,
}

const masterKey = new Uint8Array(32).fill(7)

export const masterKeys: MasterKeySource = {
  current: async () => masterKey,
  existing: async () => masterKey,
}

export interface OpenStore {
  readonly store: Store
  readonly blobs: BlobStore
  readonly metadata: MetadataStore
  readonly clock: Clock
}

export interface StoreSampleOptions {
  /** Puts something between the store and its blobs. */
  readonly wrapBlobs?: (blobs: BlobStore) => BlobStore
  /** Puts something between the store and its metadata. */
  readonly wrapMetadata?: (metadata: MetadataStore) => MetadataStore
}

/** An empty store in memory with one bucket, `photos`, of `alice`. */
export async function openStore(options: StoreSampleOptions = {}): Promise<OpenStore> {
  const { wrapBlobs = (same) => same, wrapMetadata = (same) => same } = options
  const clock = new Clock()
  const blobs = wrapBlobs(new MemoryBlobStore({ now: clock.now }))
  const metadata = wrapMetadata(new MemoryMetadataStore({ now: clock.now }))
  const store = createStore({ blobs, metadata, makeHasher, masterKeys, now: clock.now })
  await store.putBucket({ name: 'photos', owner: 'alice' })
  return { store, blobs, metadata, clock }
}

/** The same object with some of its methods replaced. */
export function overriding<Port extends object>(port: Port, methods: Partial<Port>): Port {
  return new Proxy(port, {
    get(target, name) {
      const own = Reflect.get(methods, name)
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

export async function initiate(store: Store, key = 'cat.jpg'): Promise<UploadRef> {
  const { bucket, uploadId } = await store.initiateUpload({
    bucket: 'photos',
    key,
    attributes: noAttributes,
    forbidOverwrite: false,
  })
  return { bucket, key, uploadId }
}

export function putPart(
  store: Store,
  upload: UploadRef,
  partNumber: number,
  bytes: Uint8Array | string,
): Promise<Part> {
  return store.putPart({ upload, partNumber, bytes: streamOf(bytes), expected: {} })
}

export function putText(store: Store, key: string, text: string): Promise<unknown> {
  return store.putObject({
    bucket: 'photos',
    key,
    attributes: noAttributes,
    forbidOverwrite: false,
    bytes: streamOf(text),
    expected: {},
  })
}

/** The bytes in chunks that are overwritten once the next one is asked for. */
export async function* streamOf(
  content: Uint8Array | string,
  chunkSize = 64 * 1024,
): AsyncGenerator<Uint8Array> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = new Uint8Array(bytes.subarray(at, at + chunkSize))
    yield chunk
    chunk.fill(0xee)
  }
}

/** Bytes that no other part has. */
export function filled(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + seed * 97 + (at >>> 8)) & 0xff
  return bytes
}

export async function gather(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(new Uint8Array(chunk))
  return new Uint8Array(Buffer.concat(chunks))
}

export async function readText(store: Store, key: string): Promise<string> {
  return new TextDecoder().decode(await readAll(store, key))
}

export async function readAll(store: Store, key: string): Promise<Uint8Array> {
  const reader = await store.openObject('photos', key)
  try {
    return await gather(reader.read({ offset: 0, length: reader.object.size }))
  } finally {
    reader.release()
  }
}

/** Every blob there is. */
export async function blobIds({ blobs }: OpenStore): Promise<BlobId[]> {
  const ids: BlobId[] = []
  for await (const { id } of blobs.list({ before: new Date(8.64e15) })) ids.push(id)
  return ids
}

/** What `work` is refused with; fails when it is not refused. */
export async function refusalOf(work: Promise<unknown>): Promise<OssError> {
  const outcome = await work.then(
    () => 'no refusal',
    (error: unknown) => error,
  )
  expect(outcome).toBeInstanceOf(OssError)
  return outcome as OssError
}

export const unknownUpload: UploadRef = {
  bucket: 'photos',
  key: 'cat.jpg',
  uploadId: '0'.repeat(32) as UploadId,
}
