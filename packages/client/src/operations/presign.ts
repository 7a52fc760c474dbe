/** URLs that carry their own signature. */

import {
  formatQuery,
  formatTarget,
  MAX_PRESIGN_SECONDS,
  presignV1,
  presignV4,
  type Target,
} from '@lading/protocol'
import { type CallOptions, requireInteger } from '../options.ts'
import type { Sender } from '../send.ts'
import { bucketTarget } from './buckets.ts'
import { objectTarget, requireUploadId } from './multipart.ts'
import { queryOf } from './query.ts'

export interface PresignInput {
  /** Default: none, for what is asked of the service as a whole. */
  readonly bucket?: string | undefined
  /** Default: none, for what is asked of the bucket. */
  readonly key?: string | undefined
  readonly method: 'GET' | 'PUT' | 'HEAD' | 'DELETE' | 'POST'
  /** 1 to 604,800 with V4. Default 3,600. Temporary keys end the URL's life with their own. */
  readonly expiresInSeconds?: number | undefined
  /** With `partNumber` and PUT: the URL of one part. */
  readonly uploadId?: string | undefined
  readonly partNumber?: number | undefined
  /** Further parameters, such as `response-content-disposition`; `{ acl: '' }` is the operation on the ACL. */
  readonly query?: Readonly<Record<string, string>> | undefined
  /** Content-Type, Content-MD5 and `x-oss-*` that whoever uses the URL must send just so. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Names of further ones among `headers` to be signed; without it they may be sent in any form. V4 only. */
  readonly additionalHeaders?: readonly string[] | undefined
}

export interface PresignAnswer {
  readonly url: string
  readonly method: string
  readonly expiration: Date
  /** To be sent along; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** @throws {TypeError} when the client is anonymous, or asked to sign by V1 what that leaves out. */
export async function presign(
  sender: Sender,
  input: PresignInput,
  options: CallOptions = {},
): Promise<PresignAnswer> {
  const { method, expiresInSeconds = 3600, uploadId, partNumber, additionalHeaders } = input
  const { credentials: source, endpoint, style, region, signatureVersion } = sender.options
  if (!source) throw new TypeError('A client without credentials cannot sign URLs.')
  if (additionalHeaders && signatureVersion !== 'v4') {
    throw new TypeError('Only V4 signs additional headers: leave signatureVersion at its default.')
  }
  requireInteger('expiresInSeconds', expiresInSeconds, 1, longestLife(signatureVersion))

  const target = targetOf(input)
  const headers = new Map(
    Object.entries(input.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const query = [
    ...queryOf({
      partNumber,
      uploadId: uploadId === undefined ? undefined : requireUploadId(uploadId),
    }),
    ...Object.entries(input.query ?? {}),
  ]
  const credentials = await source.get(options.signal)
  const request = { method, ...target, query, headers }
  const now = sender.now()
  const expiration = new Date(now.getTime() + expiresInSeconds * 1000)
  const additional = additionalHeaders && { additionalHeaders }
  const signed =
    signatureVersion === 'v4'
      ? presignV4(request, credentials, { region, now, expiresInSeconds, ...additional })
      : presignV1(request, credentials, { expiresAt: expiration })
  const { host, path } = formatTarget(endpoint, style, target)
  return {
    url: `${endpoint.scheme}://${host}${path}?${formatQuery(signed)}`,
    method,
    expiration,
    headers: Object.fromEntries(headers),
  }
}

function targetOf({ bucket, key }: PresignInput): Target {
  if (bucket === undefined) {
    if (key === undefined) return { bucket, key }
    throw new TypeError('An object key needs a bucket.')
  }
  return key === undefined ? bucketTarget(bucket) : objectTarget({ bucket, key })
}

/** Seconds; V1 URLs have no bound of their own. */
function longestLife(signatureVersion: 'v1' | 'v4'): number {
  return signatureVersion === 'v4' ? MAX_PRESIGN_SECONDS : Number.MAX_SAFE_INTEGER
}
