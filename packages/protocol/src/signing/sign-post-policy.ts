/** The fields of a form that prove who lets it be sent: the policy, and its signature. Source: PostObject, OSS API reference. */

import { formatIsoBasic, toBase64 } from '../headers.ts'
import { type Credentials, utf8 } from './request.ts'
import { signatureV1 } from './v1.ts'
import { ALGORITHM_V4, formatScope, type SignV4Options, scopeOf, signatureV4 } from './v4.ts'

export interface PostPolicyDocument {
  /** ISO 8601, with three digits of milliseconds and a `Z`. */
  readonly expiration: string
  readonly conditions: readonly unknown[]
}

/** Conditions on the fields that sign are added, as the policy must name them. */
export function signPostPolicyV4(
  policy: PostPolicyDocument,
  credentials: Credentials,
  options: SignV4Options,
): Record<string, string> {
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  const timestamp = formatIsoBasic(options.now)
  const scope = scopeOf(timestamp, options)
  const signing: Record<string, string> = {
    'x-oss-signature-version': ALGORITHM_V4,
    'x-oss-credential': `${accessKeyId}/${formatScope(scope)}`,
    'x-oss-date': timestamp,
    ...(securityToken && { 'x-oss-security-token': securityToken }),
  }
  const text = encodePolicy(policy, signing)
  const signature = signatureV4(accessKeySecret, scope, text)
  return { ...signing, policy: text, 'x-oss-signature': signature }
}

export function signPostPolicyV1(
  policy: PostPolicyDocument,
  credentials: Credentials,
): Record<string, string> {
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  const token: Record<string, string> = securityToken
    ? { 'x-oss-security-token': securityToken }
    : {}
  const text = encodePolicy(policy, token)
  const signature = signatureV1(accessKeySecret, text)
  return { ...token, OSSAccessKeyId: accessKeyId, policy: text, Signature: signature }
}

function encodePolicy(
  { expiration, conditions }: PostPolicyDocument,
  fields: Readonly<Record<string, string>>,
): string {
  const more = Object.entries(fields).map(([name, value]) => ({ [name]: value }))
  return toBase64(utf8(JSON.stringify({ expiration, conditions: [...conditions, ...more] })))
}
