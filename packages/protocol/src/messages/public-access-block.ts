/** Whether a bucket, or all that an owner has, is kept from the public whatever ACLs and policies say. */

import { document, element, parseXml } from '../xml.ts'
import { booleanOf, refuseOtherChildren } from './fields.ts'

export interface PublicAccessBlockConfiguration {
  readonly blockPublicAccess: boolean
}

export function encodePublicAccessBlockConfiguration({
  blockPublicAccess,
}: PublicAccessBlockConfiguration): string {
  return document(
    element('PublicAccessBlockConfiguration', [element('BlockPublicAccess', blockPublicAccess)]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodePublicAccessBlockConfiguration(xml: string): PublicAccessBlockConfiguration {
  const root = parseXml(xml, 'PublicAccessBlockConfiguration')
  refuseOtherChildren(root, ['BlockPublicAccess'])
  return { blockPublicAccess: booleanOf(root, 'BlockPublicAccess') }
}
