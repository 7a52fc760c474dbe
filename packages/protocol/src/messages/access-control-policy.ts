/** The answer to GetBucketAcl and GetObjectACL. */

import { childOf, document, element, malformedXml, parseXml, textOf } from '../xml.ts'
import { type Owner, ownerElement, ownerOf } from './fields.ts'

export interface AccessControlPolicy {
  readonly owner: Owner
  /** `private`, `public-read` or `public-read-write`; for objects also `default`. */
  readonly grant: string
}

export function encodeAccessControlPolicy(policy: AccessControlPolicy): string {
  return document(
    element('AccessControlPolicy', [
      ownerElement(policy.owner),
      element('AccessControlList', [element('Grant', policy.grant)]),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeAccessControlPolicy(xml: string): AccessControlPolicy {
  const root = parseXml(xml, 'AccessControlPolicy')
  const owner = ownerOf(root)
  const list = childOf(root, 'AccessControlList')
  if (!owner || !list) throw malformedXml('There is no Owner or no AccessControlList.')
  return { owner, grant: textOf(list, 'Grant').trim() }
}
