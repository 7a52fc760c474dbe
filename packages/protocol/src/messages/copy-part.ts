/** The answer to UploadPartCopy. */

import { type ETag, formatETag } from '../values.ts'
import { document, element, parseXml } from '../xml.ts'
import { dateElement, dateOf, etagOf } from './fields.ts'

export interface CopyPartResult {
  readonly lastModified: Date
  readonly etag: ETag
}

export function encodeCopyPartResult(result: CopyPartResult): string {
  return document(
    element('CopyPartResult', [
      dateElement('LastModified', result.lastModified),
      element('ETag', formatETag(result.etag)),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeCopyPartResult(xml: string): CopyPartResult {
  const root = parseXml(xml, 'CopyPartResult')
  return { lastModified: dateOf(root, 'LastModified'), etag: etagOf(root, 'ETag') }
}
