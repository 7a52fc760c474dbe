/** Forms that a browser may send without keys: what they must carry, and where to. */

import { formatTarget, signPostPolicyV1, signPostPolicyV4 } from '@lading/protocol'
import { type CallOptions, requireInteger } from '../options.ts'
import type { Sender } from '../send.ts'
import { type BucketInput, bucketTarget } from './buckets.ts'

/** As PostObject defines them: `['eq', '$key', 'a']`, `['starts-with', '$key', 'u/']`, `{ bucket: 'films' }`. */
export type PostPolicyCondition =
  | readonly [operator: 'eq' | 'starts-with', field: string, value: string]
  | readonly [operator: 'in' | 'not-in', field: string, values: readonly string[]]
  | readonly [operator: 'content-length-range', min: number, max: number]
  | Readonly<Record<string, string>>

export interface SignPostPolicyInput extends BucketInput {
  /** The one key that the form may store. Leave it out to let `keyPrefix` or `conditions` say which. */
  readonly key?: string | undefined
  /** What the form's own `key` must begin with; it may end in `${filename}`. */
  readonly keyPrefix?: string | undefined
  /** 1 or more. Default 3,600. Temporary keys end the form's life with their own. */
  readonly expiresInSeconds?: number | undefined
  /** Bytes that the file may have, both included. Default: any that the service takes. */
  readonly contentLength?: { readonly min: number; readonly max: number } | undefined
  /** Further fields of the form, such as `x-oss-object-acl`, which must then be sent just so. */
  readonly fields?: Readonly<Record<string, string>> | undefined
  readonly conditions?: readonly PostPolicyCondition[] | undefined
}

export interface SignPostPolicyAnswer {
  /** Where the form goes, by POST as `multipart/form-data`. */
  readonly url: string
  /** What it must contain, before the field `file`, which comes last. */
  readonly fields: Readonly<Record<string, string>>
  readonly expiration: Date
}

/** @throws {TypeError} when the client is anonymous, or nothing says which key may be stored. */
export async function signPostPolicy(
  sender: Sender,
  input: SignPostPolicyInput,
  { signal }: CallOptions = {},
): Promise<SignPostPolicyAnswer> {
  const { bucket, key, keyPrefix, contentLength, expiresInSeconds = 3600 } = input
  const { credentials: source, endpoint, style, region, signatureVersion } = sender.options
  if (!source) throw new TypeError('A client without credentials cannot sign forms.')
  requireInteger('expiresInSeconds', expiresInSeconds, 1, Number.MAX_SAFE_INTEGER)
  const namesKey = key !== undefined || keyPrefix !== undefined || input.conditions !== undefined
  if (!namesKey) throw new TypeError('A form needs a key, a keyPrefix or conditions of its own.')

  const now = sender.now()
  const expiration = new Date(now.getTime() + expiresInSeconds * 1000)
  const fields = { ...input.fields, ...(key !== undefined && { key }) }
  const conditions: PostPolicyCondition[] = [
    { bucket },
    ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
    ...(keyPrefix === undefined ? [] : [['starts-with', '$key', keyPrefix] as const]),
    ...(contentLength
      ? [['content-length-range', contentLength.min, contentLength.max] as const]
      : []),
    ...(input.conditions ?? []),
  ]
  const credentials = await source.get(signal)
  const policy = { expiration: expiration.toISOString(), conditions }
  const signed =
    signatureVersion === 'v4'
      ? signPostPolicyV4(policy, credentials, { region, now })
      : signPostPolicyV1(policy, credentials)
  const { host, path } = formatTarget(endpoint, style, bucketTarget(bucket))
  return {
    url: `${endpoint.scheme}://${host}${path}`,
    fields: { ...fields, ...signed },
    expiration,
  }
}
