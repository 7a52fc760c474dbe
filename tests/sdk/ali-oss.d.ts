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
    putBucket(name: string): Promise<Answer>
    deleteBucket(name: string): Promise<Answer>
    listBuckets(query?: Record<string, unknown>): Promise<{ buckets: { name: string }[] | null }>
    getBucketInfo(name: string): Promise<{ bucket: Record<string, unknown> }>
    getBucketLocation(name: string): Promise<{ location: string }>
    getBucketACL(name: string): Promise<{ acl: string }>
    getBucketStat(name: string): Promise<{ stat: Record<string, string> }>
    getBucketVersions(query?: unknown): Promise<{
      objects?: { name: string; versionId: string; isLatest: boolean }[]
      deleteMarker?: { name: string; versionId: string; isLatest: boolean }[]
      isTruncated: boolean
    }>
    putBucketVersioning(name: string, status: string): Promise<Answer>
    put(name: string, file: unknown, options?: Record<string, unknown>): Promise<Answer>
    get(name: string, file?: unknown, options?: unknown): Promise<Answer & { content: Buffer }>
    head(name: string, options?: unknown): Promise<Answer & { meta: unknown; status: number }>
    getObjectMeta(name: string): Promise<Answer & { status: number }>
    delete(name: string): Promise<Answer>
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
    ): Promise<Answer & { etag: string; name: string; bucket: string }>
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
    signatureUrlV4(
      method: string,
      expires: number,
      request?: unknown,
      objectName?: string,
    ): Promise<string>
    cancel(): void
  }
}
