/** Whose key it is that a request names. */

import { OssError, unknownAccessKey } from '@lading/protocol'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Identify, Identity } from './principal.ts'
import { policyOf, type Rights } from './rights.ts'
import { openToken, parentOf } from './token.ts'

/** A key pair that we know. */
export interface KnownKey {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Whose buckets are its own. */
  readonly owner: string
  readonly rights: Rights
  /** Whether it may be used at all. */
  readonly enabled: boolean
  /** From then on it is as if it had been removed. */
  readonly expiresAt?: Date | undefined
}

/** Finds a key by its id. */
export type FindKey = (accessKeyId: string) => Promise<KnownKey | undefined>

/** Identifies by the keys that `findKey` knows, and by the tokens that were made with them. */
export function identifyAmong(findKey: FindKey, now: () => Date): Identify {
  const find: FindKey = async (accessKeyId) => {
    const key = await findKey(accessKeyId)
    return key?.expiresAt && key.expiresAt <= now() ? undefined : key
  }
  return async (claim) => {
    if (claim.securityToken !== undefined) {
      return await identifySession({ ...claim, securityToken: claim.securityToken }, find, now)
    }
    const key = await find(claim.accessKeyId)
    if (!key) throw unknownAccessKey(claim)
    if (!key.enabled) {
      const { ec, details } = unknownAccessKey(claim)
      const message = 'The OSS Access Key Id you provided is disabled.'
      throw new OssError('InvalidAccessKeyId', { ec, details, message })
    }
    return identityOf(key)
  }
}

async function identifySession(
  claim: { readonly accessKeyId: string; readonly securityToken: string },
  find: FindKey,
  now: () => Date,
): Promise<Identity> {
  const parentId = parentOf(claim.securityToken)
  const parent = parentId === undefined ? undefined : await find(parentId)
  const session = parent?.enabled ? openToken(parent, claim.securityToken) : undefined
  // All in the same words: whoever makes tokens up must not learn which keys there are.
  if (!parent || !session) throw new OssError('InvalidSecurityToken')
  if (session.accessKeyId !== claim.accessKeyId) {
    throw new OssError('AccessKeyIdAndSecurityTokenNotMatch')
  }
  if (session.expiresAt <= now().getTime()) throw new OssError('SecurityTokenExpired')
  const { accessKeyId, accessKeySecret, policy, role } = session
  const { principal } = identityOf(parent)
  const narrower = policy === undefined ? [] : [parsePolicy(policy, 'session')]
  return {
    accessKeySecret,
    principal: {
      ...principal,
      accessKeyId,
      names: [...principal.names, accessKeyId, `arn:sts::${parent.owner}:assumed-role/${role}`],
      limits: [...principal.limits, ...narrower],
    },
  }
}

function identityOf({ accessKeyId, accessKeySecret, owner, rights }: KnownKey): Identity {
  const limit = policyOf(rights)
  return {
    accessKeySecret,
    principal: {
      kind: 'key',
      accessKeyId,
      lastingKeyId: accessKeyId,
      owner,
      names: [owner, accessKeyId],
      limits: limit ? [limit] : [],
    },
  }
}
