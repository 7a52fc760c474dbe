/** Which bucket and key a request means, in each way that its Host and path can be read. */

import { isBucketName, OssError, type Query, readTargets, type Target } from '@lading/protocol'
import type { Bucket } from '../api/operation.ts'
import type { Reading } from './authenticate.ts'
import type { Incoming, Service } from './dispatch.ts'
import { asksForOther, type Route, routeRequest } from './router.ts'

export interface RoutedReading extends Reading {
  readonly route: Route
  readonly bucket: Bucket | undefined
}

/** Every reading of the address, each with what it asks for and what stands in its way. */
export async function readAddress(
  service: Service,
  { method, framing }: Incoming,
  query: Query,
): Promise<[RoutedReading, ...RoutedReading[]]> {
  const targets = readTargets(framing.host, framing.rawPath, service.addresses)
  const operations = asksForOther(service.operations, query)
    ? await service.loadOperations()
    : service.operations
  const read = async (target: Target): Promise<RoutedReading> => {
    const route = routeRequest(operations, {
      method,
      ...target,
      query,
      headers: framing.headers,
    })
    const name = target.bucket
    if (name === undefined) return { target, route, bucket: undefined, obstacle: undefined }
    const bucket = isBucketName(name) ? await service.findBucket(name) : undefined
    const mayMakeIt = route.operation?.createsBucket === true
    const obstacle = bucket || mayMakeIt ? undefined : missingBucket(method, name)
    return { target, route, bucket, obstacle }
  }
  const [first, ...rest] = await Promise.all(targets.map(read))
  if (!first) throw new Error('An address has at least one reading.')
  return [first, ...rest]
}

/**
 * A name that no bucket can have is looked up in vain by those who read, and refused to those who
 * write. Source: the Java SDK's live suite asks for the info of such a bucket.
 */
export function missingBucket(method: string, name: string): OssError {
  const reads = method === 'GET' || method === 'HEAD' || method === 'OPTIONS'
  if (!reads && !isBucketName(name)) {
    return new OssError('InvalidBucketName', { details: { BucketName: name } })
  }
  return new OssError('NoSuchBucket', { ec: '0015-00000101', details: { BucketName: name } })
}
