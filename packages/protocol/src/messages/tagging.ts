/** The tags of a bucket or of an object, as they are set and read; the two allow different ones. */

import { OssError } from '../errors.ts'
import {
  MAX_BUCKET_TAG_KEY_BYTES,
  MAX_BUCKET_TAG_VALUE_BYTES,
  MAX_BUCKET_TAGS,
  MAX_OBJECT_TAG_KEY,
  MAX_OBJECT_TAG_VALUE,
  MAX_OBJECT_TAGS,
} from '../limits.ts'
import { keyByteLength } from '../values.ts'
import {
  childOf,
  childrenOf,
  document,
  element,
  malformedXml,
  parseXml,
  textOf,
  type Xml,
  type XmlElement,
} from '../xml.ts'
import { refuseOtherChildren } from './fields.ts'

export interface Tag {
  readonly key: string
  /** May be empty. */
  readonly value: string
}

/** In the order given, which the service keeps. */
export interface Tagging {
  readonly tags: readonly Tag[]
}

export function encodeTagging({ tags }: Tagging): string {
  return document(element('Tagging', [element('TagSet', tags.map(tagElement))]))
}

/**
 * Whether the tags may stand on a bucket or an object is judged by `requireBucketTags` and
 * `requireObjectTags`.
 *
 * @throws {OssError} `MalformedXML`.
 */
export function decodeTagging(xml: string): Tagging {
  const root = parseXml(xml, 'Tagging')
  refuseOtherChildren(root, ['TagSet'])
  const set = childOf(root, 'TagSet')
  if (!set) throw malformedXml('There is no TagSet.')
  refuseOtherChildren(set, ['Tag'])
  return { tags: childrenOf(set, 'Tag').map(tagOf) }
}

export function tagElement({ key, value }: Tag): Xml {
  return element('Tag', [element('Key', key), element('Value', value)])
}

/** @throws {OssError} `MalformedXML`. */
export function tagOf(parent: XmlElement): Tag {
  refuseOtherChildren(parent, ['Key', 'Value'])
  return { key: textOf(parent, 'Key'), value: textOf(parent, 'Value') }
}

/**
 * Up to 10, keys of 1 to 128 and values of 0 to 256 characters, each a letter, a digit, a space or
 * one of `+ - = . _ : /`; no key twice. Source: PutObjectTagging, OSS API reference.
 *
 * @throws {OssError} `InvalidTag`.
 */
export function requireObjectTags(tags: readonly Tag[]): void {
  if (tags.length > MAX_OBJECT_TAGS) {
    throw invalidTag(`Object tags cannot be more than ${MAX_OBJECT_TAGS}.`)
  }
  refuseRepeatedKeys(tags)
  for (const { key, value } of tags) {
    const keyLength = [...key].length
    if (keyLength === 0 || keyLength > MAX_OBJECT_TAG_KEY || !isTagText(key)) {
      throw invalidTag('The TagKey you have provided is invalid.', { TagKey: key })
    }
    if ([...value].length > MAX_OBJECT_TAG_VALUE || !isTagText(value)) {
      throw invalidTag('The TagValue you have provided is invalid.', { TagValue: value })
    }
  }
}

/** Whether all of the text is of the characters that tags of objects, and rules about them, allow. */
export function isTagText(text: string): boolean {
  return /^[\p{L}\p{M}\p{N} +\-=._:/]*$/u.test(text)
}

/**
 * Up to 20, keys of 1 to 64 and values of 0 to 128 bytes of any characters; no key twice, and none
 * that begins with `http://`, `https://` or `Aliyun`. Source: PutBucketTags, OSS API reference.
 *
 * @throws {OssError} `InvalidTag`.
 */
export function requireBucketTags(tags: readonly Tag[]): void {
  if (tags.length > MAX_BUCKET_TAGS) {
    throw invalidTag(`Bucket tags cannot be more than ${MAX_BUCKET_TAGS}.`)
  }
  refuseRepeatedKeys(tags)
  for (const { key, value } of tags) {
    const keyBytes = keyByteLength(key)
    const reserved = /^(https?:\/\/|aliyun)/i.test(key)
    if (keyBytes === 0 || keyBytes > MAX_BUCKET_TAG_KEY_BYTES || reserved) {
      throw invalidTag('The TagKey you have provided is invalid.', { TagKey: key })
    }
    if (keyByteLength(value) > MAX_BUCKET_TAG_VALUE_BYTES) {
      throw invalidTag('The TagValue you have provided is invalid.', { TagValue: value })
    }
  }
}

function refuseRepeatedKeys(tags: readonly Tag[]): void {
  const seen = new Set<string>()
  for (const { key } of tags) {
    if (seen.has(key)) {
      throw invalidTag('Cannot provide multiple Tags with the same key.', { TagKey: key })
    }
    seen.add(key)
  }
}

function invalidTag(message: string, details?: Readonly<Record<string, string>>): OssError {
  return new OssError('InvalidTag', { message, details })
}
