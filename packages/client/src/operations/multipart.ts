/** The operations of a multipart upload. */

import {
  decodeCompleteMultipartUploadResult,
  decodeInitiateMultipartUploadResult,
  decodeListMultipartUploadsResult,
  decodeListPartsResult,
  type ETag,
  encodeCompleteMultipartUpload,
  type ListedPart,
  type ListMultipartUploadsResult,
  type ListPartsResult,
  MAX_PAGE,
  MAX_PART_NUMBER,
  MIN_PART_NUMBER,
  type PartReference,
  parseETag,
  requireBucketName,
  requireObjectKey,
  type Sums,
  type Target,
  type UploadId,
} from '@lading/protocol'
import { type BodyInput, bytesBody, toHttpBody } from '../body.ts'
import { type CallOptions, requireInteger } from '../options.ts'
import type { Answer, Sender, TextAnswer } from '../send.ts'
import {
  attributeHeaders,
  type CallbackOptions,
  callbackHeaders,
  crc64Header,
  type ObjectAcl,
  type ObjectAttributes,
  requireETag,
} from './attributes.ts'
import { bucketTarget, onlyStatus } from './buckets.ts'
import { type Proof, provable, type Verify } from './prove.ts'
import { queryOf } from './query.ts'
import { repeatable } from './repeated.ts'

export interface ObjectInput {
  readonly bucket: string
  readonly key: string
}

export interface UploadInput extends ObjectInput {
  readonly uploadId: UploadId | string
}

export interface InitiateMultipartUploadInput extends ObjectInput, ObjectAttributes {}

export interface InitiateMultipartUploadAnswer extends Answer, ObjectInput {
  readonly uploadId: UploadId
}

export interface UploadPartInput extends UploadInput {
  /** 1 to 10,000. */
  readonly partNumber: number
  readonly body: BodyInput
  /** What `body` is known to hash to; otherwise it is read once more than it is sent. */
  readonly sums?: Sums | undefined
  /** Default `md5`. */
  readonly verify?: Verify | undefined
}

export interface UploadPartAnswer extends Answer {
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  /** What was compared with the service's before the part was called stored. */
  readonly verified: readonly Proof[]
  /** CORS did not show the answer's ETag to the page, and ListParts was asked for it. */
  readonly etagHidden: boolean
}

export interface ListPartsInput extends UploadInput {
  /** Only parts with a higher number. Default 0. */
  readonly partNumberMarker?: number | undefined
  /** 1 to 1,000. Default 1,000. */
  readonly maxParts?: number | undefined
}

export type PartEntry = Omit<ListedPart, 'crc64'> & {
  readonly hashCrc64ecma: bigint | undefined
}

export type ListPartsAnswer = Answer &
  Omit<ListPartsResult, 'parts'> & { readonly parts: readonly PartEntry[] }

export interface ListMultipartUploadsInput {
  readonly bucket: string
  readonly prefix?: string | undefined
  readonly delimiter?: string | undefined
  readonly keyMarker?: string | undefined
  /** Counts only together with `keyMarker`. */
  readonly uploadIdMarker?: string | undefined
  /** 1 to 1,000. Default 1,000. */
  readonly maxUploads?: number | undefined
}

export type ListMultipartUploadsAnswer = Answer & ListMultipartUploadsResult

export interface CompleteMultipartUploadInput extends UploadInput, CallbackOptions {
  /** The parts the object shall have; sorted by number before they are sent. */
  readonly parts?: readonly PartReference[] | undefined
  /** Take every part the service holds instead of a list. Default `false`. */
  readonly completeAll?: boolean | undefined
  readonly forbidOverwrite?: boolean | undefined
  readonly acl?: ObjectAcl | undefined
}

export interface CompleteMultipartUploadAnswer extends Answer, ObjectInput {
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  readonly versionId: string | undefined
  /** `undefined` with a callback. */
  readonly location: string | undefined
  /** What the callback's server answered; `undefined` without a callback. */
  readonly callbackBody: string | undefined
}

