/** The answer to CopyObject. */

import { type ETag, formatETag } from '../values.ts'
import { document, element, parseXml } from '../xml.ts'
import { dateElement, dateOf, etagOf } from './fields.ts'

export interface CopyObjectResult {
  readonly etag: ETag
  readonly lastModified: Date
}

export function encodeCopyObjectResult(result: CopyObjectResult): string {
  return document(
    element('CopyObjectResult', [
      element('ETag', formatETag(result.etag)),
      dateElement('LastModified', result.lastModified),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeCopyObjectResult(xml: string): CopyObjectResult {
  const root = parseXml(xml, 'CopyObjectResult')
  return { etag: etagOf(root, 'ETag'), lastModified: dateOf(root, 'LastModified') }
}
