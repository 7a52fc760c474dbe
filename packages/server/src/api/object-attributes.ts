/** What an object is besides its bytes: out of the headers of a request, into those of a reply. */

import {
  formatContentMd5,
  formatCrc64,
  formatETag,
  formatHttpDate,
  MAX_USER_METADATA,
  OssError,
  Query,
  requireObjectTags,
} from '@lading/protocol'
import type { RequestedAttributes } from '../store/attributes.ts'
import type { StoredObject } from '../store/store.ts'
import { formatVersionId } from '../store/version-id.ts'
import { requestedEncryptionRule } from './bucket-encryption.ts'
import { DEFAULT_ACL, requireObjectAcl } from './object-acl.ts'
import type { OssRequest, RequestHeaders } from './operation.ts'
import { invalidArgument } from './parameters.ts'

/** Stored verbatim and replayed, in the spelling they are replayed in. */
const storedHeaders = [
  'Cache-Control',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Language',
  'Expires',
] as const

const storageClasses = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']
const metadataPrefix = 'x-oss-meta-'

/**
 * @throws {OssError} `InvalidArgument`, `InvalidTag`, `MetadataTooLarge`,
 *   `InvalidEncryptionAlgorithmError`.
 */
export function requestedAttributes(headers: RequestHeaders): RequestedAttributes {
  const kept: Record<string, string> = {}
  for (const name of storedHeaders) {
    const value = headers.get(name.toLowerCase())
    if (value !== undefined) kept[name.toLowerCase()] = value
  }
  const encryption = requestedEncryptionRule(headers)
  const tags = requestedTags(headers)
  const acl = requestedAcl(headers)
  return {
    // Never guessed from the key: without one the service stores the plainest type there is.
    contentType: headers.get('content-type') || 'application/octet-stream',
    headers: kept,
    userMetadata: userMetadata(headers),
    storageClass: requestedStorageClass(headers),
    ...(encryption && { encryption }),
    ...(tags && { tags }),
    ...(acl !== undefined && acl !== DEFAULT_ACL && { acl }),
  }
}

/** @throws {OssError} `InvalidArgument`. */
export function requestedStorageClass(headers: RequestHeaders): string | undefined {
  const text = headers.get('x-oss-storage-class')
  return text === undefined ? undefined : requireStorageClass('x-oss-storage-class', text)
}

/**
 * The tags that `x-oss-tagging` gives, written as in a query; `undefined` where it gives none.
 *
 * @throws {OssError} `InvalidTag`; `InvalidArgument` for what cannot be decoded.
 */
export function requestedTags(headers: RequestHeaders): Record<string, string> | undefined {
  const { entries } = Query.parse(headers.get('x-oss-tagging') ?? '')
  if (entries.length === 0) return undefined
  requireObjectTags(entries.map(([key, value]) => ({ key, value })))
  return Object.fromEntries(entries)
}

/** `undefined` where none is given. @throws {OssError} `InvalidArgument`. */
export function requestedAcl(headers: RequestHeaders): string | undefined {
  const text = headers.get('x-oss-object-acl')
  return text === undefined ? undefined : requireObjectAcl(text)
}

/** @throws {OssError} `InvalidArgument` under `argument`. */
export function requireStorageClass(argument: string, text: string): string {
  if (storageClasses.includes(text)) return text
  throw invalidArgument(argument, text)
}

/** The headers of a whole object, as GET and HEAD give them. */
export function objectHeaders(object: StoredObject): Record<string, string> {
  const { attributes } = object
  const headers: Record<string, string> = {
    'Content-Type': attributes.contentType,
    'Accept-Ranges': 'bytes',
    ...validators(object),
    ...nextAppendPosition(object),
    'x-oss-object-type': object.type,
    'x-oss-storage-class': attributes.storageClass,
    ...encryptionHeaders(attributes.encryption),
    // Of the whole object, also beside a part of its bytes.
    'x-oss-hash-crc64ecma': formatCrc64(object.crc64),
  }
  const tags = Object.keys(attributes.tags ?? {}).length
  if (tags > 0) headers['x-oss-tagging-count'] = String(tags)
  if (object.md5) headers['Content-MD5'] = formatContentMd5(object.md5)
  for (const name of storedHeaders) {
    const value = attributes.headers[name.toLowerCase()]
    if (value !== undefined) headers[name] = value
  }
  for (const [name, value] of Object.entries(attributes.userMetadata)) {
    headers[`${metadataPrefix}${name}`] = value
  }
  return headers
}

/** Which version is meant, in a bucket that keeps versions or once did. */
export function versionHeaders(
  { bucketRow }: Pick<OssRequest, 'bucketRow'>,
  { versionId }: Pick<StoredObject, 'versionId'>,
): Record<string, string> {
  return bucketRow?.versioning ? { 'x-oss-version-id': formatVersionId(versionId) } : {}
}

/** How the bytes are kept; nothing where they lie as they are. */
export function encryptionHeaders(
  encryption: StoredObject['attributes']['encryption'],
): Record<string, string> {
  if (!encryption) return {}
  const { algorithm, dataAlgorithm, keyId } = encryption
  return {
    'x-oss-server-side-encryption': algorithm,
    ...(dataAlgorithm !== undefined && { 'x-oss-server-side-data-encryption': dataAlgorithm }),
    ...(keyId !== undefined && { 'x-oss-server-side-encryption-key-id': keyId }),
  }
}

/** Where the next append would begin, of what can be appended to. */
export function nextAppendPosition({ type, size }: StoredObject): Record<string, string> {
  return type === 'Appendable' ? { 'x-oss-next-append-position': String(size) } : {}
}

/** What tells one state of an object from another. */
export function validators({ etag, modifiedAt }: StoredObject): Record<string, string> {
  return { ETag: formatETag(etag), 'Last-Modified': formatHttpDate(modifiedAt) }
}

function userMetadata(headers: RequestHeaders): Record<string, string> {
  const metadata: Record<string, string> = {}
  let size = 0
  for (const [header, value] of headers.entries()) {
    if (!header.startsWith(metadataPrefix)) continue
    const name = header.slice(metadataPrefix.length)
    // Source: `x-oss-meta-*` of PutObject, OSS API reference: letters, digits and hyphens.
    if (!/^[a-z0-9-]+$/.test(name)) throw invalidArgument(header, value)
    // Header text is one character a byte.
    size += header.length + value.length
    metadata[name] = value
  }
  if (size > MAX_USER_METADATA) throw new OssError('MetadataTooLarge')
  return metadata
}
