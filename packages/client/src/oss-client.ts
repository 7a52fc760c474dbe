/** The client: one method for each OSS operation. */

import type {
  BucketLoggingStatus,
  BucketStat,
  BucketUserQos,
  CorsConfiguration,
  LifecycleConfiguration,
  ListLiveChannelResult,
  PolicyStatus,
  PublicAccessBlockConfiguration,
  RefererConfiguration,
  RegionInfoList,
  RequestPaymentConfiguration,
  ServerSideEncryptionRule,
  WebsiteConfiguration,
} from '@lading/protocol'
import { defaultStyle, type MakeHasher, parseEndpoint } from '@lading/protocol'
import { credentialsSource } from './credentials.ts'
import * as append from './operations/append.ts'
import * as rights from './operations/bucket-rights.ts'
import * as settings from './operations/bucket-settings.ts'
import * as buckets from './operations/buckets.ts'
import * as copies from './operations/copies.ts'
import * as deletions from './operations/delete-objects.ts'
import * as multipart from './operations/multipart.ts'
import * as objectSettings from './operations/object-settings.ts'
import * as objects from './operations/objects.ts'
import { pages } from './operations/pages.ts'
import { type PresignAnswer, type PresignInput, presign } from './operations/presign.ts'
import {
  type SignPostPolicyAnswer,
  type SignPostPolicyInput,
  signPostPolicy,
} from './operations/sign-post-policy.ts'
import * as versions from './operations/versions.ts'
import {
  type CallOptions,
  type ClientOptions,
  type RetryOptions,
  retryDefaults,
  type TransportOption,
} from './options.ts'
import { type Answer, Sender } from './send.ts'
import type { Transport } from './transport/contract.ts'
import { version } from './version.ts'

const DEFAULT_REGION = 'cn-hangzhou'
const DEFAULT_IDLE_TIMEOUT_MS = 60_000

/**
 * Talks to one OSS endpoint. Holds no state of any upload: one client may serve any number at once.
 *
 * Every method resolves with the service's typed answer, which has the HTTP `status` and the
 * `requestId`, and rejects with an `OssError` when the service refuses (it has `code`, `status`,
 * `requestId` and `ec`), with a `TransportError` when there is no answer to be trusted, and with the
 * signal's reason when the caller aborts. Failures that may pass are retried first.
 */
export class OssClient {
  readonly #sender: Sender
  readonly #transport: Transport
  /** Scheme and host, without a path. */
  readonly endpoint: string
  readonly region: string
  readonly retry: Required<RetryOptions>

