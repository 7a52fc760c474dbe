/** The answer to GetBucketInfo. */

import {
  childOf,
  document,
  element,
  malformedXml,
  optionalElement,
  optionalTextOf,
  parseXml,
  textOf,
  type XmlElement,
} from '../xml.ts'
import { booleanOf, dateElement, dateOf, type Owner, ownerElement, ownerOf } from './fields.ts'
import type { ServerSideEncryptionRule } from './server-side-encryption-rule.ts'

export interface BucketInfo {
  readonly name: string
  readonly creationDate: Date
  /** Host names, without a scheme. */
  readonly extranetEndpoint: string
  readonly intranetEndpoint: string
  /** `oss-cn-hangzhou`. */
  readonly location: string
  readonly storageClass: string
  /** `LRS` or `ZRS`. */
  readonly dataRedundancyType: string
  readonly owner: Owner
  /** `private`, `public-read` or `public-read-write`. */
  readonly acl: string
  readonly comment: string
  /** Never empty on the service. */
  readonly resourceGroupId: string
  /** These three are `Enabled` or `Disabled`. */
  readonly accessMonitor: string
  readonly crossRegionReplication: string
  readonly transferAcceleration: string
  readonly blockPublicAccess: boolean
  /** `Enabled` or `Suspended`; `undefined` when it was never set. */
  readonly versioning: string | undefined
  /** `undefined` when objects are not encrypted unless they ask for it. */
  readonly encryption: ServerSideEncryptionRule | undefined
  /** Where access logs go; empty when nowhere. */
  readonly logBucket: string
  readonly logPrefix: string
}

/** Writes `None` for no encryption: the OSS SDKs for Go and Python read the rule unconditionally. */
export function encodeBucketInfo(info: BucketInfo): string {
  return document(
    element('BucketInfo', [
      element('Bucket', [
        element('AccessMonitor', info.accessMonitor),
        element('BlockPublicAccess', info.blockPublicAccess),
        element('Comment', info.comment),
        dateElement('CreationDate', info.creationDate),
        element('CrossRegionReplication', info.crossRegionReplication),
        element('DataRedundancyType', info.dataRedundancyType),
        element('ExtranetEndpoint', info.extranetEndpoint),
        element('IntranetEndpoint', info.intranetEndpoint),
        element('Location', info.location),
        element('Name', info.name),
        element('ResourceGroupId', info.resourceGroupId),
        element('StorageClass', info.storageClass),
        element('TransferAcceleration', info.transferAcceleration),
        optionalElement('Versioning', info.versioning),
        ownerElement(info.owner),
        element('AccessControlList', [element('Grant', info.acl)]),
        element('ServerSideEncryptionRule', [
          element('SSEAlgorithm', info.encryption?.algorithm ?? 'None'),
          optionalElement('KMSDataEncryption', info.encryption?.dataAlgorithm),
          optionalElement('KMSMasterKeyID', info.encryption?.keyId),
        ]),
        element('BucketPolicy', [
          element('LogBucket', info.logBucket),
          element('LogPrefix', info.logPrefix),
        ]),
      ]),
    ]),
  )
}

/** @throws {OssError} `MalformedXML`. */
export function decodeBucketInfo(xml: string): BucketInfo {
  const bucket = childOf(parseXml(xml, 'BucketInfo'), 'Bucket')
  if (!bucket) throw malformedXml('There is no Bucket.')
  const owner = ownerOf(bucket)
  if (!owner) throw malformedXml('There is no Owner.')
  const grants = childOf(bucket, 'AccessControlList')
  const policy = childOf(bucket, 'BucketPolicy')
  return {
    name: textOf(bucket, 'Name'),
    creationDate: dateOf(bucket, 'CreationDate'),
    extranetEndpoint: textOf(bucket, 'ExtranetEndpoint'),
    intranetEndpoint: textOf(bucket, 'IntranetEndpoint'),
    location: textOf(bucket, 'Location'),
    storageClass: textOf(bucket, 'StorageClass'),
    dataRedundancyType: optionalTextOf(bucket, 'DataRedundancyType') ?? '',
    owner,
    acl: (grants && optionalTextOf(grants, 'Grant')) ?? '',
    comment: optionalTextOf(bucket, 'Comment') ?? '',
    resourceGroupId: optionalTextOf(bucket, 'ResourceGroupId') ?? '',
    accessMonitor: optionalTextOf(bucket, 'AccessMonitor') ?? '',
    crossRegionReplication: optionalTextOf(bucket, 'CrossRegionReplication') ?? '',
    transferAcceleration: optionalTextOf(bucket, 'TransferAcceleration') ?? '',
    blockPublicAccess:
      childOf(bucket, 'BlockPublicAccess') !== undefined && booleanOf(bucket, 'BlockPublicAccess'),
    versioning: optionalTextOf(bucket, 'Versioning') || undefined,
    encryption: encryptionOf(bucket),
    logBucket: (policy && optionalTextOf(policy, 'LogBucket')) ?? '',
    logPrefix: (policy && optionalTextOf(policy, 'LogPrefix')) ?? '',
  }
}

function encryptionOf(bucket: XmlElement): ServerSideEncryptionRule | undefined {
  const rule = childOf(bucket, 'ServerSideEncryptionRule')
  const algorithm = rule && optionalTextOf(rule, 'SSEAlgorithm')
  if (!rule || !algorithm || algorithm === 'None') return undefined
  return {
    algorithm,
    dataAlgorithm: optionalTextOf(rule, 'KMSDataEncryption') || undefined,
    keyId: optionalTextOf(rule, 'KMSMasterKeyID') || undefined,
  }
}
