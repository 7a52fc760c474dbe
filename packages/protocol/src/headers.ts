/** What travels in headers: dates, digests, hex and base64, text beyond ASCII. */

import { OssError } from './errors.ts'
import type { ETag } from './values.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** `Wed, 28 Dec 2022 10:27:41 GMT`. */
export function formatHttpDate(date: Date): string {
  return date.toUTCString()
}

/**
 * Reads the three forms that HTTP knows: RFC 1123, RFC 850 and asctime. `undefined` for all else, and
 * for days that no calendar has.
 */
export function parseHttpDate(text: string): Date | undefined {
  const rfc1123 =
    /^[A-Z][a-z]{2}, (\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|UTC)$/
  const rfc850 = /^[A-Z][a-z]+day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/
  const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/

  const trimmed = text.trim()
  const modern = rfc1123.exec(trimmed)
  if (modern) {
    const [, day, month, year, hour, minute, second] = modern
    return calendarDate(year, monthNumber(month), day, hour, minute, second)
  }
  const old = rfc850.exec(trimmed)
  if (old) {
    const [, day, month, year, hour, minute, second] = old
    // RFC 9110, 5.6.7: a year of two digits is the most recent past one, or at most 50 years ahead;
    // without a clock here, the pivot is that of POSIX.
    const century = Number(year) < 69 ? '20' : '19'
    return calendarDate(`${century}${year}`, monthNumber(month), day, hour, minute, second)
  }
  const unix = asctime.exec(trimmed)
  if (unix) {
    const [, month, day, hour, minute, second, year] = unix
    return calendarDate(year, monthNumber(month), day, hour, minute, second)
  }
  return undefined
}

/** `20221228T102741Z`, the only form of a V4 signature's date. */
export function formatIsoBasic(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

export function parseIsoBasic(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour, minute, second] = match
  return calendarDate(year, month, day, hour, minute, second)
}

/** `2012-02-23T04:18:23.000Z`, the form of every date in a body. */
export function formatTimestamp(date: Date): string {
  return date.toISOString()
}

/** Fractions of a second may be missing, or finer than a millisecond, which is then cut off. */
export function parseTimestamp(text: string): Date | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z$/.exec(text.trim())
  if (!match) return undefined
  const [, year, month, day, hour, minute, second, fraction = ''] = match
  const whole = calendarDate(year, month, day, hour, minute, second)
  return whole && new Date(whole.getTime() + Number(fraction.slice(0, 3).padEnd(3, '0')))
}

/**
 * The 16 bytes that a Content-MD5 header stands for. The OSS C SDK encodes 20 bytes, of which the
 * last four are stray memory: then the first 16 count. Source: captured from aliyun-oss-c-sdk 3.11.
 *
 * @throws {OssError} `InvalidDigest`.
 */
export function parseContentMd5(text: string): Uint8Array {
  const bytes = fromBase64(text.trim())
  if (bytes === undefined || (bytes.length !== 16 && bytes.length !== 20)) {
    throw new OssError('InvalidDigest')
  }
  return bytes.subarray(0, 16)
}

export function formatContentMd5(md5: Uint8Array): string {
  return toBase64(md5)
}

/** The ETag of bytes whose MD5 this is: 32 upper-case hex characters. */
export function md5ETag(md5: Uint8Array): ETag {
  return toHex(md5) as ETag
}

/** Upper case. */
export function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += hexPairs[byte]
  return hex
}

const hexPairs: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).toUpperCase().padStart(2, '0'),
)

/** @throws {TypeError} unless `text` is an even number of hex digits. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9A-Fa-f]*$/.test(text)) {
    throw new TypeError('Hex text must be an even number of hex digits.')
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16)
  }
  return bytes
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(bytesToLatin1(bytes))
}

/** `undefined` unless `text` is base64 with its padding, without blanks. */
export function fromBase64(text: string): Uint8Array | undefined {
  // The pattern comes first because `atob` forgives blanks and missing padding.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined
  return latin1ToBytes(atob(text))
}

/**
 * The text a header stands for. Node hands header values over with one character for each byte, while
 * clients write UTF-8: bytes that are UTF-8 are read so, others stay as they came.
 */
export function decodeHeaderText(latin1: string): string {
  if (!/[^\0-\x7f]/.test(latin1) || /[^\0-\xff]/.test(latin1)) return latin1
  try {
    return utf8.decode(latin1ToBytes(latin1))
  } catch {
    return latin1
  }
}

/** The other way: UTF-8 with one character for each byte, as Node and browsers take header values. */
export function encodeHeaderText(text: string): string {
  return /[^\0-\x7f]/.test(text) ? bytesToLatin1(new TextEncoder().encode(text)) : text
}

function bytesToLatin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function latin1ToBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

function monthNumber(name: string | undefined): string {
  return String(months.indexOf(name ?? '') + 1)
}

/** `Date.UTC` rolls 31 February over into March; such a date is nobody's. */
function calendarDate(...fields: readonly (string | undefined)[]): Date | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields.map(Number)
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const exists =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  return exists ? date : undefined
}
