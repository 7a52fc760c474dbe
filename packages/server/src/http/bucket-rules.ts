/** What a bucket's own rules make of every request to it. */

import type { Query } from '@lading/protocol'
import type { Bucket, Principal, Reply } from '../api/operation.ts'
import type { BucketSettings } from './bucket-settings.ts'
import { crossOriginFields, preflightFields } from './cors.ts'
import { requireReferer } from './referer.ts'
import { requesterPays } from './requester-pays.ts'

interface Incoming {
  readonly method: string
  readonly framing: { readonly headers: ReadonlyMap<string, string> }
  readonly addFields: (fields: Readonly<Record<string, string>>) => void
}

/** @throws {OssError} `BadRequest`, `AccessForbidden`. */
export async function answerPreflight(
  settings: BucketSettings,
  bucket: Bucket | undefined,
  headers: ReadonlyMap<string, string>,
): Promise<Reply> {
  const configuration = bucket && (await settings.findCors(bucket.name))
  return { status: 200, headers: preflightFields(configuration, headers) }
}

/** Before anything is refused, so that a page of another origin can read why. */
export async function addCrossOrigin(
  settings: BucketSettings,
  bucket: Bucket,
  { method, framing, addFields }: Incoming,
): Promise<void> {
  const configuration = await settings.findCors(bucket.name)
  if (configuration) addFields(crossOriginFields(configuration, method, framing.headers))
}

/**
 * What a bucket asks of requests besides a right to make them.
 *
 * @throws {OssError} `AccessDenied`.
 */
export async function meetBucketRules(
  settings: BucketSettings,
  { framing: { headers }, addFields }: Incoming,
  request: {
    /** `undefined` for the service, and for a bucket to be made. */
    readonly bucket: Bucket | undefined
    readonly key: string | undefined
    readonly query: Query
    readonly principal: Principal
    /** What carries the signature, if there is one. */
    readonly carrier: 'header' | 'query' | undefined
  },
): Promise<void> {
  const { bucket, key, query, principal, carrier } = request
  if (!bucket) return
  // Who signs a header is no browser that follows a link.
  if (key !== undefined && carrier !== 'header') {
    const configuration = await settings.findReferer(bucket.name)
    if (configuration) requireReferer(configuration, headers.get('referer'))
  }
  const payer = headers.get('x-oss-request-payer') ?? query.get('x-oss-request-payer')
  if (await requesterPays(settings, { principal, bucket, payer })) {
    addFields({ 'x-oss-request-charged': 'requester' })
  }
}
