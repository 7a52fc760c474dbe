/** Signs for a page the requests of one upload, and nothing else. */

import { OssError, type QueryEntry } from '@lading/protocol'
import type { ObjectClient } from '../object-client.ts'
import {
  attributeHeaders,
  type ObjectAcl,
  type ObjectAttributes,
} from '../operations/attributes.ts'
import { queryOf } from '../operations/query.ts'
import type { PresignAnswer, PresignedOperation, PresignRequest } from './contract.ts'
import { operations } from './read-request.ts'

/** Seconds. Long enough for one part on a slow line; a page asks again for each. */
const DEFAULT_LIFE = 900

/** What the application lets one page do: with one key, and no other. */
export interface PresignGrant {
  readonly bucket: string
  readonly key: string
  /** Default: all that an upload needs. Without `HeadObject` a lost answer to Complete stays a failure. */
  readonly operations?: readonly PresignedOperation[]
  /** Only this upload, which the page may not initiate then. Default: any upload of the key. */
  readonly uploadId?: string
  /** What the object shall have, whatever the page asks for; `forbidOverwrite` keeps what is there. */
  readonly attributes?: ObjectAttributes & { readonly acl?: ObjectAcl | undefined }
  /**
   * Headers that the page may choose where `attributes` say nothing: names in lower case, and
   * `x-oss-meta-*` for any metadata. Default: `content-type` alone.
   */
  readonly pageHeaders?: readonly string[]
  /** Bytes of a part, or of an object sent in one request. Default 5 GiB, which is OSS's own bound. */
  readonly maxPartSize?: number
  /** Of the upload; with `maxPartSize` it bounds the object. Default 10,000, which is OSS's own bound. */
  readonly maxParts?: number
  /** Seconds that a URL lives, 1 to 604,800. Default 900. */
  readonly expiresInSeconds?: number
}

/** What signs: a client that has keys. */
export type Presigner = Pick<ObjectClient, 'presign'>

/**
 * Signs `asked` if `grant` covers it. The signature holds for the method, the key, each parameter, the
 * expiry, and all of the headers it answers with, among them Content-MD5 and Content-Length where the
 * page tells them; whoever changes one gets `SignatureDoesNotMatch` from the service.
 *
 * @throws {OssError} `AccessDenied` with the reason, where it is not covered.
 * @throws {TypeError} when the client is anonymous or signs by V1.
 */
export async function presignFor(
  client: Presigner,
  grant: PresignGrant,
  asked: PresignRequest,
): Promise<PresignAnswer> {
  requireGranted(grant, asked)
  const { method } = operations[asked.operation]
  const { bucket, key, expiresInSeconds = DEFAULT_LIFE } = grant
  const headers = headersOf(grant, asked)
  const { contentLength } = asked
  // A page cannot set it, but sends it: signed, and not among what it is told to send.
  const signed =
    contentLength === undefined ? headers : { ...headers, 'content-length': String(contentLength) }
  const { url, expiration } = await client.presign({
    bucket,
    key,
    method,
    query: Object.fromEntries(queryFor(asked)),
    headers: signed,
    additionalHeaders: Object.keys(signed),
    expiresInSeconds,
  })
  return { url, method, headers, expiration: expiration.toISOString() }
}

function requireGranted(grant: PresignGrant, asked: PresignRequest): void {
  const { operation, uploadId, partNumber = 1, contentLength } = asked
  if (asked.bucket !== grant.bucket || asked.key !== grant.key) {
    throw denied('This page may upload to another key, and not to the one it asked for.')
  }
  if (grant.operations && !grant.operations.includes(operation)) {
    throw denied(`This page may not ask for ${operation}.`)
  }
  if (grant.uploadId !== undefined && uploadId !== grant.uploadId && operation !== 'HeadObject') {
    throw denied('This page may go on with one upload, and this is not it.')
  }
  const { maxParts = Number.POSITIVE_INFINITY, maxPartSize } = grant
  if (partNumber > maxParts) throw denied(`This page may send ${maxParts} parts.`)
  if (maxPartSize === undefined || operations[operation].method !== 'PUT') return
  if (contentLength === undefined) {
    throw denied('This page has to say how long a body is before it may be sent.')
  }
  if (contentLength > maxPartSize) {
    throw denied(`This page may send ${maxPartSize} bytes at a time, and not ${contentLength}.`)
  }
}

function queryFor(asked: PresignRequest): readonly QueryEntry[] {
  const { operation, uploadId, partNumber, partNumberMarker, maxParts } = asked
  switch (operation) {
    case 'InitiateMultipartUpload':
      return [['uploads', ''], urlEncoding]
    case 'UploadPart':
      return queryOf({ partNumber, uploadId })
    case 'ListParts':
      return [
        ...queryOf({ uploadId, 'max-parts': maxParts, 'part-number-marker': partNumberMarker }),
        urlEncoding,
      ]
    case 'CompleteMultipartUpload':
      return [...queryOf({ uploadId }), urlEncoding]
    case 'AbortMultipartUpload':
      return queryOf({ uploadId })
    case 'PutObject':
    case 'HeadObject':
      return []
  }
}

const urlEncoding: QueryEntry = ['encoding-type', 'url']

/** Of the request itself, and so always the page's to say. */
const own: Readonly<Partial<Record<PresignedOperation, ReadonlyMap<string, RegExp>>>> = {
  InitiateMultipartUpload: new Map([['x-oss-forbid-overwrite', /^true$/]]),
  UploadPart: new Map([['content-md5', /./]]),
  CompleteMultipartUpload: new Map([
    ['content-md5', /./],
    ['content-type', /^application\/xml$/],
    ['x-oss-forbid-overwrite', /^true$/],
  ]),
  PutObject: new Map([
    ['content-md5', /./],
    ['x-oss-forbid-overwrite', /^true$/],
  ]),
}

function headersOf(grant: PresignGrant, asked: PresignRequest): Record<string, string> {
  const chosen: Record<string, string> = {}
  for (const [name, value] of Object.entries(asked.headers ?? {})) {
    const pattern = own[asked.operation]?.get(name)
    const isAttribute = makesObject(asked.operation) && mayChoose(grant, name)
    if (!(pattern ? pattern.test(value) : isAttribute)) {
      throw denied(`This page may not send this ${name} with ${asked.operation}.`)
    }
    chosen[name] = value
  }
  return { ...chosen, ...attributesFor(grant, asked.operation) }
}

function mayChoose({ pageHeaders = ['content-type'] }: PresignGrant, name: string): boolean {
  return (
    pageHeaders.includes(name) ||
    (name.startsWith('x-oss-meta-') && pageHeaders.includes('x-oss-meta-*'))
  )
}

/** The operations that say what the object has. */
function makesObject(operation: PresignedOperation): boolean {
  return operation === 'InitiateMultipartUpload' || operation === 'PutObject'
}

function attributesFor(
  { attributes = {} }: PresignGrant,
  operation: PresignedOperation,
): Record<string, string> {
  const acl = { 'x-oss-object-acl': attributes.acl }
  const all = attributeHeaders(attributes)
  const { 'x-oss-forbid-overwrite': forbid } = all
  switch (operation) {
    case 'InitiateMultipartUpload':
      return present(all)
    case 'PutObject':
      return present({ ...all, ...acl })
    case 'CompleteMultipartUpload':
      return present({ 'x-oss-forbid-overwrite': forbid, ...acl })
    default:
      return {}
  }
}

function present(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(headers)
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}

function denied(message: string): OssError {
  return new OssError('AccessDenied', { status: 403, message })
}