export function initiateMultipartUpload(
  sender: Sender,
  { bucket, key, ...attributes }: InitiateMultipartUploadInput,
  options?: CallOptions,
): Promise<InitiateMultipartUploadAnswer> {
  return sender.send(
    {
      operation: 'InitiateMultipartUpload',
      method: 'POST',
      target: objectTarget({ bucket, key }),
      query: [
        ['uploads', ''],
        ['encoding-type', 'url'],
      ],
      headers: attributeHeaders(attributes),
      outlastsAbort: true,
      receive: ({ status, requestId, text }) => {
        const { uploadId } = decodeInitiateMultipartUploadResult(text)
        if (!uploadId) throw new Error('it has no UploadId')
        return { status, requestId, bucket, key, uploadId }
      },
    },
    options,
  )
}

export async function uploadPart(
  sender: Sender,
  { bucket, key, uploadId, partNumber, body: input, sums: known, verify }: UploadPartInput,
  options?: CallOptions,
): Promise<UploadPartAnswer> {
  requireInteger('partNumber', partNumber, MIN_PART_NUMBER, MAX_PART_NUMBER)
  const target = objectTarget({ bucket, key })
  const { body, contentMd5, prove } = await provable(toHttpBody(input), sender.hasher, {
    known,
    verify,
    signal: options?.signal,
  })
  return sender.send(
    {
      operation: 'UploadPart',
      method: 'PUT',
      target,
      query: queryOf({ partNumber, uploadId: requireUploadId(uploadId) }),
      headers: { 'content-md5': contentMd5 },
      body,
      receive: async ({ status, requestId, headers }) => {
        const etagHidden = sender.hidesHeaders && !headers.has('etag')
        const shown = etagHidden
          ? await listedSums(sender, { bucket, key, uploadId, partNumber }, options)
          : headers
        const verified = await prove('part', shown)
        return {
          status,
          requestId,
          etag: requireETag(shown),
          hashCrc64ecma: crc64Header(shown),
          verified,
          etagHidden,
        }
      },
    },
    options,
  )
}

/** What ListParts says of a part, as the headers of its answer would have. */
async function listedSums(
  sender: Sender,
  { partNumber, ...upload }: UploadInput & { readonly partNumber: number },
  options?: CallOptions,
): Promise<ReadonlyMap<string, string>> {
  const page = { ...upload, partNumberMarker: partNumber - 1, maxParts: 1 }
  const { parts } = await listParts(sender, page, options)
  const part = parts.find((part) => part.partNumber === partNumber)
  if (!part) throw new Error('it has no ETag, and ListParts does not have the part')
  const { etag, hashCrc64ecma } = part
  const crc64: [string, string][] =
    hashCrc64ecma === undefined ? [] : [['x-oss-hash-crc64ecma', String(hashCrc64ecma)]]
  return new Map([['etag', etag], ...crc64])
}

export function listParts(
  sender: Sender,
  { bucket, key, uploadId, partNumberMarker, maxParts }: ListPartsInput,
  options?: CallOptions,
): Promise<ListPartsAnswer> {
  if (maxParts !== undefined) requireInteger('maxParts', maxParts, 1, MAX_PAGE)
  return sender.send(
    {
      operation: 'ListParts',
      method: 'GET',
      target: objectTarget({ bucket, key }),
      query: queryOf({
        uploadId: requireUploadId(uploadId),
        'max-parts': maxParts,
        'part-number-marker': partNumberMarker,
        'encoding-type': 'url',
      }),
      receive: ({ status, requestId, text }) => {
        const { parts, ...page } = decodeListPartsResult(text)
        const entries = parts.map(({ crc64, ...part }) => ({ ...part, hashCrc64ecma: crc64 }))
        return { status, requestId, ...page, parts: entries }
      },
    },
    options,
  )
}

