/** `GET /?list-type=2` of a bucket: its objects, by pages that a token continues. */

import { DEFAULT_MAX_KEYS, encodeListObjectsV2Result } from '@lading/protocol'
import { decodeContinuationToken, encodeContinuationToken } from './continuation-token.ts'
import { endOf, splitListing } from './object-listing.ts'
import type { Operation } from './operation.ts'
import { bucketOf, encodingTypeOf, invalidArgument, listingText, pageSize } from './parameters.ts'

export const listObjectsV2: Operation = {
  name: 'ListObjectsV2',
  method: 'GET',
  resource: 'bucket',
  query: ['list-type'],
  action: 'oss:ListObjects',
  access: 'read',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    const { query } = request
    const listType = query.get('list-type') ?? ''
    if (listType !== '2') throw invalidArgument('list-type', listType)
    const encodingType = encodingTypeOf(query)
    const prefix = listingText(query, 'prefix') ?? ''
    const delimiter = listingText(query, 'delimiter') ?? ''
    const startAfter = listingText(query, 'start-after')
    const continuationToken = query.text('continuation-token')
    const maxKeys = pageSize(query, 'max-keys', DEFAULT_MAX_KEYS)
    const after =
      continuationToken === undefined ? startAfter : decodeContinuationToken(continuationToken)

    const bucket = await store.getBucket(bucketOf(request))
    const { rows, truncated } = await store.listObjects(bucket.name, {
      prefix,
      delimiter,
      after,
      limit: maxKeys,
    })
    const end = truncated ? endOf(rows) : undefined
    const owner =
      query.get('fetch-owner') === 'true' ? profile.describeOwner(bucket.owner) : undefined
    return {
      status: 200,
      xml: encodeListObjectsV2Result(
        {
          name: bucket.name,
          prefix,
          startAfter: startAfter ?? '',
          maxKeys,
          delimiter,
          isTruncated: truncated,
          continuationToken,
          nextContinuationToken: end === undefined ? undefined : encodeContinuationToken(end),
          keyCount: rows.length,
          ...splitListing(rows, owner, request.time),
        },
        { encodingType },
      ),
    }
  },
}
