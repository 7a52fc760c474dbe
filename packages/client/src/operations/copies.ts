/** Copies that the service makes by itself: no byte passes here. */

import {
  decodeCopyObjectResult,
  decodeCopyPartResult,
  type ETag,
  encodePath,
  formatETag,
  formatHttpDate,
  MAX_PART_NUMBER,
  MIN_PART_NUMBER,
  parseETag,
  requireBucketName,
  requireObjectKey,
} from '@lading/protocol'
import { type CallOptions, requireInteger } from '../options.ts'
import type { Answer, Sender } from '../send.ts'
import {
  attributeHeaders,
  crc64Header,
  type Headers,
  type ObjectAcl,
  type ObjectAttributes,
} from './attributes.ts'
import { onlyStatus } from './buckets.ts'
import { type ObjectInput, objectTarget, requireUploadId, type UploadInput } from './multipart.ts'
import type { ReadConditions, VersionInput } from './objects.ts'
import { queryOf } from './query.ts'

/** Where the bytes come from; copied only if it is as the conditions say. */
export interface CopySourceInput {
  readonly source: VersionInput
  /** Of the source. Else `PreconditionFailed`, or `NotModified`. */
  readonly conditions?: ReadConditions | undefined
}

export interface CopyObjectInput extends ObjectInput, ObjectAttributes, CopySourceInput {
  /**
   * Whether the copy has the headers and metadata of its source, or those given here. Default
   * `REPLACE` where any is given, else `COPY`. On itself an object always gets those given.
   */
  readonly metadataDirective?: 'COPY' | 'REPLACE' | undefined
  /** The same for tags. */
  readonly taggingDirective?: 'COPY' | 'REPLACE' | undefined
  readonly acl?: ObjectAcl | undefined
}

export interface CopyObjectAnswer extends Answer {
  readonly etag: ETag
  readonly lastModified: Date
  readonly hashCrc64ecma: bigint | undefined
  readonly versionId: string | undefined
  /** Of the source. */
  readonly sourceVersionId: string | undefined
}

export interface UploadPartCopyInput extends UploadInput, CopySourceInput {
  /** 1 to 10,000. */
  readonly partNumber: number
  /** Bytes of the source, both ends included. Default: all of it. */
  readonly range?: { readonly start: number; readonly end: number } | undefined
}

export interface UploadPartCopyAnswer extends Answer {
  readonly etag: ETag
  readonly lastModified: Date
  readonly hashCrc64ecma: bigint | undefined
  readonly sourceVersionId: string | undefined
}

export function copyObject(
  sender: Sender,
  input: CopyObjectInput,
  options?: CallOptions,
): Promise<CopyObjectAnswer> {
  const { bucket, key, acl } = input
  const replaces = replacesMetadata(input)
  return sender.send(
    {
      operation: 'CopyObject',
      method: 'PUT',
      target: objectTarget({ bucket, key }),
      headers: {
        ...attributeHeaders(input),
        ...sourceHeaders(input),
        'x-oss-metadata-directive': input.metadataDirective ?? (replaces ? 'REPLACE' : undefined),
        'x-oss-tagging-directive':
          input.taggingDirective ?? (input.tagging ? 'REPLACE' : undefined),
        'x-oss-object-acl': acl,
      },
      receive: (answer) => ({
        ...onlyStatus(answer),
        ...decodeCopyObjectResult(answer.text),
        hashCrc64ecma: crc64Header(answer.headers),
        versionId: answer.headers.get('x-oss-version-id'),
        sourceVersionId: answer.headers.get('x-oss-copy-source-version-id'),
      }),
    },
    options,
  )
}

export async function uploadPartCopy(
  sender: Sender,
  input: UploadPartCopyInput,
  options?: CallOptions,
): Promise<UploadPartCopyAnswer> {
  const { bucket, key, uploadId, partNumber, range } = input
  requireInteger('partNumber', partNumber, MIN_PART_NUMBER, MAX_PART_NUMBER)
  return sender.send(
    {
      operation: 'UploadPartCopy',
      method: 'PUT',
      target: objectTarget({ bucket, key }),
      query: queryOf({ partNumber, uploadId: requireUploadId(uploadId) }),
      headers: {
        ...sourceHeaders(input),
        'x-oss-copy-source-range': range && rangeText(range),
      },
      receive: (answer) => ({
        ...onlyStatus(answer),
        ...decodeCopyPartResult(answer.text),
        hashCrc64ecma: crc64Header(answer.headers),
        sourceVersionId: answer.headers.get('x-oss-copy-source-version-id'),
      }),
    },
    options,
  )
}

/** Whether any header or metadata is given, which then are those of the copy. */
export function replacesMetadata(attributes: ObjectAttributes): boolean {
  const { contentType, cacheControl, contentDisposition, contentEncoding } = attributes
  const { contentLanguage, expires, metadata } = attributes
  const headers = [contentType, cacheControl, contentDisposition, contentEncoding, contentLanguage]
  return [...headers, expires, metadata].some((value) => value !== undefined)
}

function sourceHeaders({ source, conditions = {} }: CopySourceInput): Headers {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  const path = `/${requireBucketName(source.bucket)}/${encodePath(requireObjectKey(source.key))}`
  const version = source.versionId ? `?versionId=${encodeURIComponent(source.versionId)}` : ''
  return {
    'x-oss-copy-source': path + version,
    'x-oss-copy-source-if-match': ifMatch && formatETag(parseETag(ifMatch)),
    'x-oss-copy-source-if-none-match': ifNoneMatch && formatETag(parseETag(ifNoneMatch)),
    'x-oss-copy-source-if-modified-since': ifModifiedSince && formatHttpDate(ifModifiedSince),
    'x-oss-copy-source-if-unmodified-since': ifUnmodifiedSince && formatHttpDate(ifUnmodifiedSince),
  }
}

/** OSS copies the whole source in answer to a range that is none. */
function rangeText({ start, end }: { readonly start: number; readonly end: number }): string {
  const isSane = Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start
  if (isSane && start <= end) return `bytes=${start}-${end}`
  throw new RangeError(`There is no range from ${start} to ${end}.`)
}
