/** Operations on buckets. */

import {
  type BucketInfo,
  type CreateBucketConfiguration,
  decodeBucketInfo,
  decodeBucketLocation,
  decodeListBucketsResult,
  encodeCreateBucketConfiguration,
  type ListBucketsResult,
  requireBucketName,
} from '@lading/protocol'
import { bytesBody } from '../body.ts'
import type { CallOptions } from '../options.ts'
import type { Answer, Sender } from '../send.ts'
import { queryOf } from './query.ts'
import { repeatable } from './repeated.ts'

export interface BucketInput {
  readonly bucket: string
}

export interface PutBucketInput extends BucketInput, CreateBucketConfiguration {
  /** Default `private`. */
  readonly acl?: 'private' | 'public-read' | 'public-read-write' | undefined
}

export interface ListBucketsInput {
  readonly prefix?: string | undefined
  readonly marker?: string | undefined
  /** 1 to 1,000. Default 100. */
  readonly maxKeys?: number | undefined
}

export type ListBucketsAnswer = Answer & ListBucketsResult
export type BucketInfoAnswer = Answer & BucketInfo
export interface BucketLocationAnswer extends Answer {
  /** Such as `oss-cn-hangzhou`. */
  readonly location: string
}

export function putBucket(
  sender: Sender,
  { bucket, acl, ...configuration }: PutBucketInput,
  options?: CallOptions,
): Promise<Answer> {
  const isPlain = Object.values(configuration).every((value) => value === undefined)
  const xml = isPlain ? undefined : encodeCreateBucketConfiguration(configuration)
  return sender.send(
    {
      operation: 'PutBucket',
      method: 'PUT',
      target: bucketTarget(bucket),
      headers: {
        'x-oss-acl': acl,
        'content-type': xml === undefined ? undefined : 'application/xml',
      },
      ...(xml !== undefined && { body: bytesBody(new TextEncoder().encode(xml)) }),
      receive: onlyStatus,
    },
    options,
  )
}

export function deleteBucket(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<Answer> {
  const call = {
    operation: 'DeleteBucket',
    method: 'DELETE',
    target: bucketTarget(bucket),
    receive: onlyStatus,
  }
  return repeatable('NoSuchBucket', options, (options) => sender.send(call, options), onlyStatus)
}

export function listBuckets(
  sender: Sender,
  { prefix, marker, maxKeys }: ListBucketsInput = {},
  options?: CallOptions,
): Promise<ListBucketsAnswer> {
  return sender.send(
    {
      operation: 'ListBuckets',
      method: 'GET',
      target: { bucket: undefined, key: undefined },
      query: queryOf({ prefix, marker, 'max-keys': maxKeys }),
      receive: ({ status, requestId, text }) => ({
        status,
        requestId,
        ...decodeListBucketsResult(text),
      }),
    },
    options,
  )
}

export function getBucketInfo(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<BucketInfoAnswer> {
  return sender.send(
    {
      operation: 'GetBucketInfo',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [['bucketInfo', '']],
      receive: ({ status, requestId, text }) => ({ status, requestId, ...decodeBucketInfo(text) }),
    },
    options,
  )
}

export function getBucketLocation(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<BucketLocationAnswer> {
  return sender.send(
    {
      operation: 'GetBucketLocation',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [['location', '']],
      receive: ({ status, requestId, text }) => ({
        status,
        requestId,
        location: decodeBucketLocation(text),
      }),
    },
    options,
  )
}

export function bucketTarget(bucket: string): { bucket: string; key: undefined } {
  return { bucket: requireBucketName(bucket), key: undefined }
}

export function onlyStatus({ status, requestId }: Answer): Answer {
  return { status, requestId }
}
