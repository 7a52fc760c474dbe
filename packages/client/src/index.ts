/** The client for every runtime: it brings no transport and knows no files. Under Node: `@lading/client/node`. */

export type {
  AddressStyle,
  BucketInfo,
  BucketLoggingStatus,
  BucketStat,
  BucketUserQos,
  CorsConfiguration,
  CorsRule,
  DeletedObject,
  ETag,
  LifecycleConfiguration,
  LifecycleRule,
  ListedBucket,
  ListedObject,
  ListedUpload,
  ListedVersion,
  MakeHasher,
  PartReference,
  PublicAccessBlockConfiguration,
  RefererConfiguration,
  RegionInfo,
  RequestPaymentConfiguration,
  ServerSideEncryptionRule,
  Sums,
  UploadId,
  WebsiteConfiguration,
} from '@lading/protocol'
export { OssError } from '@lading/protocol'
export type { BodyInput, HttpBody, ReplayableBody } from './body.ts'
export { type Copy, copy } from './copier/copy.ts'
export type { CopyResult } from './copier/copy-object.ts'
export type { CopyOptions, CopyProgress } from './copier/options.ts'
export type { Credentials, CredentialsProvider, ExpiringCredentials } from './credentials.ts'
export {
  type ObjectToRead,
  type ReadOptions,
  readObject,
} from './downloader/read-object.ts'
export { BandwidthLimit } from './engine/bandwidth.ts'
export type { AdaptiveParallel, Parallel } from './engine/parallel.ts'
export {
  CheckpointLockedError,
  CredentialsError,
  type FailureFacts,
  IntegrityError,
  type IntegritySubject,
  TransportError,
} from './errors.ts'
export type { AppendObjectAnswer, AppendObjectInput } from './operations/append.ts'
export type {
  CallbackOptions,
  ObjectAcl,
  ObjectAttributes,
  ObjectHead,
} from './operations/attributes.ts'
export type {
  AclAnswer,
  DeleteBucketTagsInput,
  DescribeRegionsInput,
  GetBucketPolicyAnswer,
  HeadBucketAnswer,
  ListLiveChannelInput,
  PutBucketAclInput,
  PutBucketPolicyInput,
  TaggingAnswer,
  TaggingInput,
} from './operations/bucket-rights.ts'
export type {
  BucketVersioning,
  Given,
  PutBucketCorsInput,
  PutBucketRefererInput,
  PutBucketWebsiteInput,
} from './operations/bucket-settings.ts'
export type {
  BucketInfoAnswer,
  BucketInput,
  BucketLocationAnswer,
  ListBucketsAnswer,
  ListBucketsInput,
  PutBucketInput,
} from './operations/buckets.ts'
export type {
  CopyObjectAnswer,
  CopyObjectInput,
  CopySourceInput,
  UploadPartCopyAnswer,
  UploadPartCopyInput,
} from './operations/copies.ts'
export type {
  DeleteMultipleObjectsAnswer,
  DeleteMultipleObjectsInput,
} from './operations/delete-objects.ts'
export type {
  CompleteMultipartUploadAnswer,
  CompleteMultipartUploadInput,
  InitiateMultipartUploadAnswer,
  InitiateMultipartUploadInput,
  ListMultipartUploadsAnswer,
  ListMultipartUploadsInput,
  ListPartsAnswer,
  ListPartsInput,
  ObjectInput,
  PartEntry,
  UploadInput,
  UploadPartAnswer,
  UploadPartInput,
} from './operations/multipart.ts'
export type {
  GetObjectAclAnswer,
  GetObjectTaggingAnswer,
  GetSymlinkAnswer,
  PutObjectAclInput,
  PutObjectTaggingInput,
  PutSymlinkAnswer,
  PutSymlinkInput,
  RestoreObjectAnswer,
  RestoreObjectInput,
  VersionAnswer,
} from './operations/object-settings.ts'
export type {
  ByteRange,
  DeleteObjectAnswer,
  GetObjectAnswer,
  GetObjectInput,
  GetObjectMetaAnswer,
  HeadObjectAnswer,
  HeadObjectInput,
  ListObjectsAnswer,
  ListObjectsInput,
  ListObjectsV2Answer,
  ListObjectsV2Input,
  PutObjectAnswer,
  PutObjectInput,
  ReadConditions,
  VersionInput,
} from './operations/objects.ts'
export type { PresignAnswer, PresignInput } from './operations/presign.ts'
export type { Proof, Verify } from './operations/prove.ts'
export type {
  PostPolicyCondition,
  SignPostPolicyAnswer,
  SignPostPolicyInput,
} from './operations/sign-post-policy.ts'
export type {
  ListObjectVersionsAnswer,
  ListObjectVersionsInput,
} from './operations/versions.ts'
export type {
  CallOptions,
  ClientOptions,
  Presign,
  RetryOptions,
  TransportOption,
} from './options.ts'
export { OssClient } from './oss-client.ts'
export type { RetryNotice } from './retry.ts'
export type { Answer } from './send.ts'
export type {
  ExchangeOptions,
  HttpRequest,
  HttpResponse,
  Transport,
} from './transport/contract.ts'
export { UploadClient } from './upload-client.ts'
export type {
  Checkpoint,
  CheckpointIdentity,
  CheckpointSlot,
  CheckpointStore,
} from './uploader/checkpoint.ts'
export type { OnExists } from './uploader/on-exists.ts'
export type { BlobHasher, StoredPart, UploadOptions } from './uploader/options.ts'
export type { UploadProgress } from './uploader/progress.ts'
export type { RangeSource, SourceIdentity, UploadSource } from './uploader/source.ts'
export { type AbortOptions, type Upload, type UploadState, upload } from './uploader/upload.ts'
export type { UploadResult } from './uploader/upload-object.ts'
