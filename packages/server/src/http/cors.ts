/**
 * Requests of pages of other origins: what a bucket's rules let browsers show them, and the preflight
 * that asks for it. Source: "CORS", OSS API reference, and the live suites of the Python and Go SDKs.
 */

import { type CorsConfiguration, type CorsRule, OssError } from '@lading/protocol'
import { matchesWildcard } from '../policy/wildcard.ts'

type Headers = ReadonlyMap<string, string>
type Fields = Readonly<Record<string, string>>

/** What the answer to a request says to browsers, whether it is a success or a refusal. */
export function crossOriginFields(
  configuration: CorsConfiguration,
  method: string,
  headers: Headers,
): Fields {
  const vary = varyFields(configuration)
  const origin = headers.get('origin')
  if (origin === undefined) return vary
  const rule = findRule(configuration, { origin, method, headers: [] })
  return rule ? { ...grantedFields(rule, origin), ...vary } : vary
}

/**
 * The fields that grant what a preflight asks for. It is asked without a signature.
 *
 * @throws {OssError} `BadRequest` when it does not say what for; `AccessForbidden`.
 */
export function preflightFields(
  configuration: CorsConfiguration | undefined,
  headers: Headers,
): Fields {
  const origin = requiredField(headers, 'Origin')
  const method = requiredField(headers, 'Access-Control-Request-Method')
  const asked = headers.get('access-control-request-headers')
  const names = (asked ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  const rule = configuration && findRule(configuration, { origin, method, headers: names })
  if (!rule) throw new OssError('AccessForbidden')
  return {
    ...grantedFields(rule, origin),
    ...(asked !== undefined && { 'Access-Control-Allow-Headers': asked }),
    ...varyFields(configuration),
  }
}

function requiredField(headers: Headers, name: string): string {
  const value = headers.get(name.toLowerCase())
  if (value !== undefined) return value
  throw new OssError('BadRequest', {
    message: `Insufficient information. ${name} request header needed.`,
  })
}

interface Asked {
  /** Compared as it is: `www.example.com` without a scheme is an origin too. */
  readonly origin: string
  readonly method: string
  /** In lower case. */
  readonly headers: readonly string[]
}

/** The first rule that allows all of it. */
function findRule({ rules }: CorsConfiguration, asked: Asked): CorsRule | undefined {
  return rules.find(
    (rule) =>
      rule.allowedMethods.includes(asked.method) &&
      rule.allowedOrigins.some((pattern) => matches(pattern, asked.origin)) &&
      asked.headers.every((name) => rule.allowedHeaders.some((pattern) => matches(pattern, name))),
  )
}

function matches(pattern: string, text: string): boolean {
  // Only `*` stands for something here.
  return pattern.includes('?') ? pattern === text : matchesWildcard(pattern, text)
}

function grantedFields(rule: CorsRule, origin: string): Fields {
  return {
    'Access-Control-Allow-Origin': rule.allowedOrigins.includes('*') ? '*' : origin,
    'Access-Control-Allow-Methods': rule.allowedMethods.join(', '),
    ...(rule.exposeHeaders.length > 0 && {
      'Access-Control-Expose-Headers': rule.exposeHeaders.join(', '),
    }),
    ...(rule.maxAgeSeconds !== undefined && {
      'Access-Control-Max-Age': String(rule.maxAgeSeconds),
    }),
  }
}

/** Says so only where the bucket asks for it. Source: PutBucketCors (`ResponseVary`), OSS API reference. */
function varyFields({ responseVary }: CorsConfiguration): Fields {
  return responseVary ? { Vary: 'Origin' } : {}
}
