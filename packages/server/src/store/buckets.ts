/** Buckets: create, change, list, delete when empty. */

import { MAX_BUCKETS, OssError } from '@lading/protocol'
import type { Bucket, BucketUsage, MetadataStore, Page } from '../ports/metadata-store.ts'
import type { StoreDependencies } from './dependencies.ts'
import { noSuchBucket } from './refusals.ts'

export interface PutBucketRequest {
  readonly name: string
  readonly owner: string
  /** `undefined` keeps what there is; a new bucket is `private`. */
  readonly acl?: string | undefined
  /** `undefined` keeps what there is; a new bucket is `Standard`. */
  readonly storageClass?: string | undefined
  /** `undefined` keeps what there is; a new bucket is `LRS`. */
  readonly dataRedundancyType?: string | undefined
}

export interface ListBucketsQuery {
  /** `undefined`: everybody's. */
  readonly owner: string | undefined
  readonly prefix: string
  /** Names after this one. */
  readonly after: string | undefined
  readonly limit: number
}

export async function putBucket(
  { metadata, now }: StoreDependencies,
  request: PutBucketRequest,
): Promise<Bucket> {
  const { name, owner, acl } = request
  if (!(await metadata.findBucket(name))) await requireRoom(metadata, owner)

  // It takes another turn only when the bucket is deleted between the two steps.
  for (;;) {
    const { created, bucket } = await metadata.createBucket({
      name,
      owner,
      createdAt: now(),
      acl: acl ?? 'private',
      storageClass: request.storageClass ?? 'Standard',
      dataRedundancyType: request.dataRedundancyType ?? 'LRS',
    })
    if (created) return bucket
    requireSame(bucket, request)
    if (acl === undefined || acl === bucket.acl) return bucket
    const changed = await metadata.updateBucket(name, (current) => {
      requireSame(current, request)
      return { ...current, acl }
    })
    if (changed) return changed
  }
}

export async function getBucket(metadata: MetadataStore, name: string): Promise<Bucket> {
  const bucket = await metadata.findBucket(name)
  if (!bucket) throw noSuchBucket(name)
  return bucket
}

export async function setVersioning(
  { metadata }: StoreDependencies,
  name: string,
  versioning: 'Enabled' | 'Suspended',
): Promise<void> {
  const changed = await metadata.updateBucket(name, (bucket) => ({ ...bucket, versioning }))
  if (!changed) throw noSuchBucket(name)
}

export async function usageOf({ metadata }: StoreDependencies, name: string): Promise<BucketUsage> {
  const usage = await metadata.usage(name)
  if (!usage) throw noSuchBucket(name)
  return usage
}

export function listBuckets(
  { metadata }: StoreDependencies,
  query: ListBucketsQuery,
): Promise<Page<Bucket>> {
  return metadata.listBuckets(query)
}

export async function deleteBucket({ metadata }: StoreDependencies, name: string): Promise<void> {
  const outcome = await metadata.deleteBucket(name)
  switch (outcome) {
    case 'deleted':
      return
    case 'missing':
      throw noSuchBucket(name)
    case 'has-objects':
      throw new OssError('BucketNotEmpty', {
        ec: '0015-00000301',
        details: { BucketName: name },
      })
    case 'has-uploads':
      // Its own text, as the Java SDK's suite asserts; no error number of it is known.
      throw new OssError('BucketNotEmpty', {
        message: 'The bucket has Multipart Uploads. Please delete them first.',
        details: { BucketName: name },
      })
  }
}

/** Keeps one owner from filling the store with buckets; two at the same moment may both pass. */
async function requireRoom(metadata: MetadataStore, owner: string): Promise<void> {
  const { rows } = await metadata.listBuckets({
    owner,
    prefix: '',
    after: undefined,
    limit: MAX_BUCKETS,
  })
  if (rows.length >= MAX_BUCKETS) throw new OssError('TooManyBuckets')
}

/** A bucket's owner, storage class and redundancy are settled when it is made. */
function requireSame(bucket: Bucket, request: PutBucketRequest): void {
  if (bucket.owner !== request.owner) throw taken(bucket.name)
  if (request.storageClass !== undefined && request.storageClass !== bucket.storageClass) {
    throw taken(bucket.name, "Cannot modify existing bucket's storage class.")
  }
  const { dataRedundancyType } = request
  if (dataRedundancyType !== undefined && dataRedundancyType !== bucket.dataRedundancyType) {
    throw taken(bucket.name, "Cannot modify existing bucket's data redundancy type.")
  }
}

function taken(name: string, message?: string): OssError {
  return new OssError('BucketAlreadyExists', {
    message,
    ec: '0015-00000104',
    details: { BucketName: name },
  })
}
