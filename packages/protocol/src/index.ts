/** The wire protocol of OSS multipart upload. Pure: no I/O, no clock, any runtime. */

export type { ByteHasher, MakeHasher, Sums } from './checksum/hasher.ts'
export {
  type ErrorCode,
  errorCodes,
  isKnownErrorCode,
  type KnownErrorCode,
  OssError,
  type OssErrorOptions,
} from './errors.ts'
export * from './limits.ts'
export { Query, type QueryEntry } from './query.ts'
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
