/** What a refusal says that is given no words of its own. Source: the error pages of the OSS user guide. */

import type { KnownErrorCode } from '../errors.ts'

export const errorTexts: Readonly<Record<KnownErrorCode, string>> = {
  AccessDenied: 'Access denied.',
  AccessForbidden: 'CORSResponse: This CORS request is not allowed.',
  AccessKeyIdAndSecurityTokenNotMatch:
    'The access key id and the security token do not belong together.',
  BadRequest: 'The request is not well-formed.',
  BucketAlreadyExists:
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  BucketNotEmpty: 'The bucket has objects. Please delete them first.',
  CallbackFailed: 'The callback failed.',
  CORSRuleBeyondLimit: 'The CORS Rules num is beyond limit.',
  EntityTooLarge: 'Your proposed upload exceeds the maximum allowed size.',
  EntityTooSmall: 'Your proposed upload smaller than the minimum allowed size.',
  FieldItemTooLong: 'Your name of form field is too long.',
  FileAlreadyExists: 'The object you specified already exists and can not be overwritten.',
  IncompleteBody:
    'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  IncorrectNumberOfFilesInPOSTRequest: 'POST requires exactly one file upload per request.',
  InternalError: 'Please contact the server administrator.',
  InvalidAccessKeyId: 'The OSS Access Key Id you provided does not exist in our records.',
  InvalidArgument: 'Invalid Argument.',
  InvalidBucketName: 'The specified bucket is not valid.',
  InvalidCRC64: 'The x-oss-hash-crc64ecma you specified does not match what we calculated.',
  InvalidDigest: 'The Content-MD5 you specified was invalid.',
  InvalidEncryptionAlgorithmError:
    'The Encryption request you specified is not valid. Supported value: AES256/SM4/KMS.',
  InvalidLocationConstraint: 'The specified location-constraint is not valid.',
  InvalidObjectName: 'The specified object is not valid.',
  InvalidObjectState: "The operation is not valid for the object's state.",
  InvalidPart:
    "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
  InvalidPartOrder:
    'The list of parts was not in ascending order. Parts list must specified in order by part number.',
  InvalidPolicyDocument: 'The policy is not valid.',
  InvalidRange: 'The requested range cannot be satisfied',
  InvalidRequest: 'The request is not valid.',
  InvalidSecurityToken: 'The security token you provided is invalid.',
  InvalidTag: 'The TagKey you have provided is invalid.',
  InvalidTargetBucketForLogging:
    'The target bucket for logging does not exist or is not owned by the requester.',
  InvalidTargetType: "The symbolic's target file type is invalid.",
  MalformedPOSTRequest: 'The body of your POST request is not well-formed multipart/form-data.',
  MalformedXML:
    'The XML you provided was not well-formed or did not validate against our published schema.',
  MaxPOSTPreDataLengthExceededError:
    'Your POST request fields preceding the upload file were too large.',
  MetadataTooLarge: 'Your metadata headers exceed the maximum allowed metadata size.',
  MethodNotAllowed: 'The specified method is not allowed against this resource.',
  MissingArgument: 'Missing Some Required Arguments.',
  MissingContentLength: 'You must provide the Content-Length HTTP header.',
  NoSuchBucket: 'The specified bucket does not exist.',
  NoSuchBucketPolicy: 'The bucket policy does not exist.',
  NoSuchCORSConfiguration: 'The CORS Configuration does not exist.',
  NoSuchKey: 'The specified key does not exist.',
  NoSuchLifecycle: 'No Row found in Lifecycle Table.',
  NoSuchServerSideEncryptionRule: 'The server side encryption rule does not exist.',
  NoSuchUpload:
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  NoSuchVersion: 'The specified version does not exist.',
  NoSuchWebsiteConfiguration: 'The specified bucket does not have a website configuration.',
  NotImplemented: 'A header you provided implies functionality that is not implemented.',
  NotSymlink: 'The object is not symlink.',
  ObjectNotAppendable: 'The object is not appendable.',
  OperationNotSupported: 'The operation is not supported for this resource.',
  PartAlreadyExist: "For sequential multipart upload, you can't overwrite uploaded parts.",
  PartNotSequential:
    'For sequential multipart upload, you must upload or complete parts with sequential part number.',
  PositionNotEqualToLength: 'Position is not equal to file length.',
  PreconditionFailed: 'At least one of the pre-conditions you specified did not hold.',
  RequestIsNotMultiPartContent: 'Bucket POST must be of the enclosure-type multipart/form-data.',
  RequestTimeTooSkewed:
    'The difference between the request time and the current time is too large.',
  RequestTimeout:
    'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
  RestoreAlreadyInProgress: 'The restore operation is in progress.',
  SecurityTokenExpired: 'The security token you provided has expired.',
  ServiceUnavailable: 'Please reduce your request rate.',
  SignatureDoesNotMatch:
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  SymlinkTargetNotExist: 'The symlink target object does not exist.',
  TooManyBuckets: 'You have attempted to create more buckets than allowed.',
  QuotaExceeded: 'The bucket has no room left within its quota.',
  TotalQpsLimitExceeded:
    'Please reduce your request rate: it is above the limit of the access key.',
  UserKeyMustBeSpecified: 'The key of an object must be specified.',
}
