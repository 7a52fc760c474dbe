/** The answer to GetBucketLocation: the root element is the value. */

import { document, element, malformedXml, parseXml } from '../xml.ts'

/** `location` is the region behind `oss-`, as in `oss-cn-hangzhou`. */
export function encodeBucketLocation(location: string): string {
  return document(element('LocationConstraint', location))
}

/** @throws {OssError} `MalformedXML`. */
export function decodeBucketLocation(xml: string): string {
  const location = parseXml(xml, 'LocationConstraint').text.trim()
  if (location === '') throw malformedXml('The location is empty.')
  return location
}
