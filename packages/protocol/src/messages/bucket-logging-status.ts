/** Where the access logs of a bucket go. */

import {
  childOf,
  document,
  element,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
} from '../xml.ts'
import { refuseOtherChildren } from './fields.ts'

export interface LoggingEnabled {
  readonly targetBucket: string
  /** What the keys of the logs begin with; may be empty. */
  readonly targetPrefix: string
  /** Who writes them, on the service. */
  readonly loggingRole: string | undefined
}

export interface BucketLoggingStatus {
  /** `undefined` when nothing is logged. */
  readonly enabled: LoggingEnabled | undefined
}

export function encodeBucketLoggingStatus({ enabled }: BucketLoggingStatus): string {
  return document(
    element('BucketLoggingStatus', [
      enabled &&
        element('LoggingEnabled', [
          element('TargetBucket', enabled.targetBucket),
          element('TargetPrefix', enabled.targetPrefix),
          optionalElement('LoggingRole', enabled.loggingRole),
        ]),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeBucketLoggingStatus(xml: string): BucketLoggingStatus {
  const root = parseXml(xml, 'BucketLoggingStatus')
  refuseOtherChildren(root, ['LoggingEnabled'])
  const enabled = childOf(root, 'LoggingEnabled')
  if (!enabled) return { enabled: undefined }
  refuseOtherChildren(enabled, ['TargetBucket', 'TargetPrefix', 'LoggingRole'])
  return {
    enabled: {
      targetBucket: textOf(enabled, 'TargetBucket').trim(),
      targetPrefix: optionalTextOf(enabled, 'TargetPrefix') ?? '',
      loggingRole: optionalTextOf(enabled, 'LoggingRole')?.trim() || undefined,
    },
  }
}
