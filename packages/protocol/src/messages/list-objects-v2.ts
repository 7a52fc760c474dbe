/** The answer to ListObjects, version 2: one page of a bucket's objects, by key. */

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
export interface ListObjectsV2Result {
  /** The bucket's. */
  readonly name: string
  readonly prefix: string
  readonly startAfter: string
  readonly maxKeys: number
  readonly delimiter: string
  readonly isTruncated: boolean
  /** The token this page was asked for with; `undefined` on the first page. */
  readonly continuationToken: string | undefined
  /** Asks for the next page; `undefined` on the last. */
  readonly nextContinuationToken: string | undefined
  /** Objects and common prefixes on this page. */
  readonly keyCount: number
  readonly contents: readonly ListedObject[]
  readonly commonPrefixes: readonly string[]
}

export function encodeListObjectsV2Result(
  result: ListObjectsV2Result,
  options: EncodingOptions = {},
): string {
  return document(
    element('ListBucketResult', [
      element('Name', result.name),
      encodableElement('Prefix', result.prefix, options),
      encodableElement('StartAfter', result.startAfter, options),
      element('MaxKeys', result.maxKeys),
      encodableElement('Delimiter', result.delimiter, options),
      encodingTypeElement(options),
      element('IsTruncated', result.isTruncated),
      // Tokens too are encoded: the OSS Go and Python SDKs decode them.
      optionalEncodableElement('ContinuationToken', result.continuationToken, options),
      optionalEncodableElement('NextContinuationToken', result.nextContinuationToken, options),
      element('KeyCount', result.keyCount),
      ...result.contents.map((object) => contentsElement(object, options)),
      ...commonPrefixElements(result.commonPrefixes, options),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeListObjectsV2Result(xml: string): ListObjectsV2Result {
  const root = parseXml(xml, 'ListBucketResult')
  const reader = encodableReader(root)
  return {
    name: textOf(root, 'Name'),
    prefix: reader.optionalTextOf(root, 'Prefix') ?? '',
    startAfter: reader.optionalTextOf(root, 'StartAfter') ?? '',
    maxKeys: countOf(root, 'MaxKeys'),
    delimiter: reader.optionalTextOf(root, 'Delimiter') ?? '',
    isTruncated: booleanOf(root, 'IsTruncated'),
    continuationToken: reader.optionalTextOf(root, 'ContinuationToken') || undefined,
    nextContinuationToken: reader.optionalTextOf(root, 'NextContinuationToken') || undefined,
    keyCount: countOf(root, 'KeyCount'),
    contents: contentsOf(root, reader),
    commonPrefixes: commonPrefixesOf(root, reader),
  }
}
