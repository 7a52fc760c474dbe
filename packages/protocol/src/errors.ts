/** What the service says when it says no: the codes, the status each travels under, the error. */

import { errorTexts } from '#error-texts'

/**
 * Every code this project answers with, and its status, which is decided here and nowhere else: the
 * server reads this table to reply, the client to recognise. Source: the error pages of the OSS user guide.
 */
export const errorCodes = {
  AccessDenied: 403,
  AccessForbidden: 403,
  AccessKeyIdAndSecurityTokenNotMatch: 403,
  BadRequest: 400,
  BucketAlreadyExists: 409,
  BucketNotEmpty: 409,
  CallbackFailed: 203,
  CORSRuleBeyondLimit: 400,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  FieldItemTooLong: 400,
  FileAlreadyExists: 409,
  IncompleteBody: 400,
  IncorrectNumberOfFilesInPOSTRequest: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidCRC64: 400,
  InvalidDigest: 400,
  InvalidEncryptionAlgorithmError: 400,
  InvalidLocationConstraint: 400,
  InvalidObjectName: 400,
  InvalidObjectState: 403,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidPolicyDocument: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidSecurityToken: 403,
  InvalidTag: 400,
  InvalidTargetBucketForLogging: 400,
  InvalidTargetType: 400,
  MalformedPOSTRequest: 400,
  MalformedXML: 400,
  MaxPOSTPreDataLengthExceededError: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingArgument: 400,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchBucketPolicy: 404,
  NoSuchCORSConfiguration: 404,
  NoSuchKey: 404,
  NoSuchLifecycle: 404,
  NoSuchServerSideEncryptionRule: 404,
  NoSuchUpload: 404,
  NoSuchVersion: 404,
  NoSuchWebsiteConfiguration: 404,
  NotImplemented: 400,
  NotSymlink: 400,
  ObjectNotAppendable: 409,
  OperationNotSupported: 400,
  PartAlreadyExist: 409,
  PartNotSequential: 400,
  PositionNotEqualToLength: 409,
  PreconditionFailed: 412,
  RequestIsNotMultiPartContent: 400,
  RequestTimeTooSkewed: 403,
  RequestTimeout: 400,
  RestoreAlreadyInProgress: 409,
  SecurityTokenExpired: 403,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  SymlinkTargetNotExist: 404,
  TooManyBuckets: 400,
  QuotaExceeded: 403,
  TotalQpsLimitExceeded: 503,
  UserKeyMustBeSpecified: 400,
} as const

/** The codes this project knows. */
export type KnownErrorCode = keyof typeof errorCodes

/** The codes we know, and any the service may add; autocompletes the former, accepts the latter. */
export type ErrorCode = KnownErrorCode | (string & {})

export interface OssErrorOptions {
  /** The HTTP status; a known code brings its own. */
  readonly status?: number | undefined
  /**
   * A sentence for the person who must act. A known code brings its own, except in a browser, where it
   * is the code.
   */
  readonly message?: string | undefined
  readonly requestId?: string | undefined
  /** OSS's finer error number, `NNNN-NNNNNNNN`. Clients must not branch on it. */
  readonly ec?: string | undefined
  readonly hostId?: string | undefined
  /** The elements that only this code has, such as `UploadId`, in the order they are written. */
  readonly details?: Readonly<Record<string, string>> | undefined
  /** Header fields that the service sends with the refusal, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The failure beneath; logged by the server, never sent to the caller. */
  readonly cause?: unknown
}

/** The service understood the request and refused it. Same class on both sides of the wire. */
export class OssError extends Error {
  override readonly name = 'OssError'
  readonly code: ErrorCode
  readonly status: number
  /** Set by the side that has one; quote it when reporting a problem. */
  readonly requestId: string | undefined
  readonly ec: string | undefined
  readonly hostId: string | undefined
  readonly details: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: KnownErrorCode, options?: OssErrorOptions)
  constructor(code: ErrorCode, options: OssErrorOptions & { status: number; message: string })
  constructor(code: ErrorCode, options: OssErrorOptions = {}) {
    const known = isKnownErrorCode(code) ? code : undefined
    super(options.message ?? (known && errorTexts[known]) ?? code, { cause: options.cause })
    this.code = code
    this.status = options.status ?? (known ? errorCodes[known] : 500)
    this.requestId = options.requestId
    this.ec = options.ec
    this.hostId = options.hostId
    this.details = options.details ?? {}
    this.headers = options.headers ?? {}
  }
}

export function isKnownErrorCode(code: string): code is KnownErrorCode {
  return Object.hasOwn(errorCodes, code)
}
