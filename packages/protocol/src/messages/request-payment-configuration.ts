/** Who pays for the requests to a bucket. */

import { document, element, malformedXml, parseXml, textOf } from '../xml.ts'
import { refuseOtherChildren } from './fields.ts'

export interface RequestPaymentConfiguration {
  readonly payer: 'BucketOwner' | 'Requester'
}

export function encodeRequestPaymentConfiguration({ payer }: RequestPaymentConfiguration): string {
  return document(element('RequestPaymentConfiguration', [element('Payer', payer)]))
}

/** @throws {OssError} `MalformedXML`. */
export function decodeRequestPaymentConfiguration(xml: string): RequestPaymentConfiguration {
  const root = parseXml(xml, 'RequestPaymentConfiguration')
  refuseOtherChildren(root, ['Payer'])
  const payer = textOf(root, 'Payer').trim()
  if (payer === 'BucketOwner' || payer === 'Requester') return { payer }
  throw malformedXml('Payer is neither BucketOwner nor Requester.')
}
