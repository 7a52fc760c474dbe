/** Whether a bucket keeps the versions of its objects. */

import {
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
} from '../xml.ts'
import { refuseOtherChildren } from './fields.ts'

export interface VersioningConfiguration {
  /** `undefined` in the answer about a bucket that never had versions. */
  readonly status: 'Enabled' | 'Suspended' | undefined
}

export function encodeVersioningConfiguration({ status }: VersioningConfiguration): string {
  return document(element('VersioningConfiguration', [optionalElement('Status', status)]))
}

/** @throws {OssError} `MalformedXML`. */
export function decodeVersioningConfiguration(xml: string): VersioningConfiguration {
  const root = parseXml(xml, 'VersioningConfiguration')
  refuseOtherChildren(root, ['Status'])
  const status = optionalTextOf(root, 'Status')?.trim()
  if (status === undefined || status === 'Enabled' || status === 'Suspended') return { status }
  throw malformedXml('Status is neither Enabled nor Suspended.')
}
