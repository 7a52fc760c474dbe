/** CompleteMultipartUpload: the parts that, in this order, become the object, and what it became. */

import { OssError } from '../errors.ts'
import { MAX_PART_NUMBER, MAX_PARTS, MIN_PART_NUMBER } from '../limits.ts'
import { type ETag, formatETag, parsePartNumber } from '../values.ts'
import { document, element, malformedXml, parseXml, textOf, type XmlElement } from '../xml.ts'
import {
  type EncodingOptions,
  encodableElement,
  encodableReader,
  encodingTypeElement,
  etagOf,
} from './fields.ts'

export interface PartReference {
  readonly partNumber: number
  readonly etag: ETag
}

export function encodeCompleteMultipartUpload(parts: readonly PartReference[]): string {
  return element(
    'CompleteMultipartUpload',
    parts.map(({ partNumber, etag }) =>
      element('Part', [element('PartNumber', partNumber), element('ETag', formatETag(etag))]),
    ),
  )
}

/**
 * Checks shape only: part numbers in range, every field present. Whether the parts exist, match and
 * ascend is the server's to say. An element that is empty lists no parts, which OSS allows; one that
 * holds anything but parts is refused, because an ignored element could be a lost part.
 *
 * @throws {OssError} `MalformedXML`, or `InvalidArgument` for a part number out of range.
 */
export function decodeCompleteMultipartUpload(xml: string): PartReference[] {
  try {
    return usualParts(xml) ?? partsOf(parseXml(xml, 'CompleteMultipartUpload'))
  } catch (error) {
    if (!(error instanceof OssError) || error.code !== 'MalformedXML') throw error
    // Source of the number: the mocked answers of the OSS Go SDK, for a Complete without a list.
    throw new OssError('MalformedXML', {
      ec: '0042-00000205',
      details: error.details,
      cause: error,
    })
  }
}

const prolog =
  /[\uFEFF \t\r\n]*(?:<\?xml version="1\.0"(?: encoding="[A-Za-z][A-Za-z0-9-]*")?\?>)?[ \t\r\n]*<CompleteMultipartUpload>/y
const usualPart =
  /[ \t\r\n]*<Part>[ \t\r\n]*<PartNumber>([0-9]{1,5})<\/PartNumber>[ \t\r\n]*<ETag>(?:(?:"|&quot;|&#34;)([0-9A-Fa-f-]+)(?:"|&quot;|&#34;)|([0-9A-Fa-f-]+))<\/ETag>[ \t\r\n]*<\/Part>/y
const epilog = /[ \t\r\n]*<\/CompleteMultipartUpload>[ \t\r\n]*$/y

/**
 * What `partsOf` makes of the document, for those that are written as SDKs write them; `undefined` for
 * all others, and for what is wrong in any way. Ten thousand parts take a few milliseconds so and some
 * sixty as a tree, in which a server can do nothing else.
 */
function usualParts(xml: string): PartReference[] | undefined {
  prolog.lastIndex = 0
  if (!prolog.test(xml)) return undefined
  const parts: PartReference[] = []
  let at = prolog.lastIndex
  for (;;) {
    usualPart.lastIndex = at
    const match = usualPart.exec(xml)
    if (!match) break
    const [whole, number, quoted, bare] = match
    const partNumber = Number(number)
    if (partNumber < MIN_PART_NUMBER || partNumber > MAX_PART_NUMBER) return undefined
    if (parts.length === MAX_PARTS) return undefined
    parts.push({ partNumber, etag: (quoted ?? bare) as ETag })
    at += whole.length
  }
  epilog.lastIndex = at
  return epilog.test(xml) ? parts : undefined
}

function partsOf(root: XmlElement): PartReference[] {
  if (root.text.trim() !== '') throw malformedXml('There is text between the parts.')
  if (root.children.length > MAX_PARTS) throw malformedXml('There are more than 10000 parts.')
  return root.children.map((part) => {
    if (part.name !== 'Part') throw malformedXml(`${part.name} is not a Part.`)
    return {
      partNumber: parsePartNumber(textOf(part, 'PartNumber').trim()),
      etag: etagOf(part, 'ETag'),
    }
  })
}

export interface CompleteMultipartUploadResult {
  /** The object's URL. */
  readonly location: string
  readonly bucket: string
  readonly key: string
  readonly etag: ETag
}

export function encodeCompleteMultipartUploadResult(
  result: CompleteMultipartUploadResult,
  options: EncodingOptions = {},
): string {
  return document(
    element('CompleteMultipartUploadResult', [
      encodingTypeElement(options),
      element('Location', result.location),
      element('Bucket', result.bucket),
      encodableElement('Key', result.key, options),
      element('ETag', formatETag(result.etag)),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeCompleteMultipartUploadResult(xml: string): CompleteMultipartUploadResult {
  const root = parseXml(xml, 'CompleteMultipartUploadResult')
  return {
    location: textOf(root, 'Location'),
    bucket: textOf(root, 'Bucket'),
    key: encodableReader(root).textOf(root, 'Key'),
    etag: etagOf(root, 'ETag'),
  }
}
