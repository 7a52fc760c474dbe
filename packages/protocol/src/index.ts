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
export type { ByteHasher, MakeHasher, Sums } from './checksum/hasher.ts'
export {
  type ErrorCode,
  errorCodes,
  isKnownErrorCode,
  type KnownErrorCode,
  OssError,
  type OssErrorOptions,
} from './errors.ts'
export {
  decodeHeaderText,
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
export { encodePath, encodeStrict } from './percent.ts'
export { Query, type QueryEntry } from './query.ts'
export {
  type Claim,
  type ClaimingRequest,
  readClaim,
  type V1Claim,
  type V4Claim,
} from './signing/claim.ts'
export type { Credentials, SignableRequest } from './signing/request.ts'
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
