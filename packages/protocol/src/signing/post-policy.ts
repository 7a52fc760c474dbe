/**
 * How the form of PostObject proves who sends it: the signature is of the policy as the form has it, in
 * Base64. Source: PostObject, OSS API reference.
 */

import { equalInConstantTime } from '#hash'
import { OssError } from '../errors.ts'
import { parseIsoBasic } from '../headers.ts'
import type { Claim } from './claim.ts'
import { utf8 } from './request.ts'
import { signatureV1 } from './v1.ts'
import { ALGORITHM_V4, parseCredentialV4, signatureV4 } from './v4.ts'

/** A claim, and the policy that was signed for it. */
export interface PostClaim {
  readonly claim: Claim
  readonly policy: string
}

/**
 * Reads the claim of a form, whose names are given in lower case; `undefined` when it makes none.
 *
 * @throws {OssError} `InvalidArgument` when it is incomplete, malformed or made twice.
 */
export function readPostClaim(fields: ReadonlyMap<string, string>): PostClaim | undefined {
  const v1 = ['ossaccesskeyid', 'signature'].some((name) => fields.has(name))
  const v4 = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-signature'].some((name) =>
    fields.has(name),
  )
  if (!v1 && !v4) return undefined
  if (v1 && v4) throw invalid('The form carries more than one kind of signature.')
  const policy = required(fields, 'policy')
  const securityToken = fields.get('x-oss-security-token') || undefined
  const common = { carrier: 'query', securityToken, expires: undefined } as const
  if (v1) {
    const accessKeyId = required(fields, 'OSSAccessKeyId')
    const signature = required(fields, 'Signature')
    return { policy, claim: { ...common, scheme: 'v1', accessKeyId, signature } }
  }
  if (required(fields, 'x-oss-signature-version') !== ALGORITHM_V4) {
    throw invalid(`The x-oss-signature-version of the form must be ${ALGORITHM_V4}.`)
  }
  const credential = parseCredentialV4(required(fields, 'x-oss-credential'))
  const timestamp = required(fields, 'x-oss-date')
  const signature = required(fields, 'x-oss-signature')
  if (!credential) throw invalid('The x-oss-credential of the form is invalid.')
  // A key that was made for one day must not sign for another.
  if (!parseIsoBasic(timestamp) || timestamp.slice(0, 8) !== credential.scope.date) {
    throw invalid('The x-oss-date of the form is invalid.')
  }
  const claim = { ...common, ...credential, timestamp, signature, additionalHeaders: [] }
  return { policy, claim: { ...claim, scheme: 'v4' } }
}

/** Whether the holder of the secret signed this policy. */
export function verifyPostPolicy({ claim, policy }: PostClaim, accessKeySecret: string): boolean {
  const expected =
    claim.scheme === 'v1'
      ? signatureV1(accessKeySecret, policy)
      : signatureV4(accessKeySecret, claim.scope, policy)
  return equalInConstantTime(utf8(expected), utf8(claim.signature))
}

function required(fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name.toLowerCase())
  if (value) return value
  throw invalid(`The form has a signature and no ${name}.`, name)
}

function invalid(message: string, name?: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    ...(name !== undefined && { details: { ArgumentName: name, ArgumentValue: '' } }),
  })
}
