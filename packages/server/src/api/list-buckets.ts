/** `GET /` of the service: the buckets of whoever asks. */

import { DEFAULT_MAX_KEYS, encodeListBucketsResult } from '@lading/protocol'
import type { Operation } from './operation.ts'
import { invalidArgument, listingText, ownerElement, ownerOf, pageSize } from './parameters.ts'

export const listBuckets: Operation = {
  name: 'ListBuckets',
  method: 'GET',
  resource: 'service',
  query: [],
  action: 'oss:ListBuckets',
  access: 'owner',
  body: { kind: 'none' },

  async handle(request, { store, profile }) {
    const { query } = request
    const owner = ownerOf(request)
    const prefix = listingText(query, 'prefix') ?? ''
    // No bucket can be meant by it. Source: ListBucketsTest of the Java SDK.
    if (/[A-Z]/.test(prefix)) throw invalidArgument('prefix', prefix)
    const marker = listingText(query, 'marker')
    const maxKeys = pageSize(query, 'max-keys', DEFAULT_MAX_KEYS)

    const { rows, truncated } = await store.listBuckets({
      owner,
      prefix,
      after: marker,
      limit: maxKeys,
    })
    return {
      status: 200,
      xml: encodeListBucketsResult({
        prefix,
        marker: marker ?? '',
        maxKeys,
        isTruncated: truncated,
        nextMarker: truncated ? rows.at(-1)?.name : undefined,
        owner: ownerElement({ owner }),
        buckets: rows.map((bucket) => ({
          name: bucket.name,
          creationDate: bucket.createdAt,
          extranetEndpoint: profile.extranetEndpoint,
          intranetEndpoint: profile.intranetEndpoint,
          location: `oss-${profile.region}`,
          region: profile.region,
          storageClass: bucket.storageClass,
        })),
      }),
    }
  },
}
