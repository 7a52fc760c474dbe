/** What a page that has no keys asks its backend, and what it is answered. JSON holds all of it. */

/** What an upload needs of a service, and all that can be asked for. */
export type PresignedOperation =
  | 'InitiateMultipartUpload'
  | 'UploadPart'
  | 'ListParts'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'PutObject'
  | 'HeadObject'

/** One request that the page is about to make. */
export interface PresignRequest {
  readonly operation: PresignedOperation
  readonly bucket: string
  readonly key: string
  /** Of an upload that is initiated. */
  readonly uploadId?: string | undefined
  /** 1 to 10,000; with UploadPart. */
  readonly partNumber?: number | undefined
  /** With ListParts: only parts with a higher number. */
  readonly partNumberMarker?: number | undefined
  /** 1 to 1,000; with ListParts. */
  readonly maxParts?: number | undefined
  /** Bytes of the body; with UploadPart and PutObject. */
  readonly contentLength?: number | undefined
  /** Those that the page wants to send; names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A request that the service takes from whoever sends it just so. */
export interface PresignAnswer {
  readonly url: string
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD'
  /** All that must be sent along, and may be more than was asked for; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** ISO 8601: the end of the URL. */
  readonly expiration: string
}

/** What the page is answered instead, with a status of 400 or 403. */
export interface PresignRefusal {
  /** `AccessDenied`, or `InvalidArgument` for what no client of ours would ask. */
  readonly code: string
  /** What is wrong with it. */
  readonly message: string
}
