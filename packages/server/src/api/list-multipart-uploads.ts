/** `GET /?uploads`: the uploads of a bucket that are neither completed nor aborted, in pages. */

import { encodeListMultipartUploadsResult, MAX_PAGE } from '@lading/protocol'
import type { ListingEntry, Upload } from '../store/store.ts'
import type { Operation } from './operation.ts'
import { bucketOf, encodingTypeOf, listingText, pageSize } from './parameters.ts'

export const listMultipartUploads: Operation = {
  name: 'ListMultipartUploads',
  method: 'GET',
  resource: 'bucket',
  query: ['uploads'],
  action: 'oss:ListMultipartUploads',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store }) {
    const { query } = request
    const bucket = bucketOf(request)
    const encodingType = encodingTypeOf(query)
    const prefix = listingText(query, 'prefix') ?? ''
    const delimiter = listingText(query, 'delimiter') ?? ''
    const keyMarker = listingText(query, 'key-marker')
    const uploadIdMarker = listingText(query, 'upload-id-marker')
    const maxUploads = pageSize(query, 'max-uploads', MAX_PAGE)

    const { rows, truncated } = await store.listUploads(bucket, {
      prefix,
      delimiter,
      after: keyMarker,
      // Means nothing by itself. Source: ListMultipartUploads, OSS API reference.
      afterUploadId: keyMarker === undefined ? undefined : uploadIdMarker,
      limit: maxUploads,
    })
    return {
      status: 200,
      xml: encodeListMultipartUploadsResult(
        {
          bucket,
          keyMarker: keyMarker ?? '',
          uploadIdMarker: uploadIdMarker ?? '',
          ...nextMarkers(rows.at(-1)),
          delimiter,
          prefix,
          maxUploads,
          isTruncated: truncated,
          uploads: rows.flatMap((entry) => (entry.kind === 'row' ? [listed(entry.row)] : [])),
          commonPrefixes: rows.flatMap((entry) => (entry.kind === 'prefix' ? [entry.prefix] : [])),
        },
        { encodingType },
      ),
    }
  },
}

function listed({ key, uploadId, attributes, initiatedAt }: Upload): {
  key: string
  uploadId: Upload['uploadId']
  storageClass: string
  initiated: Date
} {
  return { key, uploadId, storageClass: attributes.storageClass, initiated: initiatedAt }
}

/** Where the last entry was, also on the last page. */
function nextMarkers(last: ListingEntry<Upload> | undefined): {
  nextKeyMarker: string
  nextUploadIdMarker: string
} {
  if (!last) return { nextKeyMarker: '', nextUploadIdMarker: '' }
  if (last.kind === 'prefix') return { nextKeyMarker: last.prefix, nextUploadIdMarker: '' }
  return { nextKeyMarker: last.row.key, nextUploadIdMarker: last.row.uploadId }
}
