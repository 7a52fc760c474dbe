/** `GET /` of a bucket: its objects, by pages that begin after a marker. */

import { DEFAULT_MAX_KEYS, encodeListObjectsResult } from '@lading/protocol'
import { endOf, splitListing } from './object-listing.ts'
import type { Operation } from './operation.ts'
import { bucketOf, encodingTypeOf, listingText, pageSize } from './parameters.ts'

export const listObjects: Operation = {
  name: 'ListObjects',
  method: 'GET',
  resource: 'bucket',
  query: [],
  action: 'oss:ListObjects',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    const { query } = request
    const encodingType = encodingTypeOf(query)
    const prefix = listingText(query, 'prefix') ?? ''
    const delimiter = listingText(query, 'delimiter') ?? ''
    const marker = listingText(query, 'marker')
    const maxKeys = pageSize(query, 'max-keys', DEFAULT_MAX_KEYS)

    const bucket = await store.getBucket(bucketOf(request))
    const { rows, truncated } = await store.listObjects(bucket.name, {
      prefix,
      delimiter,
      after: marker,
      limit: maxKeys,
    })
    return {
      status: 200,
      xml: encodeListObjectsResult(
        {
          name: bucket.name,
          prefix,
          marker: marker ?? '',
          maxKeys,
          delimiter,
          isTruncated: truncated,
          nextMarker: truncated ? endOf(rows) : undefined,
          ...splitListing(rows, profile.describeOwner(bucket.owner), request.time),
        },
        { encodingType },
      ),
    }
  },
}
