/** The values that travel: ETags, upload ids, part numbers, names. Parse, format, refuse. */

import { OssError } from './errors.ts'
import {
  MAX_BUCKET_NAME,
  MAX_KEY_BYTES,
  MAX_PART_NUMBER,
  MIN_BUCKET_NAME,
  MIN_PART_NUMBER,
} from './limits.ts'

declare const brand: unique symbol

/** An entity tag as text without its quotes; ours are upper-case hex. Quotes exist only on the wire. */
export type ETag = string & { readonly [brand]: 'ETag' }

/** Names one multipart upload. Opaque to clients; ours are 32 upper-case hex characters. */
export type UploadId = string & { readonly [brand]: 'UploadId' }

const encoder = new TextEncoder()

/** Takes `"HEX"` or `HEX`, as clients send both, and strips one pair of quotes. */
export function parseETag(text: string): ETag {
  const trimmed = text.trim()
  const quoted = trimmed.length >= 2 && trimmed.startsWith('"') && trimmed.endsWith('"')
  return (quoted ? trimmed.slice(1, -1) : trimmed) as ETag
}

export function formatETag(etag: ETag): string {
  return `"${etag}"`
}

/** ETags are compared without regard to case: the service writes upper case, some clients do not. */
export function sameETag(left: string, right: string): boolean {
  return left === right || left.toUpperCase() === right.toUpperCase()
}

/**
 * @throws {OssError} `InvalidArgument` unless `text` is an integer from 1 to 10,000.
 */
export function parsePartNumber(text: string): number {
  const value = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (value >= MIN_PART_NUMBER && value <= MAX_PART_NUMBER) return value
  throw new OssError('InvalidArgument', {
    message: 'Part number must be an integer between 1 and 10000, inclusive.',
    ec: '0017-00000220',
    details: { ArgumentName: 'PartNumber', ArgumentValue: text },
  })
}

/** Three to 63 of `a-z 0-9 -`, with a letter or digit at both ends. Source: bucket naming, OSS user guide. */
export function isBucketName(text: string): boolean {
  return (
    text.length >= MIN_BUCKET_NAME &&
    text.length <= MAX_BUCKET_NAME &&
    /^[a-z0-9][a-z0-9-]*[a-z0-9]$/.test(text)
  )
}

/** @throws {OssError} `InvalidBucketName`. */
export function requireBucketName(text: string): string {
  if (isBucketName(text)) return text
  throw new OssError('InvalidBucketName', {
    message: 'The specified bucket is not valid.',
    details: { BucketName: text },
  })
}

/**
 * One to 1,023 bytes of UTF-8 that do not begin with `/` or `\`. U+0000 is refused as well: no XML
 * can carry it, so an object of that name could be stored but never listed.
 *
 * @throws {OssError} `InvalidObjectName`. Source: object naming, OSS user guide.
 */
export function requireObjectKey(key: string): string {
  if (key === '') {
    throw new OssError('InvalidObjectName', { message: 'The Object name can not be empty.' })
  }
  if (keyByteLength(key) > MAX_KEY_BYTES) {
    throw new OssError('InvalidObjectName', {
      message: 'The Length of Object name must be less than 1024.',
    })
  }
  if (
    key.startsWith('/') ||
    key.startsWith('\\') ||
    key.includes('\0') ||
    /\p{Surrogate}/u.test(key)
  ) {
    throw new OssError('InvalidObjectName', {
      message: 'The specified object is not valid.',
      details: { ObjectName: key },
    })
  }
  return key
}

/** Bytes of UTF-8. */
export function keyByteLength(key: string): number {
  return encoder.encode(key).length
}
