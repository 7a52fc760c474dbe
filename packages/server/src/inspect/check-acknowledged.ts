/**
 * Whether a store holds what its callers were told, and nothing that nobody asked for. For a store at
 * rest, such as one that was just recovered: what changes meanwhile would look wrong.
 */

import type { UploadId } from '@lading/protocol'
import type {
  ListingEntry,
  MetadataStore,
  ObjectVersion,
  Page,
  Upload,
} from '../ports/metadata-store.ts'

/** The ETag of an object or a part, a delete marker, or nothing at all. */
export type Seen = string

export const ABSENT: Seen = 'absent'
export const MARKER: Seen = 'marker'

/** What callers were told, and what they asked for without an answer so far. */
export interface Acknowledged {
  readonly buckets: readonly string[]
  /** Any key that is not here must hold nothing. */
  readonly keys: readonly AcknowledgedKey[]
  /** Any upload that is not here must not be open, but for those of `initiating`. */
  readonly uploads: readonly AcknowledgedUpload[]
  /** Uploads that were asked for, whose ids nobody was told. */
  readonly initiating: readonly { readonly bucket: string; readonly key: string }[]
}

export interface AcknowledgedKey {
  readonly bucket: string
  readonly key: string
  /** What its newest version may be: one, unless something is without an answer. */
  readonly newest: readonly Seen[]
  /** Versions that were told of, in a bucket that keeps them. Absent: there is one at most. */
  readonly versions?: readonly AcknowledgedVersion[] | undefined
  /** What versions without an answer may be. */
  readonly unanswered: readonly Seen[]
}

export interface AcknowledgedVersion {
  readonly versionId: string
  readonly is: Seen
  /** Whether it may be gone, because its deletion is without an answer. */
  readonly perhapsGone: boolean
}

export interface AcknowledgedUpload {
  readonly bucket: string
  readonly key: string
  readonly uploadId: UploadId
  /** `ending`: its end was asked for, and may have come. */
  readonly state: 'open' | 'ending' | 'ended'
  /** What the key holds exactly if the upload is gone: a completion that nobody was told of. */
  readonly becomes?: Seen | undefined
  /** Any other part must not be there. */
  readonly parts: readonly { readonly partNumber: number; readonly is: readonly Seen[] }[]
}

/** A promise that is broken: something is `lost`, or there is something that is `unasked` for. */
export interface BrokenPromise {
  readonly kind: 'lost' | 'unasked'
  readonly what: string
}

export type AcknowledgedRows = Pick<
  MetadataStore,
  'findBucket' | 'listBuckets' | 'findVersion' | 'listVersions' | 'listUploads' | 'listParts'
>

/** Rows that are asked for at once. */
const PAGE = 1_000

export async function checkAcknowledged(
  metadata: AcknowledgedRows,
  acknowledged: Acknowledged,
): Promise<readonly BrokenPromise[]> {
  const broken: BrokenPromise[] = []
  for (const name of acknowledged.buckets) {
    if (!(await metadata.findBucket(name))) {
      broken.push({ kind: 'lost', what: `bucket ${name} is gone` })
    }
  }
  for (const bucket of await bucketNames(metadata)) {
    const keys = new Map(
      acknowledged.keys.filter((row) => row.bucket === bucket).map((row) => [row.key, row]),
    )
    const versions = await versionsByKey(metadata, bucket)
    for (const key of new Set([...keys.keys(), ...versions.keys()])) {
      broken.push(...brokenKey(bucket, key, keys.get(key), versions.get(key) ?? []))
    }
    broken.push(...(await brokenUploads(metadata, bucket, acknowledged, versions)))
  }
  return broken
}

function brokenKey(
  bucket: string,
  key: string,
  told: AcknowledgedKey | undefined,
  versions: readonly ObjectVersion[],
): BrokenPromise[] {
  const what = `${bucket}/${key}`
  const newest = versions.find(({ latest }) => latest)
  const seen = newest ? seenOf(newest) : ABSENT
  const legal = told?.newest ?? [ABSENT]
  const broken: BrokenPromise[] = []
  if (!legal.includes(seen)) {
    const kind = legal.includes(ABSENT) ? 'unasked' : 'lost'
    broken.push({ kind, what: `${what} is ${seen}, and may be ${legal.join(' or ')}` })
  }
  if (!told?.versions) {
    if (versions.length <= 1) return broken
    return [...broken, { kind: 'unasked', what: `${what} has ${versions.length} versions` }]
  }
  const left = new Map(versions.map((version) => [idOf(version), seenOf(version)]))
  for (const { versionId, is, perhapsGone } of told.versions) {
    const found = left.get(versionId)
    left.delete(versionId)
    if (found === is || (found === undefined && perhapsGone)) continue
    const version = `version ${versionId} of ${what}`
    broken.push({ kind: 'lost', what: `${version} is ${found ?? ABSENT}, and was ${is}` })
  }
  for (const [versionId, found] of left) {
    if (told.unanswered.includes(found)) continue
    broken.push({ kind: 'unasked', what: `version ${versionId} of ${what} is ${found}` })
  }
  return broken
}

