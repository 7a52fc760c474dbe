/** `GET /?versions`: all versions of the objects of a bucket, and its delete markers, in pages. */

import {
  DEFAULT_MAX_KEYS,
  encodeListObjectVersionsResult,
  type ListedVersion,
} from '@lading/protocol'
import type { ListingEntry, ObjectVersion } from '../store/store.ts'
import { formatVersionId, parseVersionId } from '../store/version-id.ts'
import { listed } from './object-listing.ts'
import type { Operation } from './operation.ts'
import { bucketOf, encodingTypeOf, invalidArgument, listingText, pageSize } from './parameters.ts'

export const listObjectVersions: Operation = {
  name: 'ListObjectVersions',
  method: 'GET',
  resource: 'bucket',
  query: ['versions'],
  action: 'oss:ListObjectVersions',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    const { query } = request
    const encodingType = encodingTypeOf(query)
    const prefix = listingText(query, 'prefix') ?? ''
    const delimiter = listingText(query, 'delimiter') ?? ''
    const keyMarker = listingText(query, 'key-marker')
    const versionIdMarker = listingText(query, 'version-id-marker')
    const maxKeys = pageSize(query, 'max-keys', DEFAULT_MAX_KEYS)

    const bucket = await store.getBucket(bucketOf(request))
    const owner = profile.describeOwner(bucket.owner)
    const { rows, truncated } = await store.listVersions(bucket.name, {
      prefix,
      delimiter,
      after: keyMarker,
      afterVersionId: markedVersion(keyMarker, versionIdMarker),
      limit: maxKeys,
    })
    return {
      status: 200,
      xml: encodeListObjectVersionsResult(
        {
          name: bucket.name,
          prefix,
          keyMarker: keyMarker ?? '',
          versionIdMarker: versionIdMarker ?? '',
          maxKeys,
          delimiter,
          isTruncated: truncated,
          ...nextMarkers(truncated ? rows.at(-1) : undefined),
          versions: rows.flatMap((entry) =>
            entry.kind === 'row' ? [listedVersion(entry.row, owner, request.time)] : [],
          ),
          commonPrefixes: rows.flatMap((entry) => (entry.kind === 'prefix' ? [entry.prefix] : [])),
        },
        { encodingType },
      ),
    }
  },
}

/**
 * @throws {OssError} `InvalidArgument` for a marker without its key, or one that is no version id.
 *   Source: ListObjectVersions, OSS API reference.
 */
function markedVersion(
  keyMarker: string | undefined,
  versionIdMarker: string | undefined,
): string | undefined {
  if (versionIdMarker === undefined) return undefined
  const versionId = keyMarker === undefined ? undefined : parseVersionId(versionIdMarker)
  if (versionId !== undefined) return versionId
  throw invalidArgument(
    'version-id-marker',
    versionIdMarker,
    keyMarker === undefined
      ? 'A version-id marker cannot be specified without a key marker.'
      : 'Invalid version id specified',
  )
}

function listedVersion(
  version: ObjectVersion,
  owner: ListedVersion['owner'],
  now: Date,
): ListedVersion {
  if (version.kind === 'object') {
    const { object, latest } = version
    return {
      kind: 'object',
      ...listed(object, owner, now),
      owner,
      versionId: formatVersionId(object.versionId),
      isLatest: latest,
    }
  }
  const { marker, latest } = version
  return {
    kind: 'marker',
    key: marker.key,
    versionId: formatVersionId(marker.versionId),
    isLatest: latest,
    lastModified: marker.modifiedAt,
    owner,
  }
}

function nextMarkers(last: ListingEntry<ObjectVersion> | undefined): {
  nextKeyMarker: string | undefined
  nextVersionIdMarker: string | undefined
} {
  if (!last) return { nextKeyMarker: undefined, nextVersionIdMarker: undefined }
  if (last.kind === 'prefix') return { nextKeyMarker: last.prefix, nextVersionIdMarker: undefined }
  const { versionId } = last.row.kind === 'object' ? last.row.object : last.row.marker
  return { nextKeyMarker: last.row.key, nextVersionIdMarker: formatVersionId(versionId) }
}
