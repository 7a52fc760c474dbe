/**
 * Every code this project answers with. A status is decided here and nowhere else: the server reads
 * this table to reply. Source: the error pages of the OSS user guide.
 */
export const errorCodes = {
  AccessDenied: { status: 403, message: 'Access denied.' },
  AccessForbidden: { status: 403, message: 'CORSResponse: This CORS request is not allowed.' },
  AccessKeyIdAndSecurityTokenNotMatch: {
    status: 403,
    message: 'The access key id and the security token do not belong together.',
  },
  BadRequest: { status: 400, message: 'The request is not well-formed.' },
  BucketAlreadyExists: {
    status: 409,
    message:
      'The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.',
  },
  BucketNotEmpty: { status: 409, message: 'The bucket has objects. Please delete them first.' },
  CallbackFailed: { status: 203, message: 'The callback failed.' },
  CORSRuleBeyondLimit: { status: 400, message: 'The CORS Rules num is beyond limit.' },
  EntityTooLarge: {
    status: 400,
    message: 'Your proposed upload exceeds the maximum allowed size.',
  },
  EntityTooSmall: {
    status: 400,
    message: 'Your proposed upload smaller than the minimum allowed size.',
  },
  FieldItemTooLong: { status: 400, message: 'Your name of form field is too long.' },
  FileAlreadyExists: {
    status: 409,
    message: 'The object you specified already exists and can not be overwritten.',
  },
  IncompleteBody: {
    status: 400,
    message: 'You did not provide the number of bytes specified by the Content-Length HTTP header.',
  },
  IncorrectNumberOfFilesInPOSTRequest: {
    status: 400,
    message: 'POST requires exactly one file upload per request.',
  },
  InternalError: { status: 500, message: 'Please contact the server administrator.' },
  InvalidAccessKeyId: {
    status: 403,
    message: 'The OSS Access Key Id you provided does not exist in our records.',
  },
  InvalidArgument: { status: 400, message: 'Invalid Argument.' },
  InvalidBucketName: { status: 400, message: 'The specified bucket is not valid.' },
  InvalidCRC64: {
    status: 400,
    message: 'The x-oss-hash-crc64ecma you specified does not match what we calculated.',
  },
  InvalidDigest: { status: 400, message: 'The Content-MD5 you specified was invalid.' },
  InvalidEncryptionAlgorithmError: {
    status: 400,
    message: 'The Encryption request you specified is not valid. Supported value: AES256/SM4/KMS.',
  },
  InvalidLocationConstraint: {
    status: 400,
    message: 'The specified location-constraint is not valid.',
  },
  InvalidObjectName: { status: 400, message: 'The specified object is not valid.' },
  InvalidObjectState: {
    status: 403,
    message: "The operation is not valid for the object's state.",
  },
  InvalidPart: {
    status: 400,
    message:
      "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
  },
  InvalidPartOrder: {
    status: 400,
    message:
      'The list of parts was not in ascending order. Parts list must specified in order by part number.',
  },
  InvalidPolicyDocument: { status: 400, message: 'The policy is not valid.' },
  InvalidRange: { status: 416, message: 'The requested range cannot be satisfied' },
  InvalidRequest: { status: 400, message: 'The request is not valid.' },
  InvalidSecurityToken: { status: 403, message: 'The security token you provided is invalid.' },
  InvalidTag: { status: 400, message: 'The TagKey you have provided is invalid.' },
  InvalidTargetBucketForLogging: {
    status: 400,
    message: 'The target bucket for logging does not exist or is not owned by the requester.',
  },
  InvalidTargetType: { status: 400, message: "The symbolic's target file type is invalid." },
  MalformedPOSTRequest: {
    status: 400,
    message: 'The body of your POST request is not well-formed multipart/form-data.',
  },
  MalformedXML: {
    status: 400,
    message:
      'The XML you provided was not well-formed or did not validate against our published schema.',
  },
  MaxPOSTPreDataLengthExceededError: {
    status: 400,
    message: 'Your POST request fields preceding the upload file were too large.',
  },
  MetadataTooLarge: {
    status: 400,
    message: 'Your metadata headers exceed the maximum allowed metadata size.',
  },
  MethodNotAllowed: {
    status: 405,
    message: 'The specified method is not allowed against this resource.',
  },
  MissingArgument: { status: 400, message: 'Missing Some Required Arguments.' },
  MissingContentLength: {
    status: 411,
    message: 'You must provide the Content-Length HTTP header.',
  },
  NoSuchBucket: { status: 404, message: 'The specified bucket does not exist.' },
  NoSuchBucketPolicy: { status: 404, message: 'The bucket policy does not exist.' },
  NoSuchCORSConfiguration: { status: 404, message: 'The CORS Configuration does not exist.' },
  NoSuchKey: { status: 404, message: 'The specified key does not exist.' },
  NoSuchLifecycle: { status: 404, message: 'No Row found in Lifecycle Table.' },
  NoSuchServerSideEncryptionRule: {
    status: 404,
    message: 'The server side encryption rule does not exist.',
  },
  NoSuchUpload: {
    status: 404,
    message:
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  },
  NoSuchVersion: { status: 404, message: 'The specified version does not exist.' },
  NoSuchWebsiteConfiguration: {
    status: 404,
    message: 'The specified bucket does not have a website configuration.',
  },
  NotImplemented: {
    status: 400,
    message: 'A header you provided implies functionality that is not implemented.',
  },
  NotSymlink: { status: 400, message: 'The object is not symlink.' },
  ObjectNotAppendable: { status: 409, message: 'The object is not appendable.' },
  OperationNotSupported: {
    status: 400,
    message: 'The operation is not supported for this resource.',
  },
  PartAlreadyExist: {
    status: 409,
    message: "For sequential multipart upload, you can't overwrite uploaded parts.",
  },
  PartNotSequential: {
    status: 400,
    message:
      'For sequential multipart upload, you must upload or complete parts with sequential part number.',
  },
  PositionNotEqualToLength: { status: 409, message: 'Position is not equal to file length.' },
  PreconditionFailed: {
    status: 412,
    message: 'At least one of the pre-conditions you specified did not hold.',
  },
  RequestIsNotMultiPartContent: {
    status: 400,
    message: 'Bucket POST must be of the enclosure-type multipart/form-data.',
  },
  RequestTimeTooSkewed: {
    status: 403,
    message: 'The difference between the request time and the current time is too large.',
  },
  RequestTimeout: {
    status: 400,
    message:
      'Your socket connection to the server was not read from or written to within the timeout period. Idle connections will be closed.',
  },
  RestoreAlreadyInProgress: { status: 409, message: 'The restore operation is in progress.' },
  SecurityTokenExpired: { status: 403, message: 'The security token you provided has expired.' },
  ServiceUnavailable: { status: 503, message: 'Please reduce your request rate.' },
  SignatureDoesNotMatch: {
    status: 403,
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  },
  SymlinkTargetNotExist: { status: 404, message: 'The symlink target object does not exist.' },
  TooManyBuckets: {
    status: 400,
    message: 'You have attempted to create more buckets than allowed.',
  },
  QuotaExceeded: { status: 403, message: 'The bucket has no room left within its quota.' },
  TotalQpsLimitExceeded: {
    status: 503,
    message: 'Please reduce your request rate: it is above the limit of the access key.',
  },
  UserKeyMustBeSpecified: { status: 400, message: 'The key of an object must be specified.' },
} as const
