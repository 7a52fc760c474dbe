/** Keys as they come from outside: whole, or refused with a word on what is missing. */

import type { ExpiringCredentials } from '../credentials.ts'
import { CredentialsError } from '../errors.ts'

/** @throws {CredentialsError} when there is no key pair in `values`, or half of one. */
export function requireKeyPair(
  origin: string,
  values: { id: string | undefined; secret: string | undefined; token: string | undefined },
): ExpiringCredentials {
  const [id, secret, token] = [values.id, values.secret, values.token].map((value) => value?.trim())
  if (id && secret) {
    return { accessKeyId: id, accessKeySecret: secret, ...(token && { securityToken: token }) }
  }
  if (!id && !secret) throw new CredentialsError(`There is no access key in ${origin}.`)
  const missing = id ? 'secret' : 'id'
  throw new CredentialsError(`In ${origin} there is half of a key pair: the ${missing} is missing.`)
}

/**
 * Keys as ECS and programs print them: `AccessKeyId`, `AccessKeySecret`, and for temporary ones
 * `SecurityToken` and `Expiration` in ISO 8601. Nothing of the text is told in errors: it is secret.
 *
 * @throws {CredentialsError}
 */
export function parseCredentials(origin: string, text: string): ExpiringCredentials {
  const found = parseObject(text)
  if (!found) throw new CredentialsError(`What ${origin} says is not a JSON object.`)
  const field = (name: string): string | undefined => {
    const value = found[name]
    return typeof value === 'string' ? value : undefined
  }
  const code = field('Code')
  if (code !== undefined && code !== 'Success') {
    throw new CredentialsError(`There are no keys from ${origin}: it says ${code}.`)
  }
  const keys = requireKeyPair(origin, {
    id: field('AccessKeyId'),
    secret: field('AccessKeySecret'),
    token: field('SecurityToken'),
  })
  const end = field('Expiration')
  if (end === undefined) return keys
  const expiration = new Date(end)
  if (!Number.isNaN(expiration.getTime())) return { ...keys, expiration }
  throw new CredentialsError(`The Expiration that ${origin} gives is not a time.`)
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
