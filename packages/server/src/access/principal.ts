/** Who asks, and with what key pair that is proved. */

import type { Policy } from '../policy/policy.ts'

/** Who asks, once proved. */
export type Principal = KeyPrincipal | { readonly kind: 'anonymous' }

/** The holder of a key pair. */
export interface KeyPrincipal {
  readonly kind: 'key'
  readonly accessKeyId: string
  /** The lasting key: this one, or the one that it was made with. What it uses counts as that one's. */
  readonly lastingKeyId: string
  /** Whose buckets are its own. */
  readonly owner: string
  /** What policies may call it: its owner, its key, the key that it was made with, its role's session. */
  readonly names: readonly string[]
  /** What it may do at most: each of them has to allow it. None for an unlimited administrator. */
  readonly limits: readonly Policy[]
}

/** What names a key pair. */
interface KeyClaim {
  readonly accessKeyId: string
  readonly securityToken: string | undefined
}

/** A key pair, and who it makes of the one that signs with it. */
export interface Identity {
  readonly principal: KeyPrincipal
  readonly accessKeySecret: string
}

/**
 * @throws {OssError} `InvalidAccessKeyId`, `InvalidSecurityToken`, `SecurityTokenExpired`,
 *   `AccessKeyIdAndSecurityTokenNotMatch`.
 */
export type Identify = (claim: KeyClaim) => Promise<Identity>
