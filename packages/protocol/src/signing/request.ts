/** What signatures are made of: a key pair, and a request as both ends see it. */

import type { QueryEntry } from '../query.ts'

/** A key pair, and the token that goes with it when it is a temporary one (STS). */
export interface Credentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string | undefined
}

/** A request as signatures see it, whichever way it was addressed. */
export interface SignableRequest {
  readonly method: string
  /** Also where the host alone names it (CNAME): signatures always contain the bucket. */
  readonly bucket: string | undefined
  /** Decoded. */
  readonly key: string | undefined
  /** Decoded, in the order sent. */
  readonly query: readonly QueryEntry[]
  /**
   * Names in lower case; values as text was meant, that is decoded from UTF-8: what Node gives with
   * one character for each byte goes through `decodeHeaderText` first. A field that came twice is
   * here once, its values joined by `,`.
   */
  readonly headers: ReadonlyMap<string, string>
}

const encoder = new TextEncoder()

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** `name:value\n` for each of `names` that the request has; they are given sorted. */
export function canonicalHeaders(
  headers: ReadonlyMap<string, string>,
  names: Iterable<string>,
): string {
  let lines = ''
  for (const name of names) {
    const value = headers.get(name)
    if (value !== undefined) lines += `${name}:${trimBlanks(value)}\n`
  }
  return lines
}

/**
 * Without the blanks that HTTP allows around a value. Not `trim`, because U+3000 belongs to the value;
 * not a pattern, because a long run of blanks inside the value would cost its square.
 */
export function trimBlanks(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isBlank(value[start])) start += 1
  while (end > start && isBlank(value[end - 1])) end -= 1
  return value.slice(start, end)
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

/**
 * The resources that a signature may mean. There are two for a bucket: the C SDK on an IP address
 * signs `/bucket`, all others `/bucket/`. Source: captured from aliyun-oss-c-sdk 3.11.
 */
export function signedResources({ bucket, key }: SignableRequest): readonly [string, ...string[]] {
  if (bucket === undefined) return ['/']
  return key === undefined ? [`/${bucket}/`, `/${bucket}`] : [`/${bucket}/${key}`]
}
