/** Uploads: initiate, look into, abort. */

import type {
  ListingEntry,
  Page,
  Part,
  Upload,
  UploadListingQuery,
  UploadRef,
} from '../ports/metadata-store.ts'
import { type RequestedAttributes, settleAttributes } from './attributes.ts'
import { getBucket } from './buckets.ts'
import type { StoreDependencies } from './dependencies.ts'
import { guardOf, noSuchBucket, noSuchUpload, noSuchUploadEc } from './refusals.ts'

export interface InitiateRequest {
  readonly bucket: string
  readonly key: string
  readonly attributes: RequestedAttributes
  readonly forbidOverwrite: boolean
  /** Whether parts have to come in order, each once. Default false. */
  readonly sequential?: boolean
}

export interface ListPartsQuery {
  /** Parts with a greater number. */
  readonly after: number
  readonly limit: number
}

export async function initiateUpload(
  dependencies: StoreDependencies,
  request: InitiateRequest,
): Promise<Upload> {
  const { metadata, now } = dependencies
  const bucket = await getBucket(metadata, request.bucket)
  const upload = await metadata.createUpload(
    {
      bucket: bucket.name,
      key: request.key,
      initiatedAt: now(),
      attributes: await settleAttributes(dependencies, request.attributes, bucket),
      ...(request.sequential && { sequential: true }),
    },
    guardOf(request, bucket),
  )
  if (!upload) throw noSuchBucket(request.bucket)
  return upload
}

export async function listParts(
  { metadata }: StoreDependencies,
  ref: UploadRef,
  query: ListPartsQuery,
): Promise<{ upload: Upload; page: Page<Part> }> {
  const upload = await metadata.findUpload(ref)
  const page = upload && (await metadata.listParts(ref, query))
  if (!page) throw noSuchUpload(ref.uploadId, noSuchUploadEc.other)
  return { upload, page }
}

export async function listUploads(
  { metadata }: StoreDependencies,
  bucket: string,
  query: UploadListingQuery,
): Promise<Page<ListingEntry<Upload>>> {
  const page = await metadata.listUploads(bucket, query)
  if (page.rows.length === 0) await getBucket(metadata, bucket)
  return page
}

export async function abortUpload({ metadata }: StoreDependencies, ref: UploadRef): Promise<void> {
  if (await metadata.abortUpload(ref)) return
  throw noSuchUpload(ref.uploadId, noSuchUploadEc.other)
}
