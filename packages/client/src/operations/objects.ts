/** Operations on objects. */

import {
  decodeListObjectsResult,
  decodeListObjectsV2Result,
  type ETag,
  formatETag,
  formatHttpDate,
  fromBase64,
  type ListObjectsResult,
  type ListObjectsV2Result,
  md5ETag,
  OssError,
  parseETag,
  type QueryEntry,
  type Sums,
} from '@lading/protocol'
import { type BodyInput, toHttpBody } from '../body.ts'
import { IntegrityError, TransportError } from '../errors.ts'
import type { CallOptions } from '../options.ts'
import type { Answer, Call, Sender, TextAnswer } from '../send.ts'
import {
  attributeHeaders,
  type CallbackOptions,
  callbackHeaders,
  crc64Header,
  type Headers,
  type ObjectAcl,
  type ObjectAttributes,
  type ObjectHead,
  objectHead,
  requireETag,
} from './attributes.ts'
import { bucketTarget, onlyStatus } from './buckets.ts'
import { type ObjectInput, objectTarget } from './multipart.ts'
import { type Proof, provable, type Verify } from './prove.ts'
import { queryOf } from './query.ts'
import { repeatable } from './repeated.ts'

export interface PutObjectInput extends ObjectInput, ObjectAttributes, CallbackOptions {
  readonly body: BodyInput
  /** What `body` is known to hash to; otherwise it is read once more than it is sent. */
  readonly sums?: Sums | undefined
  /** Default `md5`. */
  readonly verify?: Verify | undefined
  readonly acl?: ObjectAcl | undefined
}

export interface PutObjectAnswer extends Answer {
  readonly etag: ETag
  readonly hashCrc64ecma: bigint | undefined
  readonly versionId: string | undefined
  /** What was compared with the service's before the object was called stored. */
  readonly verified: readonly Proof[]
  /** What the callback's server answered; `undefined` without a callback, or if the answer was lost. */
  readonly callbackBody: string | undefined
}

export interface VersionInput extends ObjectInput {
  /** Default: the newest. */
  readonly versionId?: string | undefined
}

/** A read that happens only if the object is (not) as it was; else `PreconditionFailed` or `NotModified`. */
export interface ReadConditions {
  readonly ifMatch?: ETag | string | undefined
  readonly ifNoneMatch?: ETag | string | undefined
  readonly ifModifiedSince?: Date | undefined
  readonly ifUnmodifiedSince?: Date | undefined
}

/** Bytes; both ends are included. Without `end`, to the last byte; a negative `start` counts from there. */
export interface ByteRange {
  readonly start: number
  readonly end?: number | undefined
}

export interface GetObjectInput extends VersionInput, ReadConditions {
  /** Default: the whole object. A range past the object's end is cut, or refused with `InvalidRange`. */
  readonly range?: ByteRange | undefined
}

export interface HeadObjectInput extends VersionInput, ReadConditions {}

export type HeadObjectAnswer = Answer & ObjectHead

export interface GetObjectAnswer extends Answer, ObjectHead {
  /** What the body is of the object, both ends included. `undefined`: all of it (status 200). */
  readonly range: { readonly start: number; readonly end: number } | undefined
  /** Read it to its end, or leave the loop, which closes the connection. Not verified: see `download`. */
  readonly body: AsyncIterable<Uint8Array>
}

export type GetObjectMetaAnswer = Answer &
  Pick<ObjectHead, 'size' | 'etag' | 'lastModified' | 'hashCrc64ecma' | 'versionId'>

export interface DeleteObjectAnswer extends Answer {
  readonly versionId: string | undefined
  readonly deleteMarker: boolean
}

export interface ListObjectsInput {
  readonly bucket: string
  readonly prefix?: string | undefined
  readonly delimiter?: string | undefined
  /** Only keys after this one. */
  readonly marker?: string | undefined
  /** 1 to 1,000. Default 100. */
  readonly maxKeys?: number | undefined
}

export interface ListObjectsV2Input {
  readonly bucket: string
  readonly prefix?: string | undefined
  readonly delimiter?: string | undefined
  /** Only keys after this one; counts on the first page. */
  readonly startAfter?: string | undefined
  readonly continuationToken?: string | undefined
  /** Default `false`. */
  readonly fetchOwner?: boolean | undefined
  /** 1 to 1,000. Default 100. */
  readonly maxKeys?: number | undefined
}

