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
} from '../xml.ts'
import { booleanOf, dateElement, dateOf, type Owner, ownerElement, ownerOf } from './fields.ts'

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
  /** `AES256`, `KMS` or `SM4`; `undefined` when objects are not encrypted. */
  readonly sseAlgorithm: string | undefined
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
        element('ServerSideEncryptionRule', [element('SSEAlgorithm', info.sseAlgorithm ?? 'None')]),
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
  const encryption = childOf(bucket, 'ServerSideEncryptionRule')
  const policy = childOf(bucket, 'BucketPolicy')
  const sseAlgorithm = encryption && optionalTextOf(encryption, 'SSEAlgorithm')
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
    sseAlgorithm: sseAlgorithm === 'None' ? undefined : sseAlgorithm || undefined,
    logBucket: (policy && optionalTextOf(policy, 'LogBucket')) ?? '',
    logPrefix: (policy && optionalTextOf(policy, 'LogPrefix')) ?? '',
  }
}
