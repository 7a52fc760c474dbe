/** Who may do what with a bucket, what it is called by, and what it holds. */

import {
  type BucketStat,
  decodeAccessControlPolicy,
  decodeBucketStat,
  decodeListLiveChannelResult,
  decodePolicyStatus,
  decodeRegionInfoList,
  decodeTagging,
  encodeTagging,
  type ListLiveChannelResult,
  type Owner,
  type PolicyStatus,
  type RegionInfoList,
} from '@lading/protocol'
import type { CallOptions } from '../options.ts'
import type { Answer, Sender } from '../send.ts'
import { type BucketInput, bucketTarget, onlyStatus } from './buckets.ts'
import { documentBody } from './document-body.ts'
import { queryOf } from './query.ts'

export interface HeadBucketAnswer extends Answer {
  /** Such as `oss-cn-hangzhou`. */
  readonly region: string | undefined
}

export interface PutBucketAclInput extends BucketInput {
  readonly acl: 'private' | 'public-read' | 'public-read-write'
}

export interface AclAnswer extends Answer {
  readonly owner: Owner
  /** `private`, `public-read` or `public-read-write`; of an object also `default`. */
  readonly acl: string
}

export interface TaggingInput {
  readonly tagging: Readonly<Record<string, string>>
}

export interface TaggingAnswer extends Answer, TaggingInput {}

export interface DeleteBucketTagsInput extends BucketInput {
  /** Default: all of them. */
  readonly keys?: readonly string[] | undefined
}

export interface PutBucketPolicyInput extends BucketInput {
  /** JSON; kept byte for byte when it is given as text. */
  readonly policy: string | object
}

export interface GetBucketPolicyAnswer extends Answer {
  /** JSON, as it was put. */
  readonly policy: string
}

export interface DescribeRegionsInput {
  /** Such as `oss-cn-hangzhou`. Default: all. */
  readonly region?: string | undefined
}

export interface ListLiveChannelInput extends BucketInput {
  readonly prefix?: string | undefined
  readonly marker?: string | undefined
  /** 1 to 1,000. Default 100. */
  readonly maxKeys?: number | undefined
}

export function headBucket(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<HeadBucketAnswer> {
  return sender.send(
    {
      operation: 'HeadBucket',
      method: 'HEAD',
      target: bucketTarget(bucket),
      receive: (answer) => ({
        ...onlyStatus(answer),
        region: answer.headers.get('x-oss-bucket-region'),
      }),
    },
    options,
  )
}

export function getBucketAcl(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<AclAnswer> {
  return sender.send(
    {
      operation: 'GetBucketAcl',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [['acl', '']],
      receive: (answer) => {
        const { owner, grant } = decodeAccessControlPolicy(answer.text)
        return { ...onlyStatus(answer), owner, acl: grant }
      },
    },
    options,
  )
}

export function putBucketAcl(
  sender: Sender,
  { bucket, acl }: PutBucketAclInput,
  options?: CallOptions,
): Promise<Answer> {
  return sender.send(
    {
      operation: 'PutBucketAcl',
      method: 'PUT',
      target: bucketTarget(bucket),
      query: [['acl', '']],
      headers: { 'x-oss-acl': acl },
      receive: onlyStatus,
    },
    options,
  )
}

export function getBucketTags(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<TaggingAnswer> {
  return sender.send(
    {
      operation: 'GetBucketTags',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [['tagging', '']],
      receive: (answer) => ({ ...onlyStatus(answer), tagging: taggingOf(answer.text) }),
    },
    options,
  )
}

export async function putBucketTags(
  sender: Sender,
  { bucket, tagging }: BucketInput & TaggingInput,
  options?: CallOptions,
): Promise<Answer> {
  return sender.send(
    {
      operation: 'PutBucketTags',
      method: 'PUT',
      target: bucketTarget(bucket),
      query: [['tagging', '']],
      ...(await documentBody(sender, taggingDocument(tagging))),
      receive: onlyStatus,
    },
    options,
  )
}

export function deleteBucketTags(
  sender: Sender,
  { bucket, keys = [] }: DeleteBucketTagsInput,
  options?: CallOptions,
): Promise<Answer> {
  return sender.send(
    {
      operation: 'DeleteBucketTags',
      method: 'DELETE',
      target: bucketTarget(bucket),
      query: [['tagging', keys.join(',')]],
      receive: onlyStatus,
    },
    options,
  )
}

export function getBucketPolicy(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<GetBucketPolicyAnswer> {
  return sender.send(
    {
      operation: 'GetBucketPolicy',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [['policy', '']],
      receive: (answer) => ({ ...onlyStatus(answer), policy: answer.text }),
    },
    options,
  )
}

export async function putBucketPolicy(
  sender: Sender,
  { bucket, policy }: PutBucketPolicyInput,
  options?: CallOptions,
): Promise<Answer> {
  const text = typeof policy === 'string' ? policy : JSON.stringify(policy)
  return sender.send(
    {
      operation: 'PutBucketPolicy',
      method: 'PUT',
      target: bucketTarget(bucket),
      query: [['policy', '']],
      ...(await documentBody(sender, text, 'application/json')),
      receive: onlyStatus,
    },
    options,
  )
}

export function getBucketPolicyStatus(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<Answer & PolicyStatus> {
  return sender.send(
    {
      operation: 'GetBucketPolicyStatus',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [['policyStatus', '']],
      receive: (answer) => ({ ...onlyStatus(answer), ...decodePolicyStatus(answer.text) }),
    },
    options,
  )
}

export function getBucketStat(
  sender: Sender,
  { bucket }: BucketInput,
  options?: CallOptions,
): Promise<Answer & BucketStat> {
  return sender.send(
    {
      operation: 'GetBucketStat',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [['stat', '']],
      receive: (answer) => ({ ...onlyStatus(answer), ...decodeBucketStat(answer.text) }),
    },
    options,
  )
}

export function listLiveChannel(
  sender: Sender,
  { bucket, prefix, marker, maxKeys }: ListLiveChannelInput,
  options?: CallOptions,
): Promise<Answer & ListLiveChannelResult> {
  return sender.send(
    {
      operation: 'ListLiveChannel',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [['live', ''], ...queryOf({ prefix, marker, 'max-keys': maxKeys })],
      receive: (answer) => ({ ...onlyStatus(answer), ...decodeListLiveChannelResult(answer.text) }),
    },
    options,
  )
}

export function describeRegions(
  sender: Sender,
  { region = '' }: DescribeRegionsInput = {},
  options?: CallOptions,
): Promise<Answer & RegionInfoList> {
  return sender.send(
    {
      operation: 'DescribeRegions',
      method: 'GET',
      target: { bucket: undefined, key: undefined },
      query: [['regions', region]],
      receive: (answer) => ({ ...onlyStatus(answer), ...decodeRegionInfoList(answer.text) }),
    },
    options,
  )
}

/** Of a bucket or of an object: the document is the same. */
export function taggingDocument(tagging: Readonly<Record<string, string>>): string {
  return encodeTagging({ tags: Object.entries(tagging).map(([key, value]) => ({ key, value })) })
}

export function taggingOf(xml: string): Record<string, string> {
  return Object.fromEntries(decodeTagging(xml).tags.map(({ key, value }) => [key, value]))
}
