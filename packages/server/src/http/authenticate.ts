/** Who asks, and which of the ways to read the address was meant: the one that the signature fits. */

import {
  type Claim,
  checkClaimScope,
  checkClaimTime,
  decodeHeaderText,
  OssError,
  type Query,
  readClaim,
  type SignableRequest,
  signatureMismatch,
  type Target,
  type Verification,
  verifyClaim,
} from '@lading/protocol'
import type { Identify, Principal } from '../access/principal.ts'
import type { Framing } from './framing.ts'

/** One way to read the address. */
export interface Reading {
  readonly target: Target
  /** Why it cannot be served whoever asks, such as a missing bucket; told before the key is looked up. */
  readonly obstacle: OssError | undefined
}

export interface AuthenticatedRequest<R extends Reading> {
  readonly reading: R
  readonly principal: Principal
}

export interface AuthenticationContext {
  readonly region: string
  readonly identify: Identify
  readonly now: Date
}

/** What the request claims; read before anything is looked up, as a malformed claim is told first. */
export function readRequestClaim(framing: Framing, query: Query): Claim | undefined {
  const { headers, authorizations } = framing
  return readClaim({ headers, authorizations, query })
}

/**
 * Proves the claim. Of several readings the one that was signed is taken; of an anonymous request, the
 * first that can be served.
 *
 * @throws {OssError} the obstacle of the reading; `InvalidAccessKeyId`, `InvalidSecurityToken`,
 *   `RequestTimeTooSkewed`, `AccessDenied`, `InvalidArgument`, `SignatureDoesNotMatch`.
 */
export async function authenticate<R extends Reading>(
  request: { readonly method: string; readonly framing: Framing; readonly query: Query },
  claim: Claim | undefined,
  readings: readonly [R, ...R[]],
  context: AuthenticationContext,
): Promise<AuthenticatedRequest<R>> {
  const likeliest = readings.find(({ obstacle }) => !obstacle) ?? readings[0]
  // With every reading in the way of it, the key does not matter. Source: the live suites of the Go
  // and Python SDKs ask for a missing bucket with an unknown key, and get NoSuchBucket.
  if (likeliest.obstacle) throw likeliest.obstacle
  if (!claim) return { reading: likeliest, principal: { kind: 'anonymous' } }

  const { principal, accessKeySecret } = await context.identify(claim)
  const { headers } = request.framing
  checkClaimTime(claim, { headers, query: request.query }, context.now)
  checkClaimScope(claim, context.region)

  const signedHeaders = new Map(
    [...headers].map(([name, value]) => [name, decodeHeaderText(value)]),
  )
  const verify = ({ target }: R): Verification => {
    const signable: SignableRequest = {
      method: request.method,
      bucket: target.bucket,
      key: target.key,
      query: request.query.entries,
      headers: signedHeaders,
    }
    return verifyClaim(claim, signable, accessKeySecret)
  }
  const reading = readings.find((candidate) => verify(candidate).matches)
  if (!reading) throw withoutSignature(signatureMismatch(claim, verify(likeliest)))
  if (reading.obstacle) throw reading.obstacle
  return { reading, principal }
}

/** The caller has the signature already, and an error is read by more people than the caller. */
function withoutSignature(error: OssError): OssError {
  const { SignatureProvided: _, ...details } = error.details
  return new OssError('SignatureDoesNotMatch', { ec: error.ec, details })
}