  /** @throws {TypeError} for an endpoint that is none. */
  constructor(options: ClientOptions & TransportOption) {
    const { transport, credentials, signatureVersion = 'v4', userAgent, now = Date.now } = options
    const endpoint = parseEndpoint(options.endpoint ?? endpointOf(options.region))
    const ours = `lading-client/${version}`
    this.endpoint = `${endpoint.scheme}://${endpoint.host}`
    this.region = options.region ?? regionOf(endpoint.hostname) ?? DEFAULT_REGION
    this.retry = { ...retryDefaults, ...options.retry }
    this.#transport = transport
    this.#sender = new Sender({
      transport,
      endpoint,
      style: options.style ?? defaultStyle(endpoint),
      region: this.region,
      signatureVersion,
      credentials: credentials && credentialsSource(credentials, now),
      idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
      retry: this.retry,
      userAgent: userAgent ? `${ours} ${userAgent}` : ours,
      now,
    })
  }

  /** Makes the bucket; making one's own again with the same settings succeeds. */
  putBucket(input: buckets.PutBucketInput, options?: CallOptions): Promise<Answer> {
    return buckets.putBucket(this.#sender, input, options)
  }

  /**
   * Refused with `BucketNotEmpty` while it has objects or open uploads. `NoSuchBucket` in answer to a
   * retry after a lost answer counts as done: `status` is then 404.
   */
  deleteBucket(input: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    return buckets.deleteBucket(this.#sender, input, options)
  }

  listBuckets(
    input?: buckets.ListBucketsInput,
    options?: CallOptions,
  ): Promise<buckets.ListBucketsAnswer> {
    return buckets.listBuckets(this.#sender, input, options)
  }

  getBucketInfo(
    input: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<buckets.BucketInfoAnswer> {
    return buckets.getBucketInfo(this.#sender, input, options)
  }

  getBucketLocation(
    input: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<buckets.BucketLocationAnswer> {
    return buckets.getBucketLocation(this.#sender, input, options)
  }

  /** Whether the bucket is there: rejects with `NoSuchBucket` where it is not. */
  headBucket(input: buckets.BucketInput, options?: CallOptions): Promise<rights.HeadBucketAnswer> {
    return rights.headBucket(this.#sender, input, options)
  }

  /** The regions of the service, and where each is reached. */
  describeRegions(
    input?: rights.DescribeRegionsInput,
    options?: CallOptions,
  ): Promise<Answer & RegionInfoList> {
    return rights.describeRegions(this.#sender, input, options)
  }

  /** How much the bucket holds. */
  getBucketStat(input: buckets.BucketInput, options?: CallOptions): Promise<Answer & BucketStat> {
    return rights.getBucketStat(this.#sender, input, options)
  }

  getBucketAcl(input: buckets.BucketInput, options?: CallOptions): Promise<rights.AclAnswer> {
    return rights.getBucketAcl(this.#sender, input, options)
  }

  putBucketAcl(input: rights.PutBucketAclInput, options?: CallOptions): Promise<Answer> {
    return rights.putBucketAcl(this.#sender, input, options)
  }

  /** Once `Enabled`, versions can be `Suspended`, but not forgotten. */
  putBucketVersioning(
    { bucket, ...given }: buckets.BucketInput & settings.Given<settings.BucketVersioning>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.#sender, settings.versioning, bucket, given, options)
  }

  getBucketVersioning(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & settings.BucketVersioning> {
    return settings.getSetting(this.#sender, settings.versioning, bucket, options)
  }

  /** What objects are encrypted with that do not say so themselves: `algorithm` is `AES256` or `KMS`. */
  putBucketEncryption(
    { bucket, ...given }: buckets.BucketInput & settings.Given<ServerSideEncryptionRule>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.#sender, settings.encryption, bucket, given, options)
  }

  getBucketEncryption(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & ServerSideEncryptionRule> {
    return settings.getSetting(this.#sender, settings.encryption, bucket, options)
  }

  deleteBucketEncryption({ bucket }: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.#sender, settings.encryption, bucket, options)
  }

  /** Replaces all tags of the bucket. */
  putBucketTags(
    input: buckets.BucketInput & rights.TaggingInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return rights.putBucketTags(this.#sender, input, options)
  }

  getBucketTags(input: buckets.BucketInput, options?: CallOptions): Promise<rights.TaggingAnswer> {
    return rights.getBucketTags(this.#sender, input, options)
  }

  deleteBucketTags(input: rights.DeleteBucketTagsInput, options?: CallOptions): Promise<Answer> {
    return rights.deleteBucketTags(this.#sender, input, options)
  }

  /** Replaces the policy, which says who may do what beyond the ACL. */
  putBucketPolicy(input: rights.PutBucketPolicyInput, options?: CallOptions): Promise<Answer> {
    return rights.putBucketPolicy(this.#sender, input, options)
  }

  /** Rejects with `NoSuchBucketPolicy` where there is none. */
  getBucketPolicy(
    input: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<rights.GetBucketPolicyAnswer> {
    return rights.getBucketPolicy(this.#sender, input, options)
  }

  getBucketPolicyStatus(
    input: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & PolicyStatus> {
    return rights.getBucketPolicyStatus(this.#sender, input, options)
  }

  deleteBucketPolicy({ bucket }: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    const policy = { name: 'Policy', query: 'policy' }
    return settings.deleteSetting(this.#sender, policy, bucket, options)
  }

  /** Which pages of other origins may talk to the bucket. */
  putBucketCors(
    { bucket, ...given }: settings.PutBucketCorsInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(
      this.#sender,
      settings.cors,
      bucket,
      { responseVary: false, ...given },
      options,
    )
  }

  getBucketCors(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & CorsConfiguration> {
    return settings.getSetting(this.#sender, settings.cors, bucket, options)
  }

  deleteBucketCors({ bucket }: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.#sender, settings.cors, bucket, options)
  }

  /** From which pages the bucket may be read. What is left out is as for a new bucket. */
  putBucketReferer(
    { bucket, ...given }: settings.PutBucketRefererInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(
      this.#sender,
      settings.referer,
      bucket,
      { ...settings.openToAllReferers, ...given },
      options,
    )
  }

  getBucketReferer(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & RefererConfiguration> {
    return settings.getSetting(this.#sender, settings.referer, bucket, options)
  }

  /** How much the bucket may hold: `storageCapacity` in gigabytes, -1 for no bound. */
  putBucketQos(
    { bucket, ...given }: buckets.BucketInput & settings.Given<BucketUserQos>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.#sender, settings.qos, bucket, given, options)
  }

  getBucketQos(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & BucketUserQos> {
    return settings.getSetting(this.#sender, settings.qos, bucket, options)
  }

  /** Who pays for requests. */
  putBucketRequestPayment(
    { bucket, ...given }: buckets.BucketInput & settings.Given<RequestPaymentConfiguration>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.#sender, settings.requestPayment, bucket, given, options)
  }

  getBucketRequestPayment(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & RequestPaymentConfiguration> {
    return settings.getSetting(this.#sender, settings.requestPayment, bucket, options)
  }

  /** Where the access logs go. */
  putBucketLogging(
    { bucket, ...given }: buckets.BucketInput & settings.Given<BucketLoggingStatus>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.#sender, settings.logging, bucket, given, options)
  }

  getBucketLogging(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & BucketLoggingStatus> {
    return settings.getSetting(this.#sender, settings.logging, bucket, options)
  }

  deleteBucketLogging({ bucket }: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.#sender, settings.logging, bucket, options)
  }

  /** How the bucket is served as a website. */
  putBucketWebsite(
    { bucket, ...given }: settings.PutBucketWebsiteInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(
      this.#sender,
      settings.website,
      bucket,
      { routingRules: [], ...given },
      options,
    )
  }

  getBucketWebsite(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & WebsiteConfiguration> {
    return settings.getSetting(this.#sender, settings.website, bucket, options)
  }

  deleteBucketWebsite({ bucket }: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.#sender, settings.website, bucket, options)
  }

  /** Which objects, versions and open uploads the service removes or moves by itself, and when. */
  putBucketLifecycle(
    { bucket, ...given }: buckets.BucketInput & settings.Given<LifecycleConfiguration>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.#sender, settings.lifecycle, bucket, given, options)
  }

  getBucketLifecycle(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & LifecycleConfiguration> {
    return settings.getSetting(this.#sender, settings.lifecycle, bucket, options)
  }

  deleteBucketLifecycle({ bucket }: buckets.BucketInput, options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.#sender, settings.lifecycle, bucket, options)
  }

  /** Replaces what was set before. */
  putBucketPublicAccessBlock(
    { bucket, ...given }: buckets.BucketInput & settings.Given<PublicAccessBlockConfiguration>,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.putSetting(this.#sender, settings.publicAccessBlock, bucket, given, options)
  }

  getBucketPublicAccessBlock(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer & PublicAccessBlockConfiguration> {
    return settings.getSetting(this.#sender, settings.publicAccessBlock, bucket, options)
  }

  deleteBucketPublicAccessBlock(
    { bucket }: buckets.BucketInput,
    options?: CallOptions,
  ): Promise<Answer> {
    return settings.deleteSetting(this.#sender, settings.publicAccessBlock, bucket, options)
  }

  /** The same for all buckets of the account. */
  putPublicAccessBlock(
    input: PublicAccessBlockConfiguration,
    options?: CallOptions,
  ): Promise<Answer> {
    const { publicAccessBlock } = settings
    return settings.putSetting(this.#sender, publicAccessBlock, undefined, input, options)
  }

  getPublicAccessBlock(options?: CallOptions): Promise<Answer & PublicAccessBlockConfiguration> {
    return settings.getSetting(this.#sender, settings.publicAccessBlock, undefined, options)
  }

  deletePublicAccessBlock(options?: CallOptions): Promise<Answer> {
    return settings.deleteSetting(this.#sender, settings.publicAccessBlock, undefined, options)
  }

  /** One page of the streams that are recorded into the bucket. */
  listLiveChannel(
    input: rights.ListLiveChannelInput,
    options?: CallOptions,
  ): Promise<Answer & ListLiveChannelResult> {
    return rights.listLiveChannel(this.#sender, input, options)
  }

  /**
   * Begins an upload. The answer's `uploadId` names it. A retry after a lost answer leaves an upload
   * nobody knows of, which costs nothing but its place in `listMultipartUploads`. For the same reason
   * an abort while the service is at it waits for the answer, and the call resolves with it.
   */
  initiateMultipartUpload(
    input: multipart.InitiateMultipartUploadInput,
    options?: CallOptions,
  ): Promise<multipart.InitiateMultipartUploadAnswer> {
    return multipart.initiateMultipartUpload(this.#sender, input, options)
  }

  /**
   * Stores one part; the same number again replaces it. Content-MD5 is sent unless `body` is a
   * stream, and the answer is proved against the bytes, as `verify` says.
   *
   * @throws {IntegrityError} when the service stored other bytes, each time it was tried.
   */
  uploadPart(
    input: multipart.UploadPartInput,
    options?: CallOptions,
  ): Promise<multipart.UploadPartAnswer> {
    return multipart.uploadPart(this.#sender, input, options)
  }

  /** Makes a part of a range of an object, without its bytes passing here. `copy` does so for whole objects. */
  uploadPartCopy(
    input: copies.UploadPartCopyInput,
    options?: CallOptions,
  ): Promise<copies.UploadPartCopyAnswer> {
    return copies.uploadPartCopy(this.#sender, input, options)
  }

  /** One page of the parts the service holds, by number. */
  listParts(
    input: multipart.ListPartsInput,
    options?: CallOptions,
  ): Promise<multipart.ListPartsAnswer> {
    return multipart.listParts(this.#sender, input, options)
  }

  /** All pages of `listParts`. */
  listPartsPages(
    input: multipart.ListPartsInput,
    options?: CallOptions,
  ): AsyncGenerator<multipart.ListPartsAnswer, void, void> {
    return pages(
      (position?: { partNumberMarker: number | undefined }) =>
        this.listParts({ ...input, ...position }, options),
      (page) => (page.isTruncated ? { partNumberMarker: page.nextPartNumberMarker } : undefined),
    )
  }

  /** One page of the uploads that are neither completed nor aborted, by key and age. */
  listMultipartUploads(
    input: multipart.ListMultipartUploadsInput,
    options?: CallOptions,
  ): Promise<multipart.ListMultipartUploadsAnswer> {
    return multipart.listMultipartUploads(this.#sender, input, options)
  }

  /** All pages of `listMultipartUploads`. */
  listMultipartUploadsPages(
    input: multipart.ListMultipartUploadsInput,
    options?: CallOptions,
  ): AsyncGenerator<multipart.ListMultipartUploadsAnswer, void, void> {
    return pages(
      (position?: { keyMarker: string; uploadIdMarker: string }) =>
        this.listMultipartUploads({ ...input, ...position }, options),
      ({ isTruncated, nextKeyMarker, nextUploadIdMarker }) =>
        isTruncated ? { keyMarker: nextKeyMarker, uploadIdMarker: nextUploadIdMarker } : undefined,
    )
  }

  /**
   * Makes the object of the parts listed, or of all with `completeAll`. Not repeatable: once it has
   * succeeded, the same call is refused with `NoSuchUpload`. `upload` finds out which of the two it
   * was when an answer is lost.
   */
  completeMultipartUpload(
    input: multipart.CompleteMultipartUploadInput,
    options?: CallOptions,
  ): Promise<multipart.CompleteMultipartUploadAnswer> {
    return multipart.completeMultipartUpload(this.#sender, input, options)
  }

  /**
   * Ends the upload and frees its parts; its id is of no use from then on. `NoSuchUpload` in answer
   * to a retry after a lost answer counts as done: `status` is then 404.
   */
  abortMultipartUpload(input: multipart.UploadInput, options?: CallOptions): Promise<Answer> {
    return multipart.abortMultipartUpload(this.#sender, input, options)
  }

  /**
   * Stores an object in one request, of at most 5 GiB. When a retry after a lost answer meets what
   * `forbidOverwrite` protects, HEAD decides whether that is the object put, by its sums and size.
   *
   * @throws {IntegrityError} when the service stored other bytes.
   */
  putObject(
    input: objects.PutObjectInput,
    options?: CallOptions,
  ): Promise<objects.PutObjectAnswer> {
    return objects.putObject(this.#sender, input, options)
  }

  /** Resolves when the answer's headers are here; `body` then streams, and is not retried. */
  getObject(
    input: objects.GetObjectInput,
    options?: CallOptions,
  ): Promise<objects.GetObjectAnswer> {
    return objects.getObject(this.#sender, input, options)
  }

  headObject(
    input: objects.HeadObjectInput,
    options?: CallOptions,
  ): Promise<objects.HeadObjectAnswer> {
    return objects.headObject(this.#sender, input, options)
  }

  /** The cheaper `headObject`: size, ETag and CRC-64 only. */
  getObjectMeta(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objects.GetObjectMetaAnswer> {
    return objects.getObjectMeta(this.#sender, input, options)
  }

  /** Succeeds whether or not the object exists. */
  deleteObject(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objects.DeleteObjectAnswer> {
    return objects.deleteObject(this.#sender, input, options)
  }

  /** Up to 1,000 objects or versions by one request. Succeeds whether or not they exist. */
  deleteMultipleObjects(
    input: deletions.DeleteMultipleObjectsInput,
    options?: CallOptions,
  ): Promise<deletions.DeleteMultipleObjectsAnswer> {
    return deletions.deleteMultipleObjects(this.#sender, input, options)
  }

  /**
   * Copies an object of at most 5 GiB, or changes what is said of one by copying it onto itself.
   * `copy` does it for any size, and proves it.
   */
  copyObject(
    input: copies.CopyObjectInput,
    options?: CallOptions,
  ): Promise<copies.CopyObjectAnswer> {
    return copies.copyObject(this.#sender, input, options)
  }

  /**
   * Puts bytes behind an object that was made so. When a retry after a lost answer is refused, HEAD
   * decides whether they are there, where `hashCrc64ecma` or position 0 lets it.
   *
   * @throws {IntegrityError} when the service holds other bytes.
   */
  appendObject(
    input: append.AppendObjectInput,
    options?: CallOptions,
  ): Promise<append.AppendObjectAnswer> {
    return append.appendObject(this.#sender, input, options)
  }

  /** Replaces all tags of the object. */
  putObjectTagging(
    input: objectSettings.PutObjectTaggingInput,
    options?: CallOptions,
  ): Promise<objectSettings.VersionAnswer> {
    return objectSettings.putObjectTagging(this.#sender, input, options)
  }

  getObjectTagging(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objectSettings.GetObjectTaggingAnswer> {
    return objectSettings.getObjectTagging(this.#sender, input, options)
  }

  deleteObjectTagging(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objectSettings.VersionAnswer> {
    return objectSettings.deleteObjectTagging(this.#sender, input, options)
  }

  putObjectAcl(
    input: objectSettings.PutObjectAclInput,
    options?: CallOptions,
  ): Promise<objectSettings.VersionAnswer> {
    return objectSettings.putObjectAcl(this.#sender, input, options)
  }

  getObjectAcl(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objectSettings.GetObjectAclAnswer> {
    return objectSettings.getObjectAcl(this.#sender, input, options)
  }

  /** Stores a link to another key of the bucket; reading it reads that object. */
  putSymlink(
    input: objectSettings.PutSymlinkInput,
    options?: CallOptions,
  ): Promise<objectSettings.PutSymlinkAnswer> {
    return objectSettings.putSymlink(this.#sender, input, options)
  }

  getSymlink(
    input: objects.VersionInput,
    options?: CallOptions,
  ): Promise<objectSettings.GetSymlinkAnswer> {
    return objectSettings.getSymlink(this.#sender, input, options)
  }

  /** Asks for an archived object to be made readable for some days. */
  restoreObject(
    input: objectSettings.RestoreObjectInput,
    options?: CallOptions,
  ): Promise<objectSettings.RestoreObjectAnswer> {
    return objectSettings.restoreObject(this.#sender, input, options)
  }

  /** One page of all versions, delete markers among them, newest first within a key. */
  listObjectVersions(
    input: versions.ListObjectVersionsInput,
    options?: CallOptions,
  ): Promise<versions.ListObjectVersionsAnswer> {
    return versions.listObjectVersions(this.#sender, input, options)
  }

  /** All pages of `listObjectVersions`. */
  listObjectVersionsPages(
    input: versions.ListObjectVersionsInput,
    options?: CallOptions,
  ): AsyncGenerator<versions.ListObjectVersionsAnswer, void, void> {
    return pages(
      (position?: { keyMarker: string | undefined; versionIdMarker: string | undefined }) =>
        this.listObjectVersions({ ...input, ...position }, options),
      ({ isTruncated, nextKeyMarker, nextVersionIdMarker }) =>
        isTruncated
          ? { keyMarker: nextKeyMarker, versionIdMarker: nextVersionIdMarker }
          : undefined,
    )
  }

  listObjects(
    input: objects.ListObjectsInput,
    options?: CallOptions,
  ): Promise<objects.ListObjectsAnswer> {
    return objects.listObjects(this.#sender, input, options)
  }

  listObjectsV2(
    input: objects.ListObjectsV2Input,
    options?: CallOptions,
  ): Promise<objects.ListObjectsV2Answer> {
    return objects.listObjectsV2(this.#sender, input, options)
  }

  /** All pages of `listObjectsV2`. */
  listObjectsPages(
    input: objects.ListObjectsV2Input,
    options?: CallOptions,
  ): AsyncGenerator<objects.ListObjectsV2Answer, void, void> {
    return pages(
      (position?: { continuationToken: string | undefined }) =>
        this.listObjectsV2({ ...input, ...position }, options),
      (page) => (page.isTruncated ? { continuationToken: page.nextContinuationToken } : undefined),
    )
  }

  /** A URL that whoever has it may use, until it expires, as if they had the keys. Asks nobody. */
  presign(input: PresignInput, options?: CallOptions): Promise<PresignAnswer> {
    return presign(this.#sender, input, options)
  }

  /** What a browser's form must carry to store an object without keys, until it expires. Asks nobody. */
  signPostPolicy(input: SignPostPolicyInput, options?: CallOptions): Promise<SignPostPolicyAnswer> {
    return signPostPolicy(this.#sender, input, options)
  }

  /** How this client takes the sums of what it sends; shared by all its calls. Default: both sums. */
  hasher({ crc64 = true }: { readonly crc64?: boolean } = {}): Promise<MakeHasher> {
    return this.#sender.hasher({ crc64 })
  }

  /** Closes all connections. Calls under way fail. */
  close(): Promise<void> {
    return this.#transport.close()
  }
}

function endpointOf(region: string | undefined): string {
  if (region) return `https://oss-${region}.aliyuncs.com`
  throw new TypeError('A client needs an endpoint or a region.')
}

/** The region in `oss-REGION[-internal].aliyuncs.com`; `oss-accelerate` is none. */
function regionOf(hostname: string): string | undefined {
  return /^oss-(?!accelerate)([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com$/.exec(hostname)?.[1]
}