export type ListObjectsAnswer = Answer & ListObjectsResult
export type ListObjectsV2Answer = Answer & ListObjectsV2Result

export async function putObject(
  sender: Sender,
  { bucket, key, body: input, sums: known, verify, acl, ...attributes }: PutObjectInput,
  options?: CallOptions,
): Promise<PutObjectAnswer> {
  const target = objectTarget({ bucket, key })
  const { body, contentMd5, prove } = await provable(toHttpBody(input), sender.hasher, {
    known,
    verify,
    signal: options?.signal,
  })
  const receive = async (answer: TextAnswer): Promise<PutObjectAnswer> => {
    const { status, requestId, headers, text } = answer
    // Where CORS hides the ETag, Content-MD5 has proved the bytes to the service, and nobody to us.
    const isHidden = sender.hidesHeaders && !headers.has('etag') && contentMd5 !== undefined
    const verified = isHidden ? [] : await prove('object', headers)
    return {
      status,
      requestId,
      etag: isHidden ? etagOfContentMd5(contentMd5) : requireETag(headers),
      hashCrc64ecma: crc64Header(headers),
      versionId: headers.get('x-oss-version-id'),
      verified,
      callbackBody: attributes.callback === undefined ? undefined : text,
    }
  }
  const put = {
    operation: 'PutObject',
    method: 'PUT',
    target,
    headers: {
      ...attributeHeaders(attributes),
      ...callbackHeaders(attributes),
      'x-oss-object-acl': acl,
      'content-md5': contentMd5,
    },
    body,
    receive,
    replacesItself: true,
  }
  return repeatable(
    'FileAlreadyExists',
    options,
    (options) => sender.send(put, options),
    // Without a sum to compare, an object of the same size is no confirmation.
    () =>
      verify === 'off'
        ? undefined
        : confirmed(sender, { target, size: body.size, receive }, options),
  )
}

function etagOfContentMd5(contentMd5: string): ETag {
  return md5ETag(fromBase64(contentMd5) ?? new Uint8Array(0))
}

/** What HEAD says of the object, if it has the bytes that were put. */
async function confirmed(
  sender: Sender,
  {
    target,
    size,
    receive,
  }: Pick<Call<PutObjectAnswer>, 'target' | 'receive'> & { readonly size: number | undefined },
  options?: CallOptions,
): Promise<PutObjectAnswer | undefined> {
  try {
    return await sender.send(
      {
        operation: 'HeadObject',
        method: 'HEAD',
        target,
        receive: async (answer) =>
          objectHead(answer.headers).size === size
            ? { ...(await receive(answer)), callbackBody: undefined }
            : undefined,
      },
      options,
    )
  } catch (error) {
    options?.signal?.throwIfAborted()
    // Other bytes, or it could not be asked: then the refusal is what the caller should hear of.
    const isAnswer = error instanceof OssError || error instanceof TransportError
    if (isAnswer || error instanceof IntegrityError) return undefined
    throw error
  }
}

export function getObject(
  sender: Sender,
  { bucket, key, versionId, range, ...conditions }: GetObjectInput,
  options?: CallOptions,
): Promise<GetObjectAnswer> {
  return sender.open(
    {
      operation: 'GetObject',
      method: 'GET',
      target: objectTarget({ bucket, key }),
      query: queryOf({ versionId }),
      headers: { ...conditionHeaders(conditions), ...rangeHeaders(range) },
      receive: ({ status, requestId, headers, body }) => ({
        status,
        requestId,
        ...objectHead(headers),
        range: status === 206 ? contentRange(headers) : undefined,
        body,
      }),
    },
    options,
  )
}

export function headObject(
  sender: Sender,
  { bucket, key, versionId, ...conditions }: HeadObjectInput,
  options?: CallOptions,
): Promise<HeadObjectAnswer> {
  return sender.send(
    {
      operation: 'HeadObject',
      method: 'HEAD',
      target: objectTarget({ bucket, key }),
      query: queryOf({ versionId }),
      headers: conditionHeaders(conditions),
      receive: ({ status, requestId, headers }) => ({ status, requestId, ...objectHead(headers) }),
    },
    options,
  )
}

