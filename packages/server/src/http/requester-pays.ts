/** Buckets whose requests are paid by who makes them. */

import { OssError } from '@lading/protocol'
import type { Bucket, Principal } from '../api/operation.ts'
import type { BucketSettings } from './bucket-settings.ts'

interface PaidRequest {
  readonly principal: Principal
  readonly bucket: Bucket
  /** `x-oss-request-payer`, from a header or from the query. */
  readonly payer: string | undefined
}

/**
 * Nothing is charged here; but who does not say that it would pay is refused, as on the service.
 *
 * @returns whether it is the requester who pays.
 * @throws {OssError} `AccessDenied`. Source: PutBucketRequestPayment, OSS API reference, and the live
 *   suites of the Go and Java SDKs.
 */
export async function requesterPays(
  settings: BucketSettings,
  request: PaidRequest,
): Promise<boolean> {
  const { principal, bucket, payer } = request
  if (principal.kind === 'key' && principal.owner === bucket.owner) return false
  const configuration = await settings.findRequestPayment(bucket.name)
  if (configuration?.payer !== 'Requester') return false
  if (principal.kind === 'key' && payer?.toLowerCase() === 'requester') return true
  throw new OssError('AccessDenied', {
    message: 'Access denied for requester pay bucket',
    ec: '0003-00000703',
  })
}