async function brokenUploads(
  metadata: AcknowledgedRows,
  bucket: string,
  { uploads, initiating }: Acknowledged,
  versions: ReadonlyMap<string, readonly ObjectVersion[]>,
): Promise<BrokenPromise[]> {
  const open = new Map<string, Upload>()
  for (const upload of await openUploads(metadata, bucket)) open.set(upload.uploadId, upload)
  const broken: BrokenPromise[] = []
  for (const told of uploads.filter((upload) => upload.bucket === bucket)) {
    const what = `upload ${told.uploadId} of ${bucket}/${told.key}`
    const upload = open.get(told.uploadId)
    open.delete(told.uploadId)
    if (!upload && told.state === 'open') broken.push({ kind: 'lost', what: `${what} is gone` })
    if (upload && told.state === 'ended') broken.push({ kind: 'unasked', what: `${what} is open` })
    if (told.becomes !== undefined) {
      const newest = versions.get(told.key)?.find(({ latest }) => latest)
      const made = newest !== undefined && seenOf(newest) === told.becomes
      if (!upload && !made) broken.push({ kind: 'lost', what: `${what} has become nothing` })
      if (upload && made) broken.push({ kind: 'unasked', what: `${what} is open and completed` })
    }
    if (upload && told.state !== 'ended') broken.push(...(await brokenParts(metadata, told)))
  }
  for (const { key, uploadId } of open.values()) {
    if (initiating.some((asked) => asked.bucket === bucket && asked.key === key)) continue
    broken.push({ kind: 'unasked', what: `upload ${uploadId} of ${bucket}/${key} is open` })
  }
  return broken
}

async function brokenParts(
  metadata: AcknowledgedRows,
  told: AcknowledgedUpload,
): Promise<BrokenPromise[]> {
  const held = new Map<number, Seen>()
  for (let after = 0; ; ) {
    const page = await metadata.listParts(told, { after, limit: PAGE })
    for (const { partNumber, md5 } of page?.rows ?? []) {
      held.set(partNumber, Buffer.from(md5).toString('hex').toUpperCase())
    }
    const last = page?.rows.at(-1)
    if (!page?.truncated || !last) break
    after = last.partNumber
  }
  const legal = new Map(told.parts.map(({ partNumber, is }) => [partNumber, is]))
  const broken: BrokenPromise[] = []
  for (const partNumber of new Set([...legal.keys(), ...held.keys()])) {
    const is = held.get(partNumber) ?? ABSENT
    const may = legal.get(partNumber) ?? [ABSENT]
    if (may.includes(is)) continue
    const kind = may.includes(ABSENT) ? 'unasked' : 'lost'
    const what = `part ${partNumber} of upload ${told.uploadId} is ${is}, and may be ${may.join(' or ')}`
    broken.push({ kind, what })
  }
  return broken
}

async function bucketNames(metadata: AcknowledgedRows): Promise<string[]> {
  const names: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await metadata.listBuckets({ owner: undefined, prefix: '', after, limit: PAGE })
    names.push(...page.rows.map(({ name }) => name))
    after = names.at(-1)
    if (!page.truncated) return names
  }
}

async function versionsByKey(
  metadata: AcknowledgedRows,
  bucket: string,
): Promise<Map<string, ObjectVersion[]>> {
  const byKey = new Map<string, ObjectVersion[]>()
  let place: { after: string | undefined; afterVersionId: string | undefined } = {
    after: undefined,
    afterVersionId: undefined,
  }
  for (;;) {
    const query = { prefix: '', delimiter: '', limit: PAGE, ...place }
    const page = await metadata.listVersions(bucket, query)
    const rows = rowsOf(page)
    for (const row of rows) byKey.set(row.key, [...(byKey.get(row.key) ?? []), row])
    const last = rows.at(-1)
    if (!page.truncated || !last) return byKey
    place = { after: last.key, afterVersionId: idOf(last) }
  }
}

async function openUploads(metadata: AcknowledgedRows, bucket: string): Promise<Upload[]> {
  const uploads: Upload[] = []
  for (;;) {
    const last = uploads.at(-1)
    const place = { after: last?.key, afterUploadId: last?.uploadId }
    const query = { prefix: '', delimiter: '', limit: PAGE, ...place }
    const page = await metadata.listUploads(bucket, query)
    uploads.push(...rowsOf(page))
    if (!page.truncated) return uploads
  }
}

function rowsOf<Row>({ rows }: Page<ListingEntry<Row>>): Row[] {
  return rows.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : []))
}

function seenOf(version: ObjectVersion): Seen {
  return version.kind === 'marker' ? MARKER : version.object.etag
}

function idOf(version: ObjectVersion): string {
  return version.kind === 'marker' ? version.marker.versionId : version.object.versionId
}
