/** What an object is besides its bytes, as a request says it and as it is kept. */

import { decodeServerSideEncryptionRule } from '@lading/protocol'
import type { Bucket, ObjectAttributes, ObjectEncryption } from '../ports/metadata-store.ts'
import type { StoreDependencies } from './dependencies.ts'
import { settleEncryption } from './encryption.ts'

/** What a request says of an object; without a storage class or an encryption it takes its bucket's. */
export interface RequestedAttributes extends Omit<ObjectAttributes, 'storageClass'> {
  readonly storageClass: string | undefined
}

/** @throws {OssError} `NotImplemented` for an encryption that cannot be done. */
export async function settleAttributes(
  { metadata, masterKeys }: Pick<StoreDependencies, 'metadata' | 'masterKeys'>,
  requested: RequestedAttributes,
  bucket: Bucket,
): Promise<ObjectAttributes> {
  const { encryption, ...rest } = requested
  const storageClass = requested.storageClass ?? bucket.storageClass
  const asked =
    encryption ?? bucketEncryption(await metadata.findBucketSetting(bucket.name, 'encryption'))
  if (!asked) return { ...rest, storageClass }
  return { ...rest, storageClass, encryption: await settleEncryption(masterKeys, asked) }
}

/** The rule of a bucket as it is kept. */
function bucketEncryption(text: string | undefined): ObjectEncryption | undefined {
  return text === undefined ? undefined : decodeServerSideEncryptionRule(text)
}

/** With `acl` for the object's own; `default` leaves it none. */
export function withAcl(attributes: ObjectAttributes, acl: string): ObjectAttributes {
  const { acl: _, ...rest } = attributes
  return acl === 'default' ? rest : { ...rest, acl }
}
