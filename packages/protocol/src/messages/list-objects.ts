/** The answer to ListObjects, version 1: one page of a bucket's objects, by key. */

import { document, element, parseXml, textOf } from '../xml.ts'
import {
  booleanOf,
  commonPrefixElements,
  commonPrefixesOf,
  countOf,
  type EncodingOptions,
  encodableElement,
  encodableReader,
  encodingTypeElement,
  optionalEncodableElement,
} from './fields.ts'
import { contentsElement, contentsOf, type ListedObject } from './listed-object.ts'

/** Texts that the request did not give are empty. */
export interface ListObjectsResult {
  /** The bucket's. */
  readonly name: string
  readonly prefix: string
  readonly marker: string
  readonly maxKeys: number
  readonly delimiter: string
  readonly isTruncated: boolean
  /** The last listed key or common prefix; `undefined` on the last page. */
  readonly nextMarker: string | undefined
  readonly contents: readonly ListedObject[]
  readonly commonPrefixes: readonly string[]
}

export function encodeListObjectsResult(
  result: ListObjectsResult,
  options: EncodingOptions = {},
): string {
  return document(
    element('ListBucketResult', [
      element('Name', result.name),
      encodableElement('Prefix', result.prefix, options),
      encodableElement('Marker', result.marker, options),
      element('MaxKeys', result.maxKeys),
      encodableElement('Delimiter', result.delimiter, options),
      encodingTypeElement(options),
      element('IsTruncated', result.isTruncated),
      optionalEncodableElement('NextMarker', result.nextMarker, options),
      ...result.contents.map((object) => contentsElement(object, options)),
      ...commonPrefixElements(result.commonPrefixes, options),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeListObjectsResult(xml: string): ListObjectsResult {
  const root = parseXml(xml, 'ListBucketResult')
  const reader = encodableReader(root)
  return {
    name: textOf(root, 'Name'),
    prefix: reader.optionalTextOf(root, 'Prefix') ?? '',
    marker: reader.optionalTextOf(root, 'Marker') ?? '',
    maxKeys: countOf(root, 'MaxKeys'),
    delimiter: reader.optionalTextOf(root, 'Delimiter') ?? '',
    isTruncated: booleanOf(root, 'IsTruncated'),
    nextMarker: reader.optionalTextOf(root, 'NextMarker') || undefined,
    contents: contentsOf(root, reader),
    commonPrefixes: commonPrefixesOf(root, reader),
  }
}
