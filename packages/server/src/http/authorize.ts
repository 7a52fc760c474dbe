/** Whether who asks may have what is asked for. */

import { OssError } from '@lading/protocol'
import type { Operation, Principal } from '../api/operation.ts'

/** What decides about a bucket. */
export interface BucketAccess {
  readonly owner: string
  /** `private`, `public-read`, `public-read-write` or `authenticated-read`. */
  readonly acl: string
}

/**
 * @throws {OssError} `AccessDenied`.
 */
export function authorize(
  operation: Pick<Operation, 'access' | 'createsBucket'>,
  principal: Principal,
  bucket: BucketAccess | undefined,
): void {
  if (principal.kind === 'key') {
    // Without a bucket it is the service, or a bucket to be made. That a bucket to be made is somebody
    // else's is the operation's to tell: it is BucketAlreadyExists, not AccessDenied.
    if (!bucket || operation.createsBucket || bucket.owner === principal.owner) return
  } else if (!bucket || operation.createsBucket) {
    throw denied('Anonymous access is forbidden for this operation.')
  }
  if (!granted(operation.access, bucket.acl, principal)) {
    throw denied('You have no right to access this object because of bucket acl.')
  }
}

function granted(access: Operation['access'], acl: string, principal: Principal): boolean {
  switch (access) {
    case 'read':
      if (acl === 'authenticated-read') return principal.kind === 'key'
      return acl === 'public-read' || acl === 'public-read-write'
    case 'write':
      return acl === 'public-read-write'
    case 'owner':
      return false
  }
}

function denied(message: string): OssError {
  return new OssError('AccessDenied', { message, ec: '0003-00000001' })
}
