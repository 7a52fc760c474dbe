/** Who asks, and with what key pair that is proved. */

/** Who asks, once proved. */
export type Principal = KeyPrincipal | { readonly kind: 'anonymous' }

/** The holder of a key pair. */
export interface KeyPrincipal {
  readonly kind: 'key'
  readonly accessKeyId: string
  /** Whose buckets are its own. */
  readonly owner: string
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

/** @throws {OssError} `InvalidAccessKeyId`, `InvalidSecurityToken`. */
export type Identify = (claim: KeyClaim) => Promise<Identity>
