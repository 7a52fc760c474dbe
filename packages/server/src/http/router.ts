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
const SELECTORS: ReadonlySet<string> = new Set(
  `accessPoint accessPointPolicy accessmonitor acl append archiveDirectRead asyncFetch
   bucketArchiveDirectRead bucketInfo callback cloudboxes cname comp cors delete encryption
   httpsConfig img inventory lifecycle live location logging metaQuery objectMeta partNumber policy
   policyStatus position publicAccessBlock qosInfo redundancyTransition referer regions replication
   replicationLocation replicationProgress requestPayment requesterQosInfo resourceGroup
   resourcePoolInfo restore rtc seal stat style styleName symlink tagging transferAcceleration
   uploadId uploads versioning versions vod website worm wormExtend wormId
   x-oss-async-process x-oss-process x-oss-rename x-oss-write-get-object-response`.split(/\s+/),
)

/** Headers that make a PUT of an object another operation. */
const COPY_SOURCE = 'x-oss-copy-source'

/**
 * Finds the operation whose query names the request has, the most of them where several fit. A request
 * that names only some of an operation's query, such as a part upload without its number, is that
 * operation's to refuse.
 */
export function routeRequest(operations: readonly Operation[], request: RoutedRequest): Route {
  const { method, query, headers } = request
  const resource = resourceOf(request)
  const here = operations.filter((operation) => operation.resource === resource)
  const sameMethod = here.filter((operation) => operation.method === method)
  const names = new Set(query.entries.map(([name]) => name))

  const whole = mostSpecific(sameMethod, ({ query: own }) =>
    own.every((name) => names.has(name)) ? own.length : -1,
  )
  if (method === 'PUT' && resource === 'object' && headers.has(COPY_SOURCE)) {
    return { refusal: notImplemented({ Header: COPY_SOURCE }) }
  }
  if (whole && whole.query.length > 0) return { operation: whole }

  // Of the service, tags are what buckets are listed by.
  const plain = resource === 'service' ? 'tagging' : undefined
  const selectors = [...names].filter((name) => SELECTORS.has(name) && name !== plain)
  const part = mostSpecific(sameMethod, ({ query: own }) => {
    const common = own.filter((name) => selectors.includes(name)).length
    return common > 0 ? common : -1
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

/** The operation with the highest rank from 0; the earliest in the table among equals. */
function mostSpecific(
  operations: readonly Operation[],
  rank: (operation: Operation) => number,
): Operation | undefined {
  let best: Operation | undefined
  for (const operation of operations) {
    if (rank(operation) > (best ? rank(best) : -1)) best = operation
  }
  return best
}

function notImplemented(details: Readonly<Record<string, string>>): OssError {
  return new OssError('NotImplemented', { details })
}
