/** The ACL that a request gives to a bucket. */

import type { RequestHeaders } from './operation.ts'
import { invalidArgument } from './parameters.ts'

const acls = ['private', 'public-read', 'public-read-write', 'authenticated-read']

/** @throws {OssError} `InvalidArgument`. */
export function requestedAcl(headers: RequestHeaders): string | undefined {
  const acl = headers.get('x-oss-acl')
  if (acl === undefined || acls.includes(acl)) return acl
  throw invalidArgument('x-oss-acl', acl, 'no such bucket access control exists')
}
