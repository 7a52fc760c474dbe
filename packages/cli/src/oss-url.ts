/** `oss://bucket/key`: how a bucket or an object is written on the command line. */

import { isBucketName } from '@lading/protocol/values'
import { usageError } from './command-error.ts'

export interface OssUrl {
  readonly bucket: string
  /** Taken as it stands, without percent decoding; empty when only the bucket is named. */
  readonly key: string
}

const scheme = 'oss://'

export function isOssUrl(text: string): boolean {
  return text.toLowerCase().startsWith(scheme)
}

/**
 * `command` is the one that `text` was given to, such as `ls`: what lacks only its scheme is spelled out.
 *
 * @throws {CommandError} usage, when `text` is not of that form.
 */
export function parseOssUrl(text: string, command?: string): OssUrl {
  if (!isOssUrl(text)) {
    const lacksScheme = command !== undefined && isBucketName(text.split('/', 1)[0] ?? '')
    throw usageError(
      `"${text}" is not an oss:// address`,
      lacksScheme ? `Try: lading ${command} ${scheme}${text}` : example,
    )
  }
  const rest = text.slice(scheme.length)
  const slash = rest.indexOf('/')
  const bucket = slash === -1 ? rest : rest.slice(0, slash)
  const key = slash === -1 ? '' : rest.slice(slash + 1)
  if (!isBucketName(bucket)) {
    throw usageError(
      `"${bucket}" in "${text}" is not a bucket name`,
      'A bucket name has 3 to 63 of a-z, 0-9 and -, with a letter or digit at both ends.',
    )
  }
  return { bucket, key }
}

/** @throws {CommandError} usage, when `text` names an object. */
export function parseBucketUrl(text: string, command?: string): string {
  const { bucket, key } = parseOssUrl(text, command)
  if (key === '') return bucket
  throw usageError(`"${text}" names an object where a bucket is wanted`, `Try: oss://${bucket}`)
}

/** @throws {CommandError} usage, when `text` names no object. */
export function parseObjectUrl(text: string, command?: string): OssUrl {
  const url = parseOssUrl(text, command)
  if (url.key !== '') return url
  throw usageError(`"${text}" names a bucket where an object is wanted`, example)
}

export function formatOssUrl(bucket: string, key = ''): string {
  return key === '' ? `${scheme}${bucket}` : `${scheme}${bucket}/${key}`
}

const example = 'An object is written oss://BUCKET/KEY.'
