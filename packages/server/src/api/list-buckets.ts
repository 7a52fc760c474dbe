/** `GET /` of the service: the buckets of whoever asks, all of them or those with certain tags. */

import {
  DEFAULT_MAX_KEYS,
  decodeTagging,
  encodeListBucketsResult,
  type Query,
  type Tag,
} from '@lading/protocol'
import type { Bucket, Store } from '../store/store.ts'
import type { Operation, OssRequest } from './operation.ts'
import { invalidArgument, listingText, ownerOf, pageSize } from './parameters.ts'

/** Buckets whose tags are looked at in one step. */
const STEP = 100

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
    const wanted = wantedTags(query)

    const { rows, truncated } = await page(
      request,
      store,
      { owner, prefix, after: marker, limit: maxKeys },
      wanted,
    )
    return {
      status: 200,
      xml: encodeListBucketsResult({
        prefix,
        marker: marker ?? '',
        maxKeys,
        isTruncated: truncated,
        nextMarker: truncated ? rows.at(-1)?.bucket.name : undefined,
        owner: profile.describeOwner(owner),
        buckets: rows.map(({ bucket, tags }) => ({
          name: bucket.name,
          creationDate: bucket.createdAt,
          extranetEndpoint: profile.extranetEndpoint,
          intranetEndpoint: profile.intranetEndpoint,
          location: `oss-${profile.region}`,
          region: profile.region,
          storageClass: bucket.storageClass,
          tags,
        })),
      }),
    }
  },
}

/** All of which a bucket must have; without a value, a tag of any value. */
type WantedTags = readonly { readonly key: string; readonly value: string | undefined }[]

/** @throws {OssError} `InvalidArgument`. Source: ListBuckets, OSS API reference. */
function wantedTags(query: Query): WantedTags {
  const key = query.text('tag-key')
  const value = query.text('tag-value')
  if (key === undefined && value !== undefined) throw invalidArgument('tag-value', value)
  const text = query.text('tagging')
  return [...(key === undefined ? [] : [{ key, value }]), ...(text ? parseTagList(text) : [])]
}

/** Such as `"k1":"v1","k2":"v2"`: what stands between the braces of a JSON object. */
function parseTagList(text: string): WantedTags {
  try {
    const tags: unknown = JSON.parse(`{${text}}`)
    return Object.entries(tags ?? {}).map(([key, value]) => {
      if (typeof value !== 'string') throw new TypeError('The value of a tag is a text.')
      return { key, value }
    })
  } catch {
    throw invalidArgument('tagging', text)
  }
}

interface TaggedBucket {
  readonly bucket: Bucket
  readonly tags: readonly Tag[]
}

/** Those that the key of whoever asks may see; the others take no room in the page. */
async function page(
  request: OssRequest,
  store: Store,
  query: Parameters<Store['listBuckets']>[0],
  wanted: WantedTags,
): Promise<{ readonly rows: readonly TaggedBucket[]; readonly truncated: boolean }> {
  const found: TaggedBucket[] = []
  let { after } = query
  for (;;) {
    const { rows, truncated } = await store.listBuckets({ ...query, after, limit: STEP })
    for (const bucket of rows) {
      if (!request.maySeeBucket(bucket.name)) continue
      // Tags are told only where they were asked for.
      const tags = wanted.length === 0 ? [] : await tagsOf(store, bucket)
      if (!wanted.every((tag) => tags.some((one) => fits(one, tag)))) continue
      if (found.length === query.limit) return { rows: found, truncated: true }
      found.push({ bucket, tags })
    }
    after = rows.at(-1)?.name
    if (!truncated) return { rows: found, truncated: false }
  }
}

async function tagsOf(store: Store, { name }: Bucket): Promise<readonly Tag[]> {
  const xml = await store.findBucketSetting(name, 'tagging')
  return xml === undefined ? [] : decodeTagging(xml).tags
}

function fits(tag: Tag, { key, value }: WantedTags[number]): boolean {
  return tag.key === key && (value === undefined || tag.value === value)
}
