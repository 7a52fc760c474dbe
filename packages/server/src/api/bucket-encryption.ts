/** The encryption rule of a bucket: out of the headers that make the bucket, and whether it can be. */

import { OssError, type ServerSideEncryptionRule } from '@lading/protocol'
import type { RequestHeaders } from './operation.ts'
import { invalidArgument } from './parameters.ts'

/** Source: PutBucketEncryption, OSS API reference, and the Python SDK's live suite. */
const algorithms = ['AES256', 'KMS', 'SM4']

/** @throws {OssError} `InvalidEncryptionAlgorithmError`, `InvalidArgument`. */
export function requireEncryptionRule(rule: ServerSideEncryptionRule): void {
  const { algorithm, dataAlgorithm, keyId } = rule
  if (!algorithms.includes(algorithm)) throw new OssError('InvalidEncryptionAlgorithmError')
  if (algorithm !== 'KMS' && keyId !== undefined) throw invalidArgument('KMSMasterKeyID', keyId)
  if (dataAlgorithm === undefined) return
  if (algorithm !== 'KMS' || dataAlgorithm !== 'SM4') {
    throw invalidArgument('KMSDataEncryption', dataAlgorithm)
  }
}

/** @throws {OssError} As `requireEncryptionRule`. */
export function requestedEncryptionRule(
  headers: RequestHeaders,
): ServerSideEncryptionRule | undefined {
  const algorithm = headers.get('x-oss-server-side-encryption')
  const dataAlgorithm = headers.get('x-oss-server-side-data-encryption') || undefined
  const keyId = headers.get('x-oss-server-side-encryption-key-id') || undefined
  if (algorithm === undefined) {
    if (dataAlgorithm !== undefined) {
      throw invalidArgument('x-oss-server-side-data-encryption', dataAlgorithm)
    }
    if (keyId !== undefined) throw invalidArgument('x-oss-server-side-encryption-key-id', keyId)
    return undefined
  }
  const rule = { algorithm, dataAlgorithm, keyId }
  requireEncryptionRule(rule)
  return rule
}