export function getObjectMeta(
  sender: Sender,
  { bucket, key, versionId }: VersionInput,
  options?: CallOptions,
): Promise<GetObjectMetaAnswer> {
  return sender.send(
    {
      operation: 'GetObjectMeta',
      method: 'HEAD',
      target: objectTarget({ bucket, key }),
      query: [['objectMeta', ''] as QueryEntry, ...queryOf({ versionId })],
      receive: ({ status, requestId, headers }) => {
        const { size, etag, lastModified, hashCrc64ecma, versionId } = objectHead(headers)
        return { status, requestId, size, etag, lastModified, hashCrc64ecma, versionId }
      },
    },
    options,
  )
}

export function deleteObject(
  sender: Sender,
  { bucket, key, versionId }: VersionInput,
  options?: CallOptions,
): Promise<DeleteObjectAnswer> {
  return sender.send(
    {
      operation: 'DeleteObject',
      method: 'DELETE',
      target: objectTarget({ bucket, key }),
      query: queryOf({ versionId }),
      receive: (answer) => ({
        ...onlyStatus(answer),
        versionId: answer.headers.get('x-oss-version-id'),
        deleteMarker: answer.headers.get('x-oss-delete-marker') === 'true',
      }),
    },
    options,
  )
}

export function listObjects(
  sender: Sender,
  { bucket, prefix, delimiter, marker, maxKeys }: ListObjectsInput,
  options?: CallOptions,
): Promise<ListObjectsAnswer> {
  return sender.send(
    {
      operation: 'ListObjects',
      method: 'GET',
      target: bucketTarget(bucket),
      query: queryOf({ prefix, delimiter, marker, 'max-keys': maxKeys, 'encoding-type': 'url' }),
      receive: ({ status, requestId, text }) => ({
        status,
        requestId,
        ...decodeListObjectsResult(text),
      }),
    },
    options,
  )
}

export function listObjectsV2(
  sender: Sender,
  input: ListObjectsV2Input,
  options?: CallOptions,
): Promise<ListObjectsV2Answer> {
  const { bucket, prefix, delimiter, startAfter, continuationToken, fetchOwner, maxKeys } = input
  return sender.send(
    {
      operation: 'ListObjectsV2',
      method: 'GET',
      target: bucketTarget(bucket),
      query: queryOf({
        'list-type': 2,
        prefix,
        delimiter,
        'start-after': startAfter,
        'continuation-token': continuationToken,
        'fetch-owner': fetchOwner ? 'true' : undefined,
        'max-keys': maxKeys,
        'encoding-type': 'url',
      }),
      receive: ({ status, requestId, text }) => ({
        status,
        requestId,
        ...decodeListObjectsV2Result(text),
      }),
    },
    options,
  )
}

function conditionHeaders(conditions: ReadConditions): Headers {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions
  return {
    'if-match': ifMatch && formatETag(parseETag(ifMatch)),
    'if-none-match': ifNoneMatch && formatETag(parseETag(ifNoneMatch)),
    'if-modified-since': ifModifiedSince && formatHttpDate(ifModifiedSince),
    'if-unmodified-since': ifUnmodifiedSince && formatHttpDate(ifUnmodifiedSince),
  }
}

/**
 * Always with `standard` behaviour: by default OSS answers a range past the end with 200 and the
 * whole object.
 */
function rangeHeaders(range: ByteRange | undefined): Headers {
  if (!range) return {}
  const { start, end } = range
  const isSane =
    Number.isSafeInteger(start) &&
    (end === undefined || (Number.isSafeInteger(end) && start >= 0 && end >= start))
  if (!isSane) throw new RangeError(`There is no range from ${start} to ${end}.`)
  const text = start < 0 ? `${start}` : `${start}-${end ?? ''}`
  return { range: `bytes=${text}`, 'x-oss-range-behavior': 'standard' }
}

function contentRange(
  headers: ReadonlyMap<string, string>,
): { start: number; end: number } | undefined {
  const match = /^bytes ([0-9]+)-([0-9]+)\//.exec(headers.get('content-range') ?? '')
  return match ? { start: Number(match[1]), end: Number(match[2]) } : undefined
}
