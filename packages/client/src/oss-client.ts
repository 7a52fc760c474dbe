/** The client: one method for each OSS operation. */

import type {
  BucketLoggingStatus,
  BucketUserQos,
  CorsConfiguration,
  LifecycleConfiguration,
  PublicAccessBlockConfiguration,
  RefererConfiguration,
  RequestPaymentConfiguration,
  ServerSideEncryptionRule,
  WebsiteConfiguration,
} from '@lading/protocol'
import { BucketClient } from './bucket-client.ts'
import * as settings from './operations/bucket-settings.ts'
import type { BucketInput } from './operations/buckets.ts'
import type { CallOptions } from './options.ts'
import type { Answer } from './send.ts'

/**
 * Talks to one OSS endpoint, with a method for each operation: those that `upload` needs, then those
 * on objects, those on buckets, and here what is set on a bucket as a whole. What they have in common
 * stands at `UploadClient`.
 */
export class OssClient extends BucketClient {
  /** Once `Enabled`, versions can be `Suspended`, but not forgotten. */
  putBucketVersioning(
    { bucket, ...given }: BucketInput & settings.Given<settings.BucketVersioning>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.sender, settings.versioning, bucket, given, options)
  }

  getBucketVersioning(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & settings.BucketVersioning> {
    return settings.getSetting(this.sender, settings.versioning, bucket, options)
  }

  /** What objects are encrypted with that do not say so themselves: `algorithm` is `AES256` or `KMS`. */
  putBucketEncryption(
    { bucket, ...given }: BucketInput & settings.Given<ServerSideEncryptionRule>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.sender, settings.encryption, bucket, given, options)
  }

  getBucketEncryption(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & ServerSideEncryptionRule> {
    return settings.getSetting(this.sender, settings.encryption, bucket, options)
  }

  deleteBucketEncryption({ bucket }: BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.sender, settings.encryption, bucket, options)
  }

  /** Which pages of other origins may talk to the bucket. */
  putBucketCors(
    { bucket, ...given }: settings.PutBucketCorsInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(
      this.sender,
      settings.cors,
      bucket,
      { responseVary: false, ...given },
      options,
    )
  }

  getBucketCors(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & CorsConfiguration> {
    return settings.getSetting(this.sender, settings.cors, bucket, options)
  }

  deleteBucketCors({ bucket }: BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.sender, settings.cors, bucket, options)
  }

  /** From which pages the bucket may be read. What is left out is as for a new bucket. */
  putBucketReferer(
    { bucket, ...given }: settings.PutBucketRefererInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(
      this.sender,
      settings.referer,
      bucket,
      { ...settings.openToAllReferers, ...given },
      options,
    )
  }

  getBucketReferer(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & RefererConfiguration> {
    return settings.getSetting(this.sender, settings.referer, bucket, options)
  }

  /** How much the bucket may hold: `storageCapacity` in gigabytes, -1 for no bound. */
  putBucketQos(
    { bucket, ...given }: BucketInput & settings.Given<BucketUserQos>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.sender, settings.qos, bucket, given, options)
  }

  getBucketQos({ bucket }: BucketInput, options?: CallOptions): Promise<Answer & BucketUserQos> {
    return settings.getSetting(this.sender, settings.qos, bucket, options)
  }

  /** Who pays for requests. */
  putBucketRequestPayment(
    { bucket, ...given }: BucketInput & settings.Given<RequestPaymentConfiguration>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.sender, settings.requestPayment, bucket, given, options)
  }

  getBucketRequestPayment(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & RequestPaymentConfiguration> {
    return settings.getSetting(this.sender, settings.requestPayment, bucket, options)
  }

  /** Where the access logs go. */
  putBucketLogging(
    { bucket, ...given }: BucketInput & settings.Given<BucketLoggingStatus>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.sender, settings.logging, bucket, given, options)
  }

  getBucketLogging(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & BucketLoggingStatus> {
    return settings.getSetting(this.sender, settings.logging, bucket, options)
  }

  deleteBucketLogging({ bucket }: BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.sender, settings.logging, bucket, options)
  }

  /** How the bucket is served as a website. */
  putBucketWebsite(
    { bucket, ...given }: settings.PutBucketWebsiteInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(
      this.sender,
      settings.website,
      bucket,
      { routingRules: [], ...given },
      options,
    )
  }

  getBucketWebsite(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & WebsiteConfiguration> {
    return settings.getSetting(this.sender, settings.website, bucket, options)
  }

  deleteBucketWebsite({ bucket }: BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.sender, settings.website, bucket, options)
  }

  /** Which objects, versions and open uploads the service removes or moves by itself, and when. */
  putBucketLifecycle(
    { bucket, ...given }: BucketInput & settings.Given<LifecycleConfiguration>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.sender, settings.lifecycle, bucket, given, options)
  }

  getBucketLifecycle(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & LifecycleConfiguration> {
    return settings.getSetting(this.sender, settings.lifecycle, bucket, options)
  }

  deleteBucketLifecycle({ bucket }: BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.sender, settings.lifecycle, bucket, options)
  }

  /** Replaces what was set before. */
  putBucketPublicAccessBlock(
    { bucket, ...given }: BucketInput & settings.Given<PublicAccessBlockConfiguration>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.sender, settings.publicAccessBlock, bucket, given, options)
  }

  getBucketPublicAccessBlock(
    { bucket }: BucketInput,
    options?: CallOptions,
  ): Promise<Answer & PublicAccessBlockConfiguration> {
    return settings.getSetting(this.sender, settings.publicAccessBlock, bucket, options)
  }

  deleteBucketPublicAccessBlock({ bucket }: BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.sender, settings.publicAccessBlock, bucket, options)
  }

  /** The same for all buckets of the account. */
  putPublicAccessBlock(
    input: PublicAccessBlockConfiguration,
    options?: CallOptions,
  ): Promise<Answer> {
    const { publicAccessBlock } = settings
    return settings.putSetting(this.sender, publicAccessBlock, undefined, input, options)
  }

  getPublicAccessBlock(options?: CallOptions): Promise<Answer & PublicAccessBlockConfiguration> {
    return settings.getSetting(this.sender, settings.publicAccessBlock, undefined, options)
  }

  deletePublicAccessBlock(options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.sender, settings.publicAccessBlock, undefined, options)
  }
}
