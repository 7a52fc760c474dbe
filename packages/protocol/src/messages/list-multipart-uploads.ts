/** The answer to ListMultipartUploads: one page of a bucket's open uploads, by key, then upload id. */

import type { UploadId } from '../values.ts'
import {
  childrenOf,
  document,
  element,
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
  uploadIdOf,
} from './fields.ts'

/** Texts that the request did not give are empty. */
export interface ListMultipartUploadsResult {
  readonly bucket: string
  readonly keyMarker: string
  readonly uploadIdMarker: string
  /** The last listed key or common prefix, also on the last page; empty when nothing is listed. */
  readonly nextKeyMarker: string
  readonly nextUploadIdMarker: string
  readonly delimiter: string
  readonly prefix: string
  readonly maxUploads: number
  readonly isTruncated: boolean
  readonly uploads: readonly ListedUpload[]
  readonly commonPrefixes: readonly string[]
}

export interface ListedUpload {
  readonly key: string
  readonly uploadId: UploadId
  readonly storageClass: string
  readonly initiated: Date
}

export function encodeListMultipartUploadsResult(
  result: ListMultipartUploadsResult,
  options: EncodingOptions = {},
): string {
  return document(
    element('ListMultipartUploadsResult', [
      encodingTypeElement(options),
      element('Bucket', result.bucket),
      encodableElement('KeyMarker', result.keyMarker, options),
      element('UploadIdMarker', result.uploadIdMarker),
      // Both are present even when empty: the OSS Python SDK fails without them.
      encodableElement('NextKeyMarker', result.nextKeyMarker, options),
      element('NextUploadIdMarker', result.nextUploadIdMarker),
      encodableElement('Delimiter', result.delimiter, options),
      encodableElement('Prefix', result.prefix, options),
      element('MaxUploads', result.maxUploads),
      element('IsTruncated', result.isTruncated),
      ...result.uploads.map((upload) => uploadElement(upload, options)),
      ...commonPrefixElements(result.commonPrefixes, options),
    ]),
  )
}

function uploadElement(upload: ListedUpload, options: EncodingOptions): Xml {
  return element('Upload', [
    encodableElement('Key', upload.key, options),
    element('UploadId', upload.uploadId),
    element('StorageClass', upload.storageClass),
    dateElement('Initiated', upload.initiated),
  ])
}

/** @throws {OssError} `MalformedXML`. */
export function decodeListMultipartUploadsResult(xml: string): ListMultipartUploadsResult {
  const root = parseXml(xml, 'ListMultipartUploadsResult')
  const reader = encodableReader(root)
  return {
    bucket: textOf(root, 'Bucket'),
    keyMarker: reader.optionalTextOf(root, 'KeyMarker') ?? '',
    uploadIdMarker: optionalTextOf(root, 'UploadIdMarker') ?? '',
    nextKeyMarker: reader.optionalTextOf(root, 'NextKeyMarker') ?? '',
    nextUploadIdMarker: optionalTextOf(root, 'NextUploadIdMarker') ?? '',
    delimiter: reader.optionalTextOf(root, 'Delimiter') ?? '',
    prefix: reader.optionalTextOf(root, 'Prefix') ?? '',
    maxUploads: countOf(root, 'MaxUploads'),
    isTruncated: booleanOf(root, 'IsTruncated'),
    uploads: childrenOf(root, 'Upload').map((upload) => listedUploadOf(upload, reader)),
    commonPrefixes: commonPrefixesOf(root, reader),
  }
}

function listedUploadOf(upload: XmlElement, reader: EncodableReader): ListedUpload {
  return {
    key: reader.textOf(upload, 'Key'),
    uploadId: uploadIdOf(upload),
    storageClass: optionalTextOf(upload, 'StorageClass') ?? '',
    initiated: dateOf(upload, 'Initiated'),
  }
}
