/** As much of ali-oss 6.23 as the tests use; the package ships no types. */

declare module 'ali-oss' {
  interface Answer {
    res: { status: number; headers: Record<string, string>; requestUrls?: string[] }
  }

  interface Checkpoint {
    file: unknown
    name: string
    fileSize: number
    partSize: number
    uploadId: string
    doneParts: { number: number; etag: string }[]
  }

  interface Listed {
    name: string
    size: number
    etag: string
    type: string
    restoreInfo?: { ongoingRequest: boolean; expiryDate?: Date }
  }

  class STS {
    constructor(options: Record<string, unknown>)
    assumeRole(
      role: string,
      policy?: string | object,
      expiration?: number,
      session?: string,
    ): Promise<{
      credentials: { AccessKeyId: string; AccessKeySecret: string; SecurityToken: string }
    }>
  }

  export default class OSS {
    static STS: typeof STS
    constructor(options: Record<string, unknown>)
    useBucket(name: string): void
    putBucket(name: string, options?: unknown): Promise<Answer>
    deleteBucket(name: string): Promise<Answer>
    listBuckets(query?: Record<string, unknown>): Promise<{ buckets: { name: string }[] | null }>
    getBucketInfo(name: string): Promise<{ bucket: Record<string, unknown> }>
    getBucketLocation(name: string): Promise<{ location: string }>
    getBucketACL(name: string): Promise<{ acl: string }>
    putBucketACL(name: string, acl: string): Promise<Answer>
    putBucketCORS(name: string, rules: unknown[]): Promise<Answer>
    getBucketCORS(name: string): Promise<{ rules: unknown[] }>
    deleteBucketCORS(name: string): Promise<Answer>
    putBucketReferer(name: string, allowEmpty: boolean, referers: string[]): Promise<Answer>
    getBucketReferer(name: string): Promise<unknown>
    deleteBucketReferer(name: string): Promise<Answer>
    putBucketLogging(name: string, prefix: string): Promise<Answer>
    getBucketLogging(name: string): Promise<unknown>
    deleteBucketLogging(name: string): Promise<Answer>
    putBucketWebsite(name: string, config: unknown): Promise<Answer>
    getBucketWebsite(name: string): Promise<unknown>
    deleteBucketWebsite(name: string): Promise<Answer>
    putBucketLifecycle(name: string, rules: unknown[]): Promise<Answer>
    getBucketLifecycle(name: string): Promise<{ rules: unknown[] | null }>
    deleteBucketLifecycle(name: string): Promise<Answer>
    putBucketPolicy(name: string, policy: unknown): Promise<Answer>
    getBucketPolicy(name: string): Promise<{ policy: unknown }>
    deleteBucketPolicy(name: string): Promise<Answer>
    putBucketTags(name: string, tags: Record<string, string>): Promise<Answer>
    getBucketTags(name: string): Promise<{ tag: Record<string, string> }>
    deleteBucketTags(name: string): Promise<Answer>
    putBucketEncryption(name: string, options: unknown): Promise<Answer>
    getBucketEncryption(name: string): Promise<{ encryption: unknown }>
    deleteBucketEncryption(name: string): Promise<Answer>
    putBucketRequestPayment(name: string, payer: string): Promise<Answer>
    getBucketRequestPayment(name: string): Promise<{ payer: string }>
    getBucketVersioning(name: string): Promise<{ versionStatus: string | undefined }>
    getBucketWorm(name: string): Promise<unknown>
    listBucketInventory(name: string): Promise<unknown>
    putChannel(id: string, config: unknown): Promise<unknown>
    getBucketStat(name: string): Promise<{ stat: Record<string, string> }>
    getBucketVersions(query?: unknown): Promise<{
      objects?: { name: string; versionId: string; isLatest: boolean }[]
      deleteMarker?: { name: string; versionId: string; isLatest: boolean }[]
      isTruncated: boolean
    }>
    putBucketVersioning(name: string, status: string): Promise<Answer>
    put(
      name: string,
      file: unknown,
      options?: Record<string, unknown>,
    ): Promise<Answer & { data?: unknown }>
    putStream(name: string, stream: unknown, options?: unknown): Promise<Answer>
    getStream(name: string, options?: unknown): Promise<{ stream: NodeJS.ReadableStream }>
    append(
      name: string,
      file: unknown,
      options?: unknown,
    ): Promise<Answer & { nextAppendPosition: string }>
    copy(
      name: string,
      sourceName: string,
      bucketOrOptions?: unknown,
      options?: unknown,
    ): Promise<Answer & { data: { etag: string } | null }>
    putMeta(name: string, meta: Record<string, string>): Promise<unknown>
    deleteMulti(
      names: unknown[],
      options?: unknown,
    ): Promise<Answer & { deleted: { Key: string }[] }>
    putACL(name: string, acl: string, options?: unknown): Promise<Answer>
    getACL(name: string, options?: unknown): Promise<{ acl: string }>
    putObjectTagging(name: string, tags: unknown, options?: unknown): Promise<Answer>
    getObjectTagging(name: string, options?: unknown): Promise<{ tag: Record<string, string> }>
    deleteObjectTagging(name: string, options?: unknown): Promise<Answer>
    putSymlink(name: string, target: string, options?: unknown): Promise<Answer>
    getSymlink(name: string): Promise<{ targetName: string }>
    restore(name: string, options?: unknown): Promise<Answer>
    processObjectSave(source: string, target: string, process: string): Promise<{ status: number }>
    postAsyncFetch(name: string, url: string): Promise<unknown>
    get(name: string, file?: unknown, options?: unknown): Promise<Answer & { content: Buffer }>
    head(name: string, options?: unknown): Promise<Answer & { meta: unknown; status: number }>
    getObjectMeta(name: string): Promise<Answer & { status: number }>
    delete(name: string, options?: unknown): Promise<Answer>
    list(
      query: unknown,
      options?: unknown,
    ): Promise<{
      objects?: Listed[]
      prefixes?: string[]
      isTruncated: boolean
      nextMarker?: string
    }>
    listV2(
      query: unknown,
      options?: unknown,
    ): Promise<{
      objects?: Listed[]
      prefixes?: string[]
      isTruncated: boolean
      nextContinuationToken?: string
      keyCount: string
    }>
    initMultipartUpload(name: string, options?: unknown): Promise<{ uploadId: string }>
    uploadPart(
      name: string,
      uploadId: string,
      partNumber: number,
      file: unknown,
      start: number,
      end: number,
    ): Promise<Answer & { etag: string }>
    completeMultipartUpload(
      name: string,
      uploadId: string,
      parts: { number: number; etag: string }[],
      options?: unknown,
    ): Promise<Answer & { etag: string }>
    multipartUpload(
      name: string,
      file: unknown,
      options?: unknown,
    ): Promise<Answer & { etag: string; name: string; bucket: string; data?: unknown }>
    uploadPartCopy(
      name: string,
      uploadId: string,
      partNumber: number,
      range: string,
      source: unknown,
    ): Promise<Answer & { etag: string }>
    multipartUploadCopy(name: string, source: unknown, options?: unknown): Promise<Answer>
    listUploads(query: unknown): Promise<{
      uploads: { name: string; uploadId: string; initiated: string }[]
      isTruncated: boolean
      nextKeyMarker: string
      nextUploadIdMarker: string
    }>
    listParts(
      name: string,
      uploadId: string,
      query?: unknown,
    ): Promise<{
      parts: unknown
      nextPartNumberMarker: string
      isTruncated: string
      maxParts: string
    }>
    abortMultipartUpload(name: string, uploadId: string): Promise<Answer>
    signatureUrl(name: string, options?: unknown): string
    asyncSignatureUrl(name: string, options?: unknown): Promise<string>
    calculatePostSignature(policy: unknown): Record<string, string>
    signatureUrlV4(
      method: string,
      expires: number,
      request?: unknown,
      objectName?: string,
    ): Promise<string>
    cancel(): void
  }
}
