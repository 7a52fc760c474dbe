/** The answer to PostObject when the form asks for `success_action_status` 201. */

import { type ETag, formatETag } from '../values.ts'
import { document, element, parseXml, textOf } from '../xml.ts'
import { etagOf } from './fields.ts'

export interface PostResponse {
  readonly bucket: string
  /** The object's URL. */
  readonly location: string
  readonly key: string
  readonly etag: ETag
}

export function encodePostResponse(response: PostResponse): string {
  return document(
    element('PostResponse', [
      element('Bucket', response.bucket),
      element('Location', response.location),
      element('Key', response.key),
      element('ETag', formatETag(response.etag)),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodePostResponse(xml: string): PostResponse {
  const root = parseXml(xml, 'PostResponse')
  return {
    bucket: textOf(root, 'Bucket'),
    location: textOf(root, 'Location'),
    key: textOf(root, 'Key'),
    etag: etagOf(root, 'ETag'),
  }
}
