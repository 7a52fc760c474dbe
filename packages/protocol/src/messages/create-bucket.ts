/** The body of PutBucket, which may be left out. */

import { document, element, optionalElement, optionalTextOf, parseXml } from '../xml.ts'

/** What is absent is the service's to choose. */
export interface CreateBucketConfiguration {
  readonly storageClass?: string | undefined
  /** `LRS` or `ZRS`. */
  readonly dataRedundancyType?: string | undefined
  /** `oss-cn-hangzhou`. */
  readonly locationConstraint?: string | undefined
}

export function encodeCreateBucketConfiguration(configuration: CreateBucketConfiguration): string {
  return document(
    element('CreateBucketConfiguration', [
      optionalElement('LocationConstraint', configuration.locationConstraint),
      optionalElement('StorageClass', configuration.storageClass),
      optionalElement('DataRedundancyType', configuration.dataRedundancyType),
    ]),
  )
}

/**
 * A blank body asks for nothing. Values are not judged here.
 *
 * @throws {OssError} `MalformedXML`.
 */
export function decodeCreateBucketConfiguration(xml: string): CreateBucketConfiguration {
  if (xml.trim() === '') return {}
  const root = parseXml(xml, 'CreateBucketConfiguration')
  return {
    storageClass: optionalTextOf(root, 'StorageClass')?.trim() || undefined,
    dataRedundancyType: optionalTextOf(root, 'DataRedundancyType')?.trim() || undefined,
    locationConstraint: optionalTextOf(root, 'LocationConstraint')?.trim() || undefined,
  }
}