export function listMultipartUploads(
  sender: Sender,
  input: ListMultipartUploadsInput,
  options?: CallOptions,
): Promise<ListMultipartUploadsAnswer> {
  const { bucket, prefix, delimiter, keyMarker, uploadIdMarker, maxUploads } = input
  if (maxUploads !== undefined) requireInteger('maxUploads', maxUploads, 1, MAX_PAGE)
  return sender.send(
    {
      operation: 'ListMultipartUploads',
      method: 'GET',
      target: bucketTarget(bucket),
      query: [
        ['uploads', ''],
        ...queryOf({
          prefix,
          delimiter,
          'key-marker': keyMarker,
          'upload-id-marker': uploadIdMarker,
          'max-uploads': maxUploads,
          'encoding-type': 'url',
        }),
      ],
      receive: ({ status, requestId, text }) => ({
        status,
        requestId,
        ...decodeListMultipartUploadsResult(text),
      }),
    },
    options,
  )
}

export async function completeMultipartUpload(
  sender: Sender,
  input: CompleteMultipartUploadInput,
  options?: CallOptions,
): Promise<CompleteMultipartUploadAnswer> {
  const { bucket, key, uploadId, parts, completeAll = false, forbidOverwrite, acl } = input
  if (completeAll === (parts !== undefined)) {
    throw new TypeError('completeMultipartUpload takes either parts or completeAll.')
  }
  const hasCallback = input.callback !== undefined
  const common = {
    operation: 'CompleteMultipartUpload',
    method: 'POST',
    target: objectTarget({ bucket, key }),
    query: queryOf({ uploadId: requireUploadId(uploadId), 'encoding-type': 'url' }),
    receive: (answer: TextAnswer): CompleteMultipartUploadAnswer => {
      const { status, requestId, headers, text } = answer
      const decoded = hasCallback ? undefined : decodeCompleteMultipartUploadResult(text)
      return {
        status,
        requestId,
        bucket,
        key,
        etag: decoded?.etag ?? requireETag(headers),
        hashCrc64ecma: crc64Header(headers),
        versionId: headers.get('x-oss-version-id'),
        location: decoded?.location,
        callbackBody: hasCallback ? text : undefined,
      }
    },
  }
  const headers = {
    'x-oss-complete-all': completeAll ? 'yes' : undefined,
    'x-oss-forbid-overwrite': forbidOverwrite ? 'true' : undefined,
    'x-oss-object-acl': acl,
    ...callbackHeaders(input),
  }
  if (!parts) return sender.send({ ...common, headers }, options)

  const sorted = parts
    .map(({ partNumber, etag }) => ({ partNumber, etag: parseETag(etag) }))
    .sort((left, right) => left.partNumber - right.partNumber)
  const xml = new TextEncoder().encode(encodeCompleteMultipartUpload(sorted))
  const { body, contentMd5 } = await provable(bytesBody(xml), sender.hasher, {})
  return sender.send(
    {
      ...common,
      headers: { ...headers, 'content-type': 'application/xml', 'content-md5': contentMd5 },
      body,
    },
    options,
  )
}

export function abortMultipartUpload(
  sender: Sender,
  { bucket, key, uploadId }: UploadInput,
  options?: CallOptions,
): Promise<Answer> {
  const call = {
    operation: 'AbortMultipartUpload',
    method: 'DELETE',
    target: objectTarget({ bucket, key }),
    query: queryOf({ uploadId: requireUploadId(uploadId) }),
    receive: onlyStatus,
  }
  return repeatable('NoSuchUpload', options, (options) => sender.send(call, options), onlyStatus)
}

export function objectTarget({ bucket, key }: ObjectInput): Target {
  return { bucket: requireBucketName(bucket), key: requireObjectKey(key) }
}

/** Without an id, UploadPart would be a PutObject and Abort a DeleteObject. */
export function requireUploadId(uploadId: string): string {
  if (typeof uploadId === 'string' && uploadId !== '') return uploadId
  throw new TypeError('uploadId must be the id that initiateMultipartUpload returned.')
}
