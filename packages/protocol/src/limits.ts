/** OSS's numbers, each with its unit and where it comes from. */

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** Part numbers run from 1 to 10,000. Source: UploadPart, OSS API reference. */
export const MIN_PART_NUMBER = 1
export const MAX_PART_NUMBER = 10_000

/** The most parts an upload can list. Source: CompleteMultipartUpload, OSS API reference. */
export const MAX_PARTS = 10_000

/**
 * Bytes. The least size of every part but the last listed one, checked at Complete only.
 * Source: CompleteMultipartUpload (`EntityTooSmall`), OSS API reference.
 */
export const MIN_PART_SIZE: number = 100 * KiB

/** Bytes. Source: UploadPart and PutObject, OSS API reference. */
export const MAX_PART_SIZE: number = 5 * GiB
export const MAX_PUT_SIZE: number = 5 * GiB

/** Bytes. 10,000 parts of 5 GiB: 48.8 TB, below 2^53. */
export const MAX_OBJECT_SIZE: number = MAX_PARTS * MAX_PART_SIZE

/** Bytes of UTF-8. Source: object naming, OSS user guide. */
export const MAX_KEY_BYTES = 1023

/** Bytes. Source: bucket naming, OSS user guide. */
export const MIN_BUCKET_NAME = 3
export const MAX_BUCKET_NAME = 63

/** Entries in a page of parts or uploads, which is also their default. Source: ListParts, ListMultipartUploads. */
export const MAX_PAGE = 1000

/** Entries in a page of objects or buckets unless `max-keys` says otherwise. Source: ListObjects. */
export const DEFAULT_MAX_KEYS = 100

/** Bytes. 10,000 `Part` elements take about 1.1 MB; our own cap. */
export const MAX_COMPLETE_BODY: number = 2 * MiB

/** Objects in one DeleteMultipleObjects, and bytes of its body. Source: DeleteMultipleObjects, OSS API reference. */
export const MAX_DELETE_KEYS = 1000
export const MAX_DELETE_BODY: number = 2 * MiB

/** Tags of an object; characters. Source: PutObjectTagging, OSS API reference. */
export const MAX_OBJECT_TAGS = 10
export const MAX_OBJECT_TAG_KEY = 128
export const MAX_OBJECT_TAG_VALUE = 256

/** Tags of a bucket; bytes of UTF-8. Source: PutBucketTags, OSS API reference. */
export const MAX_BUCKET_TAGS = 20
export const MAX_BUCKET_TAG_KEY_BYTES = 64
export const MAX_BUCKET_TAG_VALUE_BYTES = 128

/** Rules, and bytes of the body. Source: PutBucketCors, OSS API reference. */
export const MAX_CORS_RULES = 10
export const MAX_CORS_BODY: number = 16 * KiB

/** Rules of a lifecycle. Source: PutBucketLifecycle, OSS API reference. The bytes are our own cap. */
export const MAX_LIFECYCLE_RULES = 1000
export const MAX_LIFECYCLE_BODY: number = 1 * MiB

/** Rules of a website. Source: PutBucketWebsite, OSS API reference. */
export const MAX_ROUTING_RULES = 20

/** Bytes. Our own cap for the XML bodies of bucket operations. */
export const MAX_CONFIG_BODY: number = 64 * KiB

/** Bytes of all `x-oss-meta-*` names and values together. Source: PutObject, OSS API reference. */
export const MAX_USER_METADATA: number = 8 * KiB

/** Buckets of one owner. Source: PutBucket, OSS API reference. */
export const MAX_BUCKETS = 100

/** Milliseconds between a request's date and ours. Source: `RequestTimeTooSkewed`, OSS error reference. */
export const MAX_CLOCK_SKEW_MS: number = 15 * 60 * 1000

/** Seconds. The longest life of a V4 presigned URL. Source: V4 signature in a URL, OSS API reference. */
export const MAX_PRESIGN_SECONDS: number = 7 * 24 * 60 * 60

/** Bytes. What an uploader takes when nobody says otherwise; our own choice. */
export const DEFAULT_PART_SIZE: number = 8 * MiB
