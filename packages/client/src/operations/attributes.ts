/** What travels with an object besides its bytes: out as request headers, back as answer headers. */

import { type ETag, parseCrc64, parseETag, parseHttpDate } from '@lading/protocol'

export type ObjectAcl = 'default' | 'private' | 'public-read' | 'public-read-write'

/** What `initiateMultipartUpload` and `putObject` take for the object they make. */
export interface ObjectAttributes {
  /** Default: none sent, and the service stores `application/octet-stream`. */
  readonly contentType?: string | undefined
  readonly cacheControl?: string | undefined
  readonly contentDisposition?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly contentLanguage?: string | undefined
  /** Kept and returned as written. */
  readonly expires?: string | undefined
  /** `x-oss-meta-NAME: value`; the service keeps names in lower case, 8 KB in all. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** `Standard`, `IA`, `Archive`, ... Default: the bucket's. */
  readonly storageClass?: string | undefined
  /** Up to ten. */
  readonly tagging?: Readonly<Record<string, string>> | undefined
  /** `AES256`, `KMS` or `SM4`. */
  readonly serverSideEncryption?: string | undefined
  readonly serverSideEncryptionKeyId?: string | undefined
  /** Refuse with `FileAlreadyExists` when the key is taken. Default `false`. */
  readonly forbidOverwrite?: boolean | undefined
}

/** Sent by OSS to the application's server; both are base64 of JSON, as OSS defines them. */
export interface CallbackOptions {
  readonly callback?: string | undefined
  readonly callbackVar?: string | undefined
}

/** What answers about objects say. */
export interface ObjectHead {
  /** Bytes of the whole object. */
  readonly size: number
  readonly etag: ETag
  readonly lastModified: Date | undefined
  /** CRC-64 of the whole object; objects older than the feature have none. */
  readonly hashCrc64ecma: bigint | undefined
  readonly contentType: string | undefined
  readonly cacheControl: string | undefined
  readonly contentDisposition: string | undefined
  readonly contentEncoding: string | undefined
  readonly contentLanguage: string | undefined
  readonly expires: string | undefined
  readonly metadata: Readonly<Record<string, string>>
  /** `Normal`, `Multipart`, `Appendable` or `Symlink`. */
  readonly objectType: string | undefined
  readonly storageClass: string | undefined
  /** `AES256`, `KMS` or `SM4`: the ETag need not be the MD5 then. */
  readonly serverSideEncryption: string | undefined
  readonly versionId: string | undefined
}

export type Headers = Readonly<Record<string, string | undefined>>

/** Only the attributes, of options that say more. */
export function attributesOf(options: ObjectAttributes): ObjectAttributes {
  return {
    contentType: options.contentType,
    cacheControl: options.cacheControl,
    contentDisposition: options.contentDisposition,
    contentEncoding: options.contentEncoding,
    contentLanguage: options.contentLanguage,
    expires: options.expires,
    metadata: options.metadata,
    storageClass: options.storageClass,
    tagging: options.tagging,
    serverSideEncryption: options.serverSideEncryption,
    serverSideEncryptionKeyId: options.serverSideEncryptionKeyId,
    forbidOverwrite: options.forbidOverwrite,
  }
}

/** @throws {TypeError} for a metadata name that no header can have. */
export function attributeHeaders(attributes: ObjectAttributes): Headers {
  return {
    'content-type': attributes.contentType,
    'cache-control': attributes.cacheControl,
    'content-disposition': attributes.contentDisposition,
    'content-encoding': attributes.contentEncoding,
    'content-language': attributes.contentLanguage,
    expires: attributes.expires,
    'x-oss-storage-class': attributes.storageClass,
    'x-oss-tagging': attributes.tagging && new URLSearchParams(attributes.tagging).toString(),
    'x-oss-server-side-encryption': attributes.serverSideEncryption,
    'x-oss-server-side-encryption-key-id': attributes.serverSideEncryptionKeyId,
    'x-oss-forbid-overwrite': attributes.forbidOverwrite ? 'true' : undefined,
    ...metadataHeaders(attributes.metadata ?? {}),
  }
}

export function callbackHeaders({ callback, callbackVar }: CallbackOptions): Headers {
  return { 'x-oss-callback': callback, 'x-oss-callback-var': callbackVar }
}

/** Reads the headers of HEAD, GET and GetObjectMeta. Throws when they are not an object's. */
export function objectHead(headers: ReadonlyMap<string, string>): ObjectHead {
  const total = /^bytes (?:[0-9]+-[0-9]+|\*)\/([0-9]+)$/.exec(headers.get('content-range') ?? '')
  const size = Number(total?.[1] ?? headers.get('content-length') ?? Number.NaN)
  if (!Number.isSafeInteger(size)) throw new Error('it does not say how long the object is')
  return {
    size,
    etag: requireETag(headers),
    lastModified: parseHttpDate(headers.get('last-modified') ?? ''),
    hashCrc64ecma: crc64Header(headers),
    contentType: headers.get('content-type'),
    cacheControl: headers.get('cache-control'),
    contentDisposition: headers.get('content-disposition'),
    contentEncoding: headers.get('content-encoding'),
    contentLanguage: headers.get('content-language'),
    expires: headers.get('expires'),
    metadata: metadataOf(headers),
    objectType: headers.get('x-oss-object-type'),
    storageClass: headers.get('x-oss-storage-class'),
    serverSideEncryption: headers.get('x-oss-server-side-encryption'),
    versionId: headers.get('x-oss-version-id'),
  }
}

export function requireETag(headers: ReadonlyMap<string, string>): ETag {
  const text = headers.get('etag')
  if (!text) throw new Error('it has no ETag')
  return parseETag(text)
}

export function crc64Header(headers: ReadonlyMap<string, string>): bigint | undefined {
  return parseCrc64(headers.get('x-oss-hash-crc64ecma') ?? '')
}

const META = 'x-oss-meta-'

function metadataHeaders(metadata: Readonly<Record<string, string>>): Headers {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) {
      throw new TypeError(`${JSON.stringify(name)} cannot be the name of metadata.`)
    }
    headers[META + name.toLowerCase()] = value
  }
  return headers
}

function metadataOf(headers: ReadonlyMap<string, string>): Record<string, string> {
  const entries = [...headers].filter(([name]) => name.startsWith(META))
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(META.length), value]))
}
