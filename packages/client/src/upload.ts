/** What a page needs to upload and nothing else, in 25 KB: `@lading/client` has all of it too. */

export { OssError } from '@lading/protocol'
export type { Credentials, CredentialsProvider, ExpiringCredentials } from './credentials.ts'
export {
  CheckpointLockedError,
  CredentialsError,
  type FailureFacts,
  IntegrityError,
  type IntegritySubject,
  TransportError,
} from './errors.ts'
export type { Verify } from './operations/prove.ts'
export type {
  CallOptions,
  ClientOptions,
  Presign,
  RetryOptions,
  TransportOption,
} from './options.ts'
export type { RetryNotice } from './retry.ts'
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
