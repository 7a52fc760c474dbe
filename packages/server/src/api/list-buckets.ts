/** `GET /` of the service: the buckets of whoever asks. */

import { DEFAULT_MAX_KEYS, encodeListBucketsResult } from '@lading/protocol'
import type { Store } from '../store/store.ts'
import type { Bucket, Operation, OssRequest } from './operation.ts'
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

    const page = await visiblePage(request, store, { owner, prefix, after: marker, limit: maxKeys })
    return {
      status: 200,
      xml: encodeListBucketsResult({
        prefix,
        marker: marker ?? '',
        maxKeys,
        isTruncated: page.truncated,
        nextMarker: page.truncated ? page.buckets.at(-1)?.name : undefined,
        owner: ownerElement({ owner }),
        buckets: page.buckets.map((bucket) => ({
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

/** The buckets that the key of whoever asks may see; the others take no room in the page. */
async function visiblePage(
  request: OssRequest,
  store: Store,
  query: Parameters<Store['listBuckets']>[0],
): Promise<{ readonly buckets: readonly Bucket[]; readonly truncated: boolean }> {
  const buckets: Bucket[] = []
  for (let after = query.after; ; ) {
    const { rows, truncated } = await store.listBuckets({ ...query, after })
    for (const row of rows) {
      if (!request.maySeeBucket(row.name)) continue
      if (buckets.length === query.limit) return { buckets, truncated: true }
      buckets.push(row)
    }
    if (!truncated) return { buckets, truncated: false }
    after = rows.at(-1)?.name
  }
}
