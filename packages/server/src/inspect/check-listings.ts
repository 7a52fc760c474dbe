/** Whether the pages of a bucket's listings, put together, are what it holds: nothing twice, nothing left out. */

import { isDeepStrictEqual } from 'node:util'
import type { BucketUsage, MetadataStore } from '../ports/metadata-store.ts'

export type ListedRows = Pick<
  MetadataStore,
  'usage' | 'listObjects' | 'listVersions' | 'listUploads' | 'listParts'
>

export interface ListedBucket {
  readonly name: string
  /** As it was kept when the bucket was counted. */
  readonly usage: BucketUsage
  /** What was counted. */
  readonly held: BucketUsage
}

/**
 * What is wrong, in words; `undefined` when nothing is. The bucket may be in use: nothing is said of
 * one that has changed since it was counted.
 */
export async function checkListings(
  metadata: ListedRows,
  { name, usage, held }: ListedBucket,
  pageSize: number,
): Promise<string | undefined> {
  const unchanged = async (): Promise<boolean> =>
    isDeepStrictEqual(await metadata.usage(name), usage)
  if (!(await unchanged())) return undefined
  try {
    const difference =
      (await versionsDifference(metadata, name, pageSize, held)) ??
      (await uploadsDifference(metadata, name, pageSize, held))
    return difference !== undefined && (await unchanged()) ? difference : undefined
  } catch (error) {
    return `cannot be listed: ${error instanceof Error ? error.message : error}`
  }
}

async function versionsDifference(
  metadata: ListedRows,
  bucket: string,
  limit: number,
  { classes, deleteMarkers }: BucketUsage,
): Promise<string | undefined> {
  let versions = 0
  let markers = 0
  let newest = 0
  const place: { after: string | undefined; afterVersionId: string | undefined } = {
    after: undefined,
    afterVersionId: undefined,
  }
  const seen = new Ascending()
  for (let more = true; more; ) {
    const query = { prefix: '', delimiter: '', limit, ...place }
    const { rows, truncated } = await metadata.listVersions(bucket, query)
    more = truncated
    for (const entry of rows) {
      if (entry.kind === 'prefix') return `listed the prefix ${entry.prefix} without a delimiter`
      const { row } = entry
      const { versionId } = row.kind === 'object' ? row.object : row.marker
      if (seen.isBehind(row.key)) return `lists the versions of ${row.key} in a wrong place`
      if (row.kind === 'object') versions += 1
      else markers += 1
      if (row.kind === 'object' && row.latest) newest += 1
      Object.assign(place, { after: row.key, afterVersionId: versionId })
    }
  }
  const held = Object.values(classes).reduce((sum, { objects }) => sum + objects, 0)
  if (versions !== held || markers !== deleteMarkers) {
    return `lists ${versions} versions and ${markers} delete markers, and holds ${held} and ${deleteMarkers}`
  }
  const listed = await countObjects(metadata, bucket, limit)
  if (listed === newest) return undefined
  return `lists ${listed} objects, and ${newest} keys have one as their newest version`
}

async function countObjects(metadata: ListedRows, bucket: string, limit: number): Promise<number> {
  let count = 0
  for (let after: string | undefined; ; ) {
    const query = { prefix: '', delimiter: '', after, limit }
    const { rows, truncated } = await metadata.listObjects(bucket, query)
    count += rows.length
    const last = rows.at(-1)
    if (last?.kind === 'row') after = last.row.key
    if (!truncated) return count
  }
}

async function uploadsDifference(
  metadata: ListedRows,
  bucket: string,
  limit: number,
  usage: BucketUsage,
): Promise<string | undefined> {
  let uploads = 0
  let parts = 0
  const place: { after: string | undefined; afterUploadId: string | undefined } = {
    after: undefined,
    afterUploadId: undefined,
  }
  const seen = new Ascending()
  for (let more = true; more; ) {
    const query = { prefix: '', delimiter: '', limit, ...place }
    const { rows, truncated } = await metadata.listUploads(bucket, query)
    more = truncated
    for (const entry of rows) {
      if (entry.kind === 'prefix') return `listed the prefix ${entry.prefix} without a delimiter`
      const { key, uploadId } = entry.row
      if (seen.isBehind(key)) return `lists the uploads of ${key} in a wrong place`
      uploads += 1
      parts += await countParts(metadata, entry.row, limit)
      Object.assign(place, { after: key, afterUploadId: uploadId })
    }
  }
  if (uploads === usage.uploads && parts === usage.parts) return undefined
  return `lists ${uploads} uploads with ${parts} parts, and holds ${usage.uploads} with ${usage.parts}`
}

async function countParts(
  metadata: ListedRows,
  upload: Parameters<MetadataStore['listParts']>[0],
  limit: number,
): Promise<number> {
  let count = 0
  for (let after = 0; ; ) {
    const page = await metadata.listParts(upload, { after, limit })
    if (!page) return count
    count += page.rows.length
    after = page.rows.at(-1)?.partNumber ?? after
    if (!page.truncated) return count
  }
}

/** Keys in the order of their bytes, each perhaps several times. */
class Ascending {
  #last: Buffer | undefined

  isBehind(key: string): boolean {
    const bytes = Buffer.from(key)
    const behind = this.#last !== undefined && Buffer.compare(bytes, this.#last) < 0
    this.#last = bytes
    return behind
  }
}
