/** The operations on buckets and on who may use them. */

import type {
  BucketStat,
  ListLiveChannelResult,
  PolicyStatus,
  RegionInfoList,
} from '@lading/protocol'
import { ObjectClient } from './object-client.ts'
import * as rights from './operations/bucket-rights.ts'
import { deleteSetting } from './operations/bucket-settings.ts'
import * as buckets from './operations/buckets.ts'
import { pages } from './operations/pages.ts'
import type { CallOptions } from './options.ts'
import type { Answer } from './send.ts'

/** The part of `OssClient` that makes, lists and guards buckets. */
export class BucketClient extends ObjectClient {
  /** Makes the bucket; making one's own again with the same settings succeeds. */
  putBucket(input: buckets.PutBucketInput, options?: CallOptions): Promise<Answer> {
    return buckets.putBucket(this.sender, input, options)
  }

  /**
   * Refused with `BucketNotEmpty` while it has objects or open uploads. `NoSuchBucket` in answer to a
   * retry after a lost answer counts as done: `status` is then 404.
   */
  deleteBucket(input: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    return buckets.deleteBucket(this.sender, input, options)
  }

  listBuckets(
    input?: buckets.ListBucketsInput,
    options?: CallOptions,
  ): Promise<buckets.ListBucketsAnswer> {
    return buckets.listBuckets(this.sender, input, options)
  }

  /** All pages of `listBuckets`. */
  listBucketsPages(
    input?: buckets.ListBucketsInput,
    options?: CallOptions,
  ): AsyncGenerator<buckets.ListBucketsAnswer, void, void> {
    return pages(
      (position?: { marker: string | undefined }) =>
        this.listBuckets({ ...input, ...position }, options),
      (page) => (page.isTruncated ? { marker: page.nextMarker } : undefined),
    )
  }

  getBucketInfo(
    input: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<buckets.BucketInfoAnswer> {
    return buckets.getBucketInfo(this.sender, input, options)
  }

  getBucketLocation(
    input: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<buckets.BucketLocationAnswer> {
    return buckets.getBucketLocation(this.sender, input, options)
  }

  /** Whether the bucket is there: rejects with `NoSuchBucket` where it is not. */
  headBucket(input: buckets.BucketInput, options?: CallOptions): Promise<rights.HeadBucketAnswer> {
    return rights.headBucket(this.sender, input, options)
  }

  /** The regions of the service, and where each is reached. */
  describeRegions(
    input?: rights.DescribeRegionsInput,
    options?: CallOptions,
  ): Promise<Answer & RegionInfoList> {
    return rights.describeRegions(this.sender, input, options)
  }

  /** How much the bucket holds. */
  getBucketStat(input: buckets.BucketInput, options?: CallOptions): Promise<Answer & BucketStat> {
    return rights.getBucketStat(this.sender, input, options)
  }

  getBucketAcl(input: buckets.BucketInput, options?: CallOptions): Promise<rights.AclAnswer> {
    return rights.getBucketAcl(this.sender, input, options)
  }

  putBucketAcl(input: rights.PutBucketAclInput, options?: CallOptions): Promise<Answer> {
    return rights.putBucketAcl(this.sender, input, options)
  }

  /** Replaces all tags of the bucket. */
  putBucketTags(
    input: buckets.BucketInput & rights.TaggingInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return rights.putBucketTags(this.sender, input, options)
  }

  getBucketTags(input: buckets.BucketInput, options?: CallOptions): Promise<rights.TaggingAnswer> {
    return rights.getBucketTags(this.sender, input, options)
  }

  deleteBucketTags(input: rights.DeleteBucketTagsInput, options?: CallOptions): Promise<Answer> {
    return rights.deleteBucketTags(this.sender, input, options)
  }

  /** Replaces the policy, which says who may do what beyond the ACL. */
  putBucketPolicy(input: rights.PutBucketPolicyInput, options?: CallOptions): Promise<Answer> {
    return rights.putBucketPolicy(this.sender, input, options)
  }

  /** Rejects with `NoSuchBucketPolicy` where there is none. */
  getBucketPolicy(
    input: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<rights.GetBucketPolicyAnswer> {
    return rights.getBucketPolicy(this.sender, input, options)
  }

  getBucketPolicyStatus(
    input: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & PolicyStatus> {
    return rights.getBucketPolicyStatus(this.sender, input, options)
  }

  deleteBucketPolicy({ bucket }: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    const policy = { name: 'Policy', query: 'policy' }
    return deleteSetting(this.sender, policy, bucket, options)
  }

  /** One page of the streams that are recorded into the bucket. */
  listLiveChannel(
    input: rights.ListLiveChannelInput,
    options?: CallOptions,
  ): Promise<Answer & ListLiveChannelResult> {
    return rights.listLiveChannel(this.sender, input, options)
  }

  /** All pages of `listLiveChannel`. */
  listLiveChannelPages(
    input: rights.ListLiveChannelInput,
    options?: CallOptions,
  ): AsyncGenerator<Answer & ListLiveChannelResult, void, void> {
    return pages(
      (position?: { marker: string | undefined }) =>
        this.listLiveChannel({ ...input, ...position }, options),
      (page) => (page.isTruncated ? { marker: page.nextMarker } : undefined),
    )
  }
}
