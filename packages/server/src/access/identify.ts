/** Whose key it is that a request names. */

import { OssError, unknownAccessKey } from '@lading/protocol'
import type { Identify } from './principal.ts'

/** A key pair that we know, and whose buckets it may use as its own. */
export interface KnownKey {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly owner: string
}

/** Finds identities among the keys that `findKey` knows. */
export function identifyAmong(findKey: (accessKeyId: string) => KnownKey | undefined): Identify {
  return async (claim) => {
    const key = findKey(claim.accessKeyId)
    if (!key) throw unknownAccessKey(claim)
    // Every key here is a long-term one, and those have no token.
    if (claim.securityToken !== undefined) throw new OssError('InvalidSecurityToken')
    const { accessKeyId, accessKeySecret, owner } = key
    return { principal: { kind: 'key', accessKeyId, owner }, accessKeySecret }
  }
}
