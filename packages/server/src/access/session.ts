/** Temporary keys: how they are made, out of a lasting one. */

import { randomBytes } from 'node:crypto'
import type { Credentials } from '@lading/protocol'
import { parsePolicy } from '../policy/parse-policy.ts'
import { type Parent, sealToken } from './token.ts'

/** Seconds. Source: AssumeRole, STS API reference. */
const SHORTEST_SESSION = 900
const LONGEST_SESSION = 43_200
const USUAL_SESSION = 3600

export interface SessionOptions {
  /** Default 3,600; from 900 to 43,200. */
  readonly durationSeconds?: number | undefined
  /** The text of a policy. The session may do what it allows, of what its parent may. */
  readonly policy?: string | undefined
  /** Default `lading`. */
  readonly role?: string | undefined
  /** Default `lading`. */
  readonly session?: string | undefined
}

export interface TemporaryCredentials extends Credentials {
  readonly securityToken: string
  readonly expiration: Date
}

/**
 * Makes a key pair that expires, and dies with `parent`.
 *
 * @throws {RangeError} for a duration or a name that cannot be; {OssError} `InvalidPolicyDocument`.
 */
export function makeSession(
  parent: Parent,
  options: SessionOptions,
  now: Date,
): TemporaryCredentials {
  const { durationSeconds = USUAL_SESSION, policy, role = 'lading', session = 'lading' } = options
  const inRange = durationSeconds >= SHORTEST_SESSION && durationSeconds <= LONGEST_SESSION
  if (!inRange || !Number.isInteger(durationSeconds)) {
    throw new RangeError(
      `A temporary key lives ${SHORTEST_SESSION} to ${LONGEST_SESSION} seconds, and not ${durationSeconds}.`,
    )
  }
  // Source: RoleSessionName of AssumeRole, STS API reference.
  if (![role, session].every((name) => /^[A-Za-z0-9.@_-]{1,64}$/.test(name))) {
    throw new RangeError('Roles and sessions have names of 1 to 64 letters, digits and ".@-_".')
  }
  if (policy !== undefined) parsePolicy(policy, 'session')
  const pair = {
    accessKeyId: `STS.${randomBytes(12).toString('hex')}`,
    accessKeySecret: randomBytes(24).toString('base64url'),
  }
  const expiration = new Date((Math.floor(now.getTime() / 1000) + durationSeconds) * 1000)
  const securityToken = sealToken(parent, {
    ...pair,
    expiresAt: expiration.getTime(),
    role: `${role}/${session}`,
    policy,
  })
  return { ...pair, securityToken, expiration }
}
