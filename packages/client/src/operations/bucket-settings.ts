/** What is set on a bucket as a whole: one document for each setting, put, got and deleted. */

import {
  type BucketLoggingStatus,
  type BucketUserQos,
  type CorsConfiguration,
  decodeBucketLoggingStatus,
  decodeBucketUserQos,
  decodeCorsConfiguration,
  decodeLifecycleConfiguration,
  decodePublicAccessBlockConfiguration,
  decodeRefererConfiguration,
  decodeRequestPaymentConfiguration,
  decodeServerSideEncryptionRule,
  decodeVersioningConfiguration,
  decodeWebsiteConfiguration,
  encodeBucketLoggingStatus,
  encodeBucketUserQos,
  encodeCorsConfiguration,
  encodeLifecycleConfiguration,
  encodePublicAccessBlockConfiguration,
  encodeRefererConfiguration,
  encodeRequestPaymentConfiguration,
  encodeServerSideEncryptionRule,
  encodeVersioningConfiguration,
  encodeWebsiteConfiguration,
  type LifecycleConfiguration,
  type PublicAccessBlockConfiguration,
  type RefererConfiguration,
  type RequestPaymentConfiguration,
  type ServerSideEncryptionRule,
  type VersioningConfiguration,
  type WebsiteConfiguration,
} from '@lading/protocol'
import type { CallOptions } from '../options.ts'
import type { Answer, Sender } from '../send.ts'
import type { BucketInput } from './buckets.ts'
import { bucketTarget, onlyStatus } from './buckets.ts'
import { documentBody } from './document-body.ts'

/**
 * What may be `undefined` in a document may as well be left out by whoever gives it.
 */
export type Given<T> = T extends string | number | boolean | Date | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Given<Item>[]
    : { readonly [K in keyof T as undefined extends T[K] ? never : K]: Given<T[K]> } & {
        readonly [K in keyof T as undefined extends T[K] ? K : never]?: Given<T[K]>
      }

export interface Setting<Value> {
  /** What stands behind `PutBucket`, `GetBucket` and `DeleteBucket` in the operations' names. */
  readonly name: string
  /** The query parameter that names it. */
  readonly query: string
  encode(value: Value): string
  decode(text: string): Value
}

export const cors: Setting<CorsConfiguration> = {
  name: 'Cors',
  query: 'cors',
  encode: encodeCorsConfiguration,
  decode: decodeCorsConfiguration,
}

export const encryption: Setting<ServerSideEncryptionRule> = {
  name: 'Encryption',
  query: 'encryption',
  encode: encodeServerSideEncryptionRule,
  decode: decodeServerSideEncryptionRule,
}

export const lifecycle: Setting<LifecycleConfiguration> = {
  name: 'Lifecycle',
  query: 'lifecycle',
  encode: encodeLifecycleConfiguration,
  decode: decodeLifecycleConfiguration,
}

export const logging: Setting<BucketLoggingStatus> = {
  name: 'Logging',
  query: 'logging',
  encode: encodeBucketLoggingStatus,
  decode: decodeBucketLoggingStatus,
}

export const publicAccessBlock: Setting<PublicAccessBlockConfiguration> = {
  name: 'PublicAccessBlock',
  query: 'publicAccessBlock',
  encode: encodePublicAccessBlockConfiguration,
  decode: decodePublicAccessBlockConfiguration,
}

export const qos: Setting<BucketUserQos> = {
  name: 'Qos',
  query: 'qos',
  encode: encodeBucketUserQos,
  decode: decodeBucketUserQos,
}

export const referer: Setting<RefererConfiguration> = {
  name: 'Referer',
  query: 'referer',
  encode: encodeRefererConfiguration,
  decode: decodeRefererConfiguration,
}

export const requestPayment: Setting<RequestPaymentConfiguration> = {
  name: 'RequestPayment',
  query: 'requestPayment',
  encode: encodeRequestPaymentConfiguration,
  decode: decodeRequestPaymentConfiguration,
}

/** The document calls it `status`, which every answer has already. */
export interface BucketVersioning {
  /** `undefined` in the answer about a bucket that never had versions. */
  readonly versioning: VersioningConfiguration['status']
}

export const versioning: Setting<BucketVersioning> = {
  name: 'Versioning',
  query: 'versioning',
  encode: ({ versioning: status }) => encodeVersioningConfiguration({ status }),
  decode: (text) => ({ versioning: decodeVersioningConfiguration(text).status }),
}

export const website: Setting<WebsiteConfiguration> = {
  name: 'Website',
  query: 'website',
  encode: encodeWebsiteConfiguration,
  decode: decodeWebsiteConfiguration,
}

export type PutBucketCorsInput = BucketInput & {
  readonly rules: readonly Given<CorsConfiguration['rules'][number]>[]
  /** Whether answers say that they depend on the origin. Default `false`. */
  readonly responseVary?: boolean | undefined
}
export type PutBucketRefererInput = BucketInput & Partial<RefererConfiguration>
export type PutBucketWebsiteInput = BucketInput & Partial<Given<WebsiteConfiguration>>

/** Defaults of the service. */
export const openToAllReferers: RefererConfiguration = {
  allowEmptyReferer: true,
  allowTruncateQueryString: true,
  truncatePath: false,
  referers: [],
  blacklist: [],
}

/** `bucket` is `undefined` for a setting of the service as a whole. */
export function getSetting<Value>(
  sender: Sender,
  { name, query, decode }: Setting<Value>,
  bucket: string | undefined,
  options?: CallOptions,
): Promise<Answer & Value> {
  return sender.send(
    {
      operation: `Get${of(bucket)}${name}`,
      method: 'GET',
      target: targetOf(bucket),
      query: [[query, '']],
      receive: ({ status, requestId, text }) => ({ status, requestId, ...decode(text) }),
    },
    options,
  )
}

export async function putSetting<Value>(
  sender: Sender,
  { name, query, encode }: Setting<Value>,
  bucket: string | undefined,
  value: Given<Value>,
  options?: CallOptions,
): Promise<Answer> {
  return sender.send(
    {
      operation: `Put${of(bucket)}${name}`,
      method: 'PUT',
      target: targetOf(bucket),
      query: [[query, '']],
      // Encoding reads what is left out just as what is `undefined`.
      ...(await documentBody(sender, encode(value as Value))),
      receive: onlyStatus,
    },
    options,
  )
}

export function deleteSetting(
  sender: Sender,
  { name, query }: Pick<Setting<unknown>, 'name' | 'query'>,
  bucket: string | undefined,
  options?: CallOptions,
): Promise<Answer> {
  return sender.send(
    {
      operation: `Delete${of(bucket)}${name}`,
      method: 'DELETE',
      target: targetOf(bucket),
      query: [[query, '']],
      receive: onlyStatus,
    },
    options,
  )
}

function of(bucket: string | undefined): string {
  return bucket === undefined ? '' : 'Bucket'
}

function targetOf(bucket: string | undefined): { bucket: string | undefined; key: undefined } {
  return bucket === undefined ? { bucket, key: undefined } : bucketTarget(bucket)
}
