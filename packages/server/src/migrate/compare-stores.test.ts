import type { ETag, UploadId } from '@lading/protocol'
import { expect, test } from 'vitest'
import type { BlobId } from '../ports/blob-store.ts'
import type { Part } from '../ports/metadata-store.ts'
import type {
  ExportedBucket,
  ExportedUpload,
  ExportedVersion,
  StoreExport,
} from '../ports/migration.ts'
import { compareStores } from './compare-stores.ts'

const blobId = '0123456789abcdef0123456789abcdef' as BlobId
const attributes = { contentType: 'a/b', headers: {}, userMetadata: {}, storageClass: 'Standard' }
const at = new Date(1_700_000_000_000)

const bucket: ExportedBucket = {
  bucket: {
    name: 'photos',
    owner: 'lading',
    createdAt: at,
    acl: 'private',
    storageClass: 'Standard',
    dataRedundancyType: 'LRS',
  },
  settings: [{ name: 'cors', value: 'anything' }],
  usage: { classes: {}, deleteMarkers: 0, uploads: 1, parts: 1, partBytes: 5 },
}

function version(key: string, crc64 = 7n): ExportedVersion {
  return {
    kind: 'object',
    order: undefined,
    object: {
      bucket: 'photos',
      key,
      type: 'Normal',
      size: 5,
      etag: 'E' as ETag,
      crc64,
      md5: undefined,
      modifiedAt: at,
      attributes,
      versionId: 'null',
    },
    entries: [{ blobId, blobOffset: 0, length: 5 }],
  }
}

const uploadId = '0'.repeat(32) as UploadId
const upload: ExportedUpload = {
  upload: { bucket: 'photos', key: 'u', uploadId, initiatedAt: at, attributes },
  parts: [{ partNumber: 1, blobId, size: 5, md5: new Uint8Array(16), crc64: 9n, uploadedAt: at }],
}

interface Held {
  readonly buckets?: readonly ExportedBucket[]
  readonly versions?: readonly ExportedVersion[]
  readonly uploads?: readonly ExportedUpload[]
  readonly lastIdMs?: number
}

function store({
  buckets = [bucket],
  versions = [version('a'), version('b')],
  uploads = [upload],
  lastIdMs = 5,
}: Held = {}): StoreExport {
  async function* each<Row>(rows: readonly Row[]): AsyncGenerator<Row> {
    yield* rows
  }
  return {
    lastIdMs: async () => lastIdMs,
    buckets: () => each(buckets),
    versions: () => each(versions),
    uploads: () => each(uploads),
    close: async () => {},
  }
}

test('stores that hold the same do not differ, in whatever order members were written', async () => {
  const [part] = upload.parts
  const turned = part && Object.fromEntries(Object.entries(part).reverse())
  const other = store({ uploads: [{ parts: [turned as unknown as Part], upload: upload.upload }] })
  expect(await compareStores(store(), other)).toEqual([])
})

test.each<[what: string, other: Held, difference: RegExp]>([
  ['a bucket is missing', { buckets: [] }, /^bucket photos is missing$/],
  [
    'a setting differs',
    { buckets: [{ ...bucket, settings: [] }] },
    /^bucket photos stands against/,
  ],
  ['a version is missing', { versions: [version('a')] }, /^object photos\/b .* is missing$/],
  ['a checksum differs', { versions: [version('a'), version('b', 8n)] }, /^object photos\/b/],
  [
    'a version is there too many',
    { versions: [version('a'), version('b'), version('c')] },
    /photos\/c .* should not be$/,
  ],
  ['an upload lacks a part', { uploads: [{ ...upload, parts: [] }] }, /^upload 0+ of photos\/u/],
  ['an id could be issued again', { lastIdMs: 4 }, /given out again/],
])('that %s is told', async (_, other, difference) => {
  const found = await compareStores(store(), store(other))
  expect(found).toEqual([expect.stringMatching(difference)])
})

test('of many differences the first ten are told', async () => {
  const versions = Array.from({ length: 30 }, (_, index) => version(`key-${index}`))
  expect(await compareStores(store({ versions }), store({ versions: [] }))).toHaveLength(10)
})
