/** The wire protocol of OSS multipart upload. Pure: no I/O, no clock, any runtime. */

export {
  type AddressBook,
  type AddressStyle,
  decodePath,
  defaultStyle,
  type Endpoint,
  formatQuery,
  formatTarget,
  namesService,
  parseEndpoint,
  readTargets,
  type Target,
} from './address.ts'
export { combineCrc64 } from './checksum/combine-crc64.ts'
export { crc64 } from './checksum/crc64.ts'
export { formatCrc64, parseCrc64 } from './checksum/crc64-text.ts'
export type { ByteHasher, MakeHasher, Sums } from './checksum/hasher.ts'
export { loadCombineCrc64 } from './checksum/load-combine-crc64.ts'
export { loadCrc64, type TakeCrc64 } from './checksum/load-crc64.ts'
export { type HasherOptions, loadHasher } from './checksum/load-hasher.ts'
export { loadMultipartETag } from './checksum/load-multipart-etag.ts'
export { loadPartHasher } from './checksum/load-part-hasher.ts'
export { multipartETag, multipartETagOfDigests } from './checksum/multipart-etag.ts'
export type { PartHasher } from './checksum/part-hasher.ts'
export {
  type ErrorCode,
  isKnownErrorCode,
  type KnownErrorCode,
  meantStatus,
  OssError,
  type OssErrorOptions,
} from './errors.ts'
export {
  decodeHeaderText,
  encodeHeaderText,
  formatContentMd5,
  formatHttpDate,
  formatIsoBasic,
  formatTimestamp,
  fromBase64,
  fromHex,
  md5ETag,
  parseContentMd5,
  parseHttpDate,
  parseIsoBasic,
  parseTimestamp,
  toBase64,
  toHex,
} from './headers.ts'
export * from './limits.ts'
export {
  type AccessControlPolicy,
  decodeAccessControlPolicy,
  encodeAccessControlPolicy,
} from './messages/access-control-policy.ts'
export { type BucketInfo, decodeBucketInfo, encodeBucketInfo } from './messages/bucket-info.ts'
export { decodeBucketLocation, encodeBucketLocation } from './messages/bucket-location.ts'
export {
  type BucketLoggingStatus,
  decodeBucketLoggingStatus,
  encodeBucketLoggingStatus,
  type LoggingEnabled,
} from './messages/bucket-logging-status.ts'
export {
  type BucketStat,
  decodeBucketStat,
  encodeBucketStat,
  type StorageClassStat,
} from './messages/bucket-stat.ts'
export {
  type BucketUserQos,
  decodeBucketUserQos,
  encodeBucketUserQos,
} from './messages/bucket-user-qos.ts'
export {
  type CompleteMultipartUploadResult,
  decodeCompleteMultipartUpload,
  decodeCompleteMultipartUploadResult,
  encodeCompleteMultipartUpload,
  encodeCompleteMultipartUploadResult,
  type PartReference,
} from './messages/complete-multipart-upload.ts'
export {
  type CopyObjectResult,
  decodeCopyObjectResult,
  encodeCopyObjectResult,
} from './messages/copy-object.ts'
export {
  type CopyPartResult,
  decodeCopyPartResult,
  encodeCopyPartResult,
} from './messages/copy-part.ts'
export {
  type CorsConfiguration,
  type CorsRule,
  decodeCorsConfiguration,
  encodeCorsConfiguration,
} from './messages/cors-configuration.ts'
export {
  type CreateBucketConfiguration,
  decodeCreateBucketConfiguration,
  encodeCreateBucketConfiguration,
} from './messages/create-bucket.ts'
export {
  type DeletedObject,
  type DeleteMultipleObjects,
  type DeleteResult,
  decodeDeleteMultipleObjects,
  decodeDeleteResult,
  encodeDeleteMultipleObjects,
  encodeDeleteResult,
  type ObjectToDelete,
} from './messages/delete-multiple-objects.ts'
export { decodeError, type ErrorMessage, encodeError } from './messages/error.ts'
export type { EncodingOptions, Owner } from './messages/fields.ts'
export {
  decodeInitiateMultipartUploadResult,
  encodeInitiateMultipartUploadResult,
  type InitiateMultipartUploadResult,
} from './messages/initiate-multipart-upload.ts'
export {
  decodeLifecycleConfiguration,
  encodeLifecycleConfiguration,
  type LifecycleConfiguration,
  type LifecycleExpiration,
  type LifecycleFilter,
  type LifecycleRule,
  type LifecycleTime,
  type LifecycleTransition,
  type NoncurrentTransition,
  type TransitionOptions,
} from './messages/lifecycle-configuration.ts'
export {
  decodeListBucketsResult,
  encodeListBucketsResult,
  type ListBucketsResult,
  type ListedBucket,
} from './messages/list-buckets.ts'
export {
  decodeListLiveChannelResult,
  encodeListLiveChannelResult,
  type ListLiveChannelResult,
  type LiveChannel,
} from './messages/list-live-channel.ts'
export {
  decodeListMultipartUploadsResult,
  encodeListMultipartUploadsResult,
  type ListedUpload,
  type ListMultipartUploadsResult,
} from './messages/list-multipart-uploads.ts'
export {
  decodeListObjectVersionsResult,
  encodeListObjectVersionsResult,
  type ListedDeleteMarker,
  type ListedVersion,
  type ListObjectVersionsResult,
} from './messages/list-object-versions.ts'
export {
  decodeListObjectsResult,
  encodeListObjectsResult,
  type ListObjectsResult,
} from './messages/list-objects.ts'
export {
  decodeListObjectsV2Result,
  encodeListObjectsV2Result,
  type ListObjectsV2Result,
} from './messages/list-objects-v2.ts'
export {
  decodeListPartsResult,
  encodeListPartsResult,
  type ListedPart,
  type ListPartsResult,
} from './messages/list-parts.ts'
export type { ListedObject } from './messages/listed-object.ts'
export {
  decodePolicyStatus,
  encodePolicyStatus,
  type PolicyStatus,
} from './messages/policy-status.ts'
export {
  decodePostResponse,
  encodePostResponse,
  type PostResponse,
} from './messages/post-object.ts'
export {
  decodePublicAccessBlockConfiguration,
  encodePublicAccessBlockConfiguration,
  type PublicAccessBlockConfiguration,
} from './messages/public-access-block.ts'
export {
  decodeRefererConfiguration,
  encodeRefererConfiguration,
  type RefererConfiguration,
} from './messages/referer-configuration.ts'
export {
  decodeRegionInfoList,
  encodeRegionInfoList,
  type RegionInfo,
  type RegionInfoList,
} from './messages/region-info-list.ts'
export {
  decodeRequestPaymentConfiguration,
  encodeRequestPaymentConfiguration,
  type RequestPaymentConfiguration,
} from './messages/request-payment-configuration.ts'
export {
  decodeRestoreRequest,
  encodeRestoreRequest,
  type RestoreRequest,
} from './messages/restore-request.ts'
export {
  decodeServerSideEncryptionRule,
  encodeServerSideEncryptionRule,
  type ServerSideEncryptionRule,
} from './messages/server-side-encryption-rule.ts'
export {
  decodeTagging,
  encodeTagging,
  isTagText,
  requireBucketTags,
  requireObjectTags,
  type Tag,
  type Tagging,
} from './messages/tagging.ts'
export {
  decodeVersioningConfiguration,
  encodeVersioningConfiguration,
  type VersioningConfiguration,
} from './messages/versioning-configuration.ts'
export {
  decodeWebsiteConfiguration,
  type ErrorDocument,
  encodeWebsiteConfiguration,
  type IndexDocument,
  type RoutingCondition,
  type RoutingRedirect,
  type RoutingRule,
  type WebsiteConfiguration,
} from './messages/website-configuration.ts'
export { decodePercent, encodePath, encodeStrict } from './percent.ts'
export { Query, type QueryEntry } from './query.ts'
export {
  type Claim,
  type ClaimingRequest,
  readClaim,
  type V1Claim,
  type V4Claim,
} from './signing/claim.ts'
export { loadSignV4 } from './signing/load-sign-v4.ts'
export { type PostClaim, readPostClaim, verifyPostPolicy } from './signing/post-policy.ts'
export type { Credentials, SignableRequest } from './signing/request.ts'
export { signRpc, verifyRpc } from './signing/rpc.ts'
export {
  type PostPolicyDocument,
  signPostPolicyV1,
  signPostPolicyV4,
} from './signing/sign-post-policy.ts'
export { presignV1, signV1 } from './signing/v1.ts'
export {
  type CredentialScope,
  type PresignV4Options,
  presignV4,
  type SignV4Options,
  signV4,
} from './signing/v4.ts'
export {
  checkClaimScope,
  checkClaimTime,
  signatureMismatch,
  unknownAccessKey,
  type Verification,
  verifyClaim,
} from './signing/verify.ts'
export {
  type ETag,
  formatETag,
  isBucketName,
  keyByteLength,
  parseETag,
  parsePartNumber,
  requireBucketName,
  requireObjectKey,
  sameETag,
  type UploadId,
} from './values.ts'
export {
  childOf,
  childrenOf,
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
  type Xml,
  type XmlElement,
} from './xml.ts'
