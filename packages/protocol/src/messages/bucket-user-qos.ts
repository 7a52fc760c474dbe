/** How much a bucket may hold. */

import { OssError } from '../errors.ts'
import { document, element, malformedXml, parseXml, textOf } from '../xml.ts'
import { refuseOtherChildren } from './fields.ts'

export interface BucketUserQos {
  /** Gigabytes of 1024^3 bytes; -1 for no bound. */
  readonly storageCapacity: number
}

export function encodeBucketUserQos({ storageCapacity }: BucketUserQos): string {
  return document(element('BucketUserQos', [element('StorageCapacity', String(storageCapacity))]))
}

/** @throws {OssError} `MalformedXML`; `InvalidArgument` below -1. */
export function decodeBucketUserQos(xml: string): BucketUserQos {
  const root = parseXml(xml, 'BucketUserQos')
  refuseOtherChildren(root, ['StorageCapacity'])
  const text = textOf(root, 'StorageCapacity').trim()
  if (!/^-?\d{1,15}$/.test(text)) throw malformedXml('StorageCapacity is not a whole number.')
  const storageCapacity = Number(text)
  if (storageCapacity >= -1) return { storageCapacity }
  throw new OssError('InvalidArgument', {
    message: 'The storage capacity is -1, for no bound, or a number of gigabytes.',
    details: { ArgumentName: 'StorageCapacity', ArgumentValue: text },
  })
}
