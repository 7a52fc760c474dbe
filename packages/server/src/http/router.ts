/** Which operation a request asks for: method × resource × query names. */

import { OssError, type Query } from '@lading/protocol'
import type { Operation } from '../api/operation.ts'

export interface RoutedRequest {
  readonly method: string
  readonly bucket: string | undefined
  readonly key: string | undefined
  readonly query: Query
  readonly headers: ReadonlyMap<string, string>
}

/** The refusal is thrown late: a missing bucket and a wrong signature are told first. */
export type Route =
  | { readonly operation: Operation; readonly refusal?: undefined }
  | { readonly operation?: undefined; readonly refusal: OssError }

/**
 * Query names that ask for another operation than the plain one, of those that OSS has. A request with
 * one that we do not speak must not be taken for the plain operation: `PUT /key?acl` is no upload.
 * Every other name is a parameter, or nobody's, and disturbs nothing.
 * Source: the sub-resources of the OSS API reference.
 */
export const SELECTORS: ReadonlySet<string> = new Set(
  `accessPoint accessPointPolicy accessmonitor acl append archiveDirectRead asyncFetch
   bucketArchiveDirectRead bucketInfo cloudboxes cname comp cors delete encryption
   httpsConfig img inventory lifecycle live location logging metaQuery objectMeta overwriteConfig
   partNumber policy
   policyStatus position publicAccessBlock qos qosInfo redundancyTransition referer regions replication
   replicationLocation replicationProgress requestPayment requesterQosInfo resourceGroup
   resourcePoolInfo restore rtc seal stat style styleName symlink tagging transferAcceleration
   userDefinedLogFieldsConfig uploadId uploads versioning versions vod website worm wormExtend wormId
   x-oss-async-process x-oss-process x-oss-rename x-oss-write-get-object-response`.split(/\s+/),
)

/** Whether the query asks for an operation that is none of these, and may be another's. */
export function asksForOther(operations: readonly Operation[], query: Query): boolean {
  return query.entries.some(
    ([name]) =>
      SELECTORS.has(name) && !operations.some((operation) => operation.query.includes(name)),
  )
}

/**
 * Finds the operation whose query names the request has, the most of them where several fit. A request
 * that names only some of an operation's query, such as a part upload without its number, is that
 * operation's to refuse.
 */
export function routeRequest(operations: readonly Operation[], request: RoutedRequest): Route {
  const { method, query, headers } = request
  const resource = resourceOf(request)
  const here = operations.filter((operation) => operation.resource === resource)
  const sameMethod = here.filter(
    ({ method: own, header }) => own === method && (header === undefined || headers.has(header)),
  )
  const names = new Set(query.entries.map(([name]) => name))

  const whole = mostSpecific(sameMethod, ({ query: own, header }) =>
    own.every((name) => names.has(name)) ? rank(own.length, header) : -1,
  )
  if (whole && whole.query.length > 0) return { operation: whole }

  // Of the service, tags are what buckets are listed by.
  const plain = resource === 'service' ? 'tagging' : undefined
  const selectors = [...names].filter((name) => SELECTORS.has(name) && name !== plain)
  const part = mostSpecific(sameMethod, ({ query: own, header }) => {
    const common = own.filter((name) => selectors.includes(name)).length
    return common > 0 ? rank(common, header) : -1
  })
  if (part) return { operation: part }
  const [selector] = selectors
  if (whole && selector === undefined) return { operation: whole }
  const spoken =
    selector === undefined || here.some((operation) => operation.query.includes(selector))
  return {
    refusal: spoken ? new OssError('MethodNotAllowed') : notImplemented({ Query: selector }),
  }
}

function resourceOf({ bucket, key }: RoutedRequest): Operation['resource'] {
  if (bucket === undefined) return 'service'
  return key === undefined ? 'bucket' : 'object'
}

/** Names of the query weigh more than a header: `PUT ?acl` is no copy. */
function rank(names: number, header: string | undefined): number {
  return names * 2 + (header === undefined ? 0 : 1)
}

/** The operation with the highest rank from 0; the earliest in the table among equals. */
function mostSpecific(
  operations: readonly Operation[],
  rankOf: (operation: Operation) => number,
): Operation | undefined {
  let best: Operation | undefined
  for (const operation of operations) {
    if (rankOf(operation) > (best ? rankOf(best) : -1)) best = operation
  }
  return best
}

function notImplemented(details: Readonly<Record<string, string>>): OssError {
  return new OssError('NotImplemented', { details })
}
