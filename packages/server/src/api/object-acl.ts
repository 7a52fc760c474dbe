/** The ACL that a request gives to an object. */

import { invalidArgument } from './parameters.ts'

/** What an object without an ACL of its own has: its bucket's. */
export const DEFAULT_ACL = 'default'

const acls = [DEFAULT_ACL, 'private', 'public-read', 'public-read-write']

/** @throws {OssError} `InvalidArgument`. */
export function requireObjectAcl(text: string): string {
  if (acls.includes(text)) return text
  throw invalidArgument('x-oss-object-acl', text, 'no such object access control exists')
}
