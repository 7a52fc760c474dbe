/** The answer to ListObjectVersions: one page of versions and delete markers, newest first in a key. */

import {
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
  type Xml,
  type XmlElement,
} from '../xml.ts'
import {
  booleanOf,
  commonPrefixElements,
  commonPrefixesOf,
  countOf,
  dateElement,
  dateOf,
  type EncodableReader,
  type EncodingOptions,
  encodableElement,
  encodableReader,
  encodingTypeElement,
  type Owner,
  optionalEncodableElement,
  ownerElement,
  ownerOf,
} from './fields.ts'
import { type ListedObject, objectFieldElements, objectFieldsOf } from './listed-object.ts'

/** Texts that the request did not give are empty. */
export interface ListObjectVersionsResult {
  /** The bucket's. */
  readonly name: string
  readonly prefix: string
  readonly keyMarker: string
  readonly versionIdMarker: string
  readonly maxKeys: number
  readonly delimiter: string
  readonly isTruncated: boolean
  /** The last listed key or common prefix; `undefined` on the last page. */
  readonly nextKeyMarker: string | undefined
  /** The last listed version of that key; `undefined` also where a common prefix is the last entry. */
  readonly nextVersionIdMarker: string | undefined
  /** Versions and delete markers as they follow each other. */
  readonly versions: readonly ListedVersion[]
  readonly commonPrefixes: readonly string[]
}

export type ListedVersion =
  | (ListedObject & {
      readonly kind: 'object'
      readonly versionId: string
      readonly isLatest: boolean
      readonly owner: Owner
    })
  | ListedDeleteMarker

export interface ListedDeleteMarker {
  readonly kind: 'marker'
  readonly key: string
  readonly versionId: string
  readonly isLatest: boolean
  readonly lastModified: Date
  readonly owner: Owner
}

export function encodeListObjectVersionsResult(
  result: ListObjectVersionsResult,
  options: EncodingOptions = {},
): string {
  return document(
    element('ListVersionsResult', [
      element('Name', result.name),
      encodableElement('Prefix', result.prefix, options),
      encodableElement('KeyMarker', result.keyMarker, options),
      element('VersionIdMarker', result.versionIdMarker),
      element('MaxKeys', result.maxKeys),
      encodableElement('Delimiter', result.delimiter, options),
      encodingTypeElement(options),
      element('IsTruncated', result.isTruncated),
      optionalEncodableElement('NextKeyMarker', result.nextKeyMarker, options),
      optionalElement('NextVersionIdMarker', result.nextVersionIdMarker),
      ...result.versions.map((version) => versionElement(version, options)),
      ...commonPrefixElements(result.commonPrefixes, options),
    ]),
  )
}

function versionElement(version: ListedVersion, options: EncodingOptions): Xml {
  const head = [
    encodableElement('Key', version.key, options),
    element('VersionId', version.versionId),
    element('IsLatest', version.isLatest),
  ]
  return version.kind === 'marker'
    ? element('DeleteMarker', [
        ...head,
        dateElement('LastModified', version.lastModified),
        ownerElement(version.owner),
      ])
    : element('Version', [...head, ...objectFieldElements(version)])
}

/** @throws {OssError} `MalformedXML`. */
export function decodeListObjectVersionsResult(xml: string): ListObjectVersionsResult {
  const root = parseXml(xml, 'ListVersionsResult')
  const reader = encodableReader(root)
  return {
    name: textOf(root, 'Name'),
    prefix: reader.optionalTextOf(root, 'Prefix') ?? '',
    keyMarker: reader.optionalTextOf(root, 'KeyMarker') ?? '',
    versionIdMarker: optionalTextOf(root, 'VersionIdMarker') ?? '',
    maxKeys: countOf(root, 'MaxKeys'),
    delimiter: reader.optionalTextOf(root, 'Delimiter') ?? '',
    isTruncated: booleanOf(root, 'IsTruncated'),
    nextKeyMarker: reader.optionalTextOf(root, 'NextKeyMarker') || undefined,
    nextVersionIdMarker: optionalTextOf(root, 'NextVersionIdMarker') || undefined,
    versions: root.children
      .filter(({ name }) => name === 'Version' || name === 'DeleteMarker')
      .map((child) => listedVersionOf(child, reader)),
    commonPrefixes: commonPrefixesOf(root, reader),
  }
}

function listedVersionOf(child: XmlElement, reader: EncodableReader): ListedVersion {
  const owner = ownerOf(child)
  if (!owner) throw malformedXml(`A ${child.name} has no Owner.`)
  const head = {
    key: reader.textOf(child, 'Key'),
    versionId: textOf(child, 'VersionId'),
    isLatest: booleanOf(child, 'IsLatest'),
  }
  return child.name === 'DeleteMarker'
    ? { kind: 'marker', ...head, lastModified: dateOf(child, 'LastModified'), owner }
    : { kind: 'object', ...objectFieldsOf(child), ...head, owner }
}
