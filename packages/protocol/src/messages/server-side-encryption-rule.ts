/** How the objects of a bucket are encrypted where nobody says otherwise. */

import {
  childOf,
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
} from '../xml.ts'
import { refuseOtherChildren } from './fields.ts'

export interface ServerSideEncryptionRule {
  /** `AES256`, `KMS` or `SM4`. */
  readonly algorithm: string
  /** `SM4`, with `KMS` alone. */
  readonly dataAlgorithm: string | undefined
  /** A key of the key management service, with `KMS` alone. */
  readonly keyId: string | undefined
}

export function encodeServerSideEncryptionRule(rule: ServerSideEncryptionRule): string {
  return document(
    element('ServerSideEncryptionRule', [
      element('ApplyServerSideEncryptionByDefault', [
        element('SSEAlgorithm', rule.algorithm),
        optionalElement('KMSDataEncryption', rule.dataAlgorithm),
        optionalElement('KMSMasterKeyID', rule.keyId),
      ]),
    ]),
  )
}

/** An empty child is one that is not there. Values are not judged here. @throws {OssError} `MalformedXML`. */
export function decodeServerSideEncryptionRule(xml: string): ServerSideEncryptionRule {
  const root = parseXml(xml, 'ServerSideEncryptionRule')
  refuseOtherChildren(root, ['ApplyServerSideEncryptionByDefault'])
  const rule = childOf(root, 'ApplyServerSideEncryptionByDefault')
  if (!rule) throw malformedXml('There is no ApplyServerSideEncryptionByDefault.')
  refuseOtherChildren(rule, ['SSEAlgorithm', 'KMSDataEncryption', 'KMSMasterKeyID'])
  return {
    algorithm: textOf(rule, 'SSEAlgorithm').trim(),
    dataAlgorithm: optionalTextOf(rule, 'KMSDataEncryption')?.trim() || undefined,
    keyId: optionalTextOf(rule, 'KMSMasterKeyID')?.trim() || undefined,
  }
}
