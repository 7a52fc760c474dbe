/** How the values inside messages are written as element text, and read back. */

import { formatTimestamp, parseTimestamp } from '../headers.ts'
import { encodeStrict } from '../percent.ts'
import { type ETag, parseETag, type UploadId } from '../values.ts'
import {
  childOf,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  textOf,
  type Xml,
  type XmlElement,
} from '../xml.ts'

export interface EncodingOptions {
  /** `url` writes keys, prefixes, markers and delimiters percent-encoded. Default: as they are. */
  readonly encodingType?: 'url' | undefined
}

/** Who owns a bucket or an object. */
export interface Owner {
  readonly id: string
  readonly displayName: string
}

export function ownerElement(owner: Owner): Xml {
  return element('Owner', [element('ID', owner.id), element('DisplayName', owner.displayName)])
}

/** `undefined` when there is no `Owner`. */
export function ownerOf(parent: XmlElement): Owner | undefined {
  const owner = childOf(parent, 'Owner')
  if (!owner) return undefined
  return { id: textOf(owner, 'ID'), displayName: optionalTextOf(owner, 'DisplayName') ?? '' }
}

/** The service knows seconds only, and writes three zeros after them. */
export function dateElement(name: string, date: Date): Xml {
  return element(name, formatTimestamp(new Date(Math.floor(date.getTime() / 1000) * 1000)))
}

/** @throws {OssError} `MalformedXML` unless the child is a timestamp. */
export function dateOf(parent: XmlElement, name: string): Date {
  const date = parseTimestamp(textOf(parent, name))
  if (!date) throw malformedXml(`${name} is not a timestamp.`)
  return date
}

/** @throws {OssError} `MalformedXML` unless the child is an integer from 0 to 2^53 - 1. */
export function countOf(parent: XmlElement, name: string): number {
  return parseCount(textOf(parent, name), name)
}

/** As `countOf`; `undefined` when the child is absent or blank. */
export function optionalCountOf(parent: XmlElement, name: string): number | undefined {
  const text = optionalTextOf(parent, name)?.trim()
  return text ? parseCount(text, name) : undefined
}

function parseCount(text: string, name: string): number {
  const value = /^[0-9]{1,16}$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw malformedXml(`${name} is not a count.`)
  return value
}

/** @throws {OssError} `MalformedXML` unless the child is `true` or `false`. */
export function booleanOf(parent: XmlElement, name: string): boolean {
  const text = textOf(parent, name).trim()
  if (text !== 'true' && text !== 'false') throw malformedXml(`${name} is not true or false.`)
  return text === 'true'
}

/** As `booleanOf`; `undefined` when the child is absent or blank. */
export function optionalFlagOf(parent: XmlElement, name: string): boolean | undefined {
  return optionalTextOf(parent, name)?.trim() ? booleanOf(parent, name) : undefined
}

/**
 * For messages that say what to do: an element that is not understood could have said to do less.
 *
 * @throws {OssError} `MalformedXML` unless every child has one of these names.
 */
export function refuseOtherChildren(parent: XmlElement, names: readonly string[]): void {
  const other = parent.children.find(({ name }) => !names.includes(name))
  if (other) throw malformedXml(`The element ${parent.name} cannot have a ${other.name}.`)
}

export function etagOf(parent: XmlElement, name: string): ETag {
  return parseETag(textOf(parent, name))
}

/** @throws {OssError} `MalformedXML` when it is empty: an upload without an id could not be ended. */
export function uploadIdOf(parent: XmlElement): UploadId {
  const text = textOf(parent, 'UploadId').trim()
  if (text === '') throw malformedXml('UploadId is empty.')
  return text as UploadId
}

export function encodingTypeElement({ encodingType }: EncodingOptions): Xml | undefined {
  return optionalElement('EncodingType', encodingType)
}

/** Writes what `encoding-type` covers. */
export function encodableElement(name: string, text: string, options: EncodingOptions): Xml {
  return element(name, options.encodingType === 'url' ? encodeStrict(text) : text)
}

/** As `encodableElement`, but nothing when there is no text. */
export function optionalEncodableElement(
  name: string,
  text: string | undefined,
  options: EncodingOptions,
): Xml | undefined {
  return text === undefined ? undefined : encodableElement(name, text, options)
}

/** Reads what `encoding-type` covers, as the message itself says it is written. */
export interface EncodableReader {
  textOf(parent: XmlElement, name: string): string
  optionalTextOf(parent: XmlElement, name: string): string | undefined
}

/** The reader for the message under `root`. Its methods throw `MalformedXML` for broken escapes. */
export function encodableReader(root: XmlElement): EncodableReader {
  const isEncoded = optionalTextOf(root, 'EncodingType')?.trim() === 'url'
  const decode = isEncoded ? decodeText : (text: string): string => text
  return {
    textOf: (parent, name) => decode(textOf(parent, name)),
    optionalTextOf: (parent, name) => {
      const text = optionalTextOf(parent, name)
      return text === undefined ? undefined : decode(text)
    },
  }
}

/** A bare `+` is a space, as the OSS Go and Java SDKs read it; the service writes `%20` and `%2B`. */
function decodeText(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw malformedXml('A value under EncodingType url is not percent-encoded UTF-8.', cause)
  }
}

/** `CommonPrefixes` elements, one for each prefix, as the service writes them. */
export function commonPrefixElements(
  prefixes: readonly string[],
  options: EncodingOptions,
): readonly Xml[] {
  return prefixes.map((prefix) =>
    element('CommonPrefixes', [encodableElement('Prefix', prefix, options)]),
  )
}

/** Every common prefix, in order. */
export function commonPrefixesOf(root: XmlElement, reader: EncodableReader): string[] {
  return root.children
    .filter((child) => child.name === 'CommonPrefixes')
    .map((child) => reader.textOf(child, 'Prefix'))
}
