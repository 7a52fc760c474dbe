/** What operations read out of a request in the same way: targets, pages, markers, plain flags. */

import {
  encodePath,
  keyByteLength,
  MAX_PAGE,
  OssError,
  type Query,
  type UploadId,
} from '@lading/protocol'
import type { UploadRef, VersionId } from '../store/store.ts'
import { parseVersionId } from '../store/version-id.ts'
import type { OssRequest, RequestHeaders } from './operation.ts'

/** Bytes. The longest prefix, marker or delimiter. Source: ListObjects, OSS API reference. */
const MAX_LISTING_TEXT = 1024

/** The bucket that the router found. */
export function bucketOf({ bucket }: OssRequest): string {
  if (bucket === undefined) throw new TypeError('This operation is routed by its bucket.')
  return bucket
}

/** The bucket and key that the router found. */
export function objectOf(request: OssRequest): { bucket: string; key: string } {
  if (request.key === undefined) throw new TypeError('This operation is routed by its key.')
  return { bucket: bucketOf(request), key: request.key }
}

/** Who asks, where nobody may ask unproved. */
export function ownerOf({ principal }: OssRequest): string {
  if (principal.kind === 'key') return principal.owner
  throw new OssError('AccessDenied', { ec: '0003-00000001' })
}

/**
 * The upload that is meant. An id that we never gave out is not looked for.
 *
 * @throws {OssError} `NoSuchUpload`, under `ec` unless the id is missing or empty.
 */
export function uploadOf(request: OssRequest, ec: string): UploadRef {
  const uploadId = request.query.get('uploadId') ?? ''
  if (!/^[0-9A-F]{32}$/.test(uploadId)) {
    throw new OssError('NoSuchUpload', {
      ec: uploadId === '' ? '0017-00000244' : ec,
      details: { UploadId: shown(uploadId) },
    })
  }
  return { ...objectOf(request), uploadId: uploadId as UploadId }
}

export function invalidArgument(name: string, value: string, message?: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    details: { ArgumentName: name, ArgumentValue: shown(value) },
  })
}

/** Entries in a page. An empty parameter counts as none, because some SDKs send all they know of. */
export function pageSize(query: Query, name: string, preset: number): number {
  const text = query.text(name)
  if (text === undefined) return preset
  const value = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= MAX_PAGE) return value
  throw invalidArgument(name, text, `The ${name} must be an integer between 1 and ${MAX_PAGE}.`)
}

/** A prefix, delimiter or marker; `undefined` when it is empty or not there. */
export function listingText(query: Query, name: string): string | undefined {
  const text = query.text(name)
  if (text !== undefined && keyByteLength(text) > MAX_LISTING_TEXT) {
    throw invalidArgument(name, text, `The ${name} is longer than ${MAX_LISTING_TEXT} bytes.`)
  }
  return text
}

/** How the keys of the answer are written. */
export function encodingTypeOf(query: Query): 'url' | undefined {
  const text = query.text('encoding-type')
  if (text === undefined || text === 'url') return text
  throw invalidArgument('encoding-type', text, 'Invalid Encoding Method specified in Request.')
}

/** Whether the header asks for it; anything but `true` and `false` is refused rather than guessed. */
export function flagOf(headers: RequestHeaders, name: string): boolean {
  const text = headers.get(name)
  switch (text?.toLowerCase()) {
    case undefined:
    case 'false':
      return false
    case 'true':
      return true
    default:
      throw invalidArgument(name, text ?? '')
  }
}

/** The version that is asked for. @throws {OssError} `InvalidArgument` for what is no version id. */
export function versionIdOf({ query }: Pick<OssRequest, 'query'>): VersionId | undefined {
  const text = query.get('versionId')
  return text === undefined ? undefined : requireVersionId(text)
}

/** The version that is asked for, if what is asked for can be one. */
export function namedVersion(query: Query): VersionId | undefined {
  return parseVersionId(query.get('versionId') ?? '')
}

/** An id that we never gave out is no refusal: it finds nothing. @throws {OssError} `InvalidArgument`. */
export function requireVersionId(text: string): VersionId {
  const versionId = parseVersionId(text)
  if (versionId !== undefined) return versionId
  throw invalidArgument('versionId', text, 'Invalid version id specified')
}

/**
 * Refuses what would otherwise be dropped in silence, and whose loss the caller would not notice.
 *
 * @throws {OssError} `NotImplemented`.
 */
export function refuseHeaders(headers: RequestHeaders, names: readonly string[]): void {
  for (const name of names) {
    if (headers.get(name) === undefined) continue
    throw new OssError('NotImplemented', { details: { Header: name } })
  }
}

/**
 * Encryption is settled when the upload is initiated. Source: UploadPart, OSS API reference.
 *
 * @throws {OssError} `InvalidArgument`.
 */
export function refuseEncryption(headers: RequestHeaders): void {
  for (const [name, value] of headers.entries()) {
    if (name.startsWith('x-oss-server-side-')) throw invalidArgument(name, value)
  }
}

/** Where the object is, in the style in which the request addressed it. */
export function locationOf(request: OssRequest): string {
  const { bucket, key } = objectOf(request)
  const path = request.bucketInHost ? key : `${bucket}/${key}`
  return `${request.scheme}://${request.host}/${encodePath(path)}`
}

/** Some clients read 4 KiB of an error and no more. */
function shown(value: string): string {
  return value.length > 200 ? `${value.slice(0, 200)}...` : value
}
