/** Where the security token of a temporary key (STS) may stand, which depends on where it signs. */

import { OssError } from '../errors.ts'
import type { Query } from '../query.ts'

interface TokenBearer {
  readonly query: Query
  readonly headers: ReadonlyMap<string, string>
}

/**
 * The Python SDK v2 names the header `security-token` under V1. A token in the query counts as well:
 * whoever shows one must not pass for the holder of a lasting key.
 *
 * @throws {OssError} `InvalidArgument` when it is in both.
 */
export function tokenBesideHeader({ query, headers }: TokenBearer): string | undefined {
  const inHeader = headers.get('x-oss-security-token') || headers.get('security-token')
  const inQuery = query.text('x-oss-security-token') ?? query.text('security-token')
  if (inHeader && inQuery) throw tokenTwice()
  return inHeader || inQuery
}

/**
 * The token of a presigned URL, which `name` holds.
 *
 * @throws {OssError} `InvalidRequest` when it is in a header, `InvalidArgument` when it is in both.
 */
export function tokenInQuery({ query, headers }: TokenBearer, name: string): string | undefined {
  const inQuery = query.text(name)
  if (!headers.get('x-oss-security-token')) return inQuery
  if (inQuery) throw tokenTwice()
  throw new OssError('InvalidRequest', {
    message: 'Security-token must be provided by query string parameter.',
  })
}

function tokenTwice(): OssError {
  return new OssError('InvalidArgument', {
    message: 'The security token is given either in a header or in the query, not in both.',
  })
}
