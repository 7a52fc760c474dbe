/** The answer to ListParts: one page of an upload's parts, by ascending number. */

import { formatCrc64, parseCrc64 } from '../checksum/crc64-text.ts'
import { type ETag, formatETag, type UploadId } from '../values.ts'
import {
  childrenOf,
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
  countOf,
  dateElement,
  dateOf,
  type EncodingOptions,
  encodableElement,
  encodableReader,
  encodingTypeElement,
  etagOf,
  optionalCountOf,
  uploadIdOf,
} from './fields.ts'

export interface ListPartsResult {
  readonly bucket: string
  readonly key: string
  readonly uploadId: UploadId
  readonly storageClass: string
  /** Parts of this number and below are left out; 0 for none. */
  readonly partNumberMarker: number
  /** The last listed number, also on the last page; `undefined` when no part is listed. */
  readonly nextPartNumberMarker: number | undefined
  readonly maxParts: number
  readonly isTruncated: boolean
  readonly parts: readonly ListedPart[]
}

export interface ListedPart {
  readonly partNumber: number
  readonly lastModified: Date
  readonly etag: ETag
  /** Bytes. */
  readonly size: number
  readonly crc64: bigint | undefined
}

export function encodeListPartsResult(
  result: ListPartsResult,
  options: EncodingOptions = {},
): string {
  return document(
    element('ListPartsResult', [
      encodingTypeElement(options),
      element('Bucket', result.bucket),
      encodableElement('Key', result.key, options),
      element('UploadId', result.uploadId),
      element('StorageClass', result.storageClass),
      element('PartNumberMarker', result.partNumberMarker),
      // Present even when empty: the OSS Python SDK fails without it, the C SDK on a 0.
      element('NextPartNumberMarker', result.nextPartNumberMarker ?? ''),
      element('MaxParts', result.maxParts),
      element('IsTruncated', result.isTruncated),
      ...result.parts.map(partElement),
    ]),
  )
}

function partElement(part: ListedPart): Xml {
  return element('Part', [
    element('PartNumber', part.partNumber),
    dateElement('LastModified', part.lastModified),
    element('ETag', formatETag(part.etag)),
    optionalElement(
      'HashCrc64ecma',
      part.crc64 === undefined ? undefined : formatCrc64(part.crc64),
    ),
    element('Size', part.size),
  ])
}

/** @throws {OssError} `MalformedXML`. */
export function decodeListPartsResult(xml: string): ListPartsResult {
  const root = parseXml(xml, 'ListPartsResult')
  const parts = childrenOf(root, 'Part').map(listedPartOf)
  return {
    bucket: textOf(root, 'Bucket'),
    key: encodableReader(root).textOf(root, 'Key'),
    uploadId: uploadIdOf(root),
    storageClass: optionalTextOf(root, 'StorageClass') ?? '',
    partNumberMarker: optionalCountOf(root, 'PartNumberMarker') ?? 0,
    nextPartNumberMarker: optionalCountOf(root, 'NextPartNumberMarker'),
    maxParts: countOf(root, 'MaxParts'),
    isTruncated: booleanOf(root, 'IsTruncated'),
    parts,
  }
}

function listedPartOf(part: XmlElement): ListedPart {
  const crcText = optionalTextOf(part, 'HashCrc64ecma')
  const crc64 = crcText === undefined ? undefined : parseCrc64(crcText)
  if (crcText !== undefined && crc64 === undefined) {
    throw malformedXml('HashCrc64ecma is not an unsigned 64-bit decimal.')
  }
  return {
    partNumber: countOf(part, 'PartNumber'),
    lastModified: dateOf(part, 'LastModified'),
    etag: etagOf(part, 'ETag'),
    size: countOf(part, 'Size'),
    crc64,
  }
}
