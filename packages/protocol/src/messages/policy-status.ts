/** The answer to GetBucketPolicyStatus. */

import { document, element, parseXml } from '../xml.ts'
import { booleanOf } from './fields.ts'

export interface PolicyStatus {
  /** Whether the policy lets everybody at the bucket, without condition. */
  readonly isPublic: boolean
}

export function encodePolicyStatus({ isPublic }: PolicyStatus): string {
  return document(element('PolicyStatus', [element('IsPublic', isPublic)]))
}

/** @throws {OssError} `MalformedXML`. */
export function decodePolicyStatus(xml: string): PolicyStatus {
  return { isPublic: booleanOf(parseXml(xml, 'PolicyStatus'), 'IsPublic') }
}
