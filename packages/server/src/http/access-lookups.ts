/** What decides who may do what, as it is stored. */

import { OssError, requireObjectKey } from '@lading/protocol'
import type { OperationContext } from '../api/operation.ts'
import { parsePolicy } from '../policy/parse-policy.ts'
import type { Policy } from '../policy/policy.ts'
import type { AccessLookups } from './authorize.ts'

/** Policies that are remembered as they were understood; then all are forgotten and read anew. */
const REMEMBERED = 256

export function accessLookups({
  store,
  profile,
}: Pick<OperationContext, 'store' | 'profile'>): AccessLookups {
  const read = new Map<string, Policy>()
  const understand = (text: string): Policy => {
    const known = read.get(text)
    if (known) return known
    if (read.size >= REMEMBERED) read.clear()
    const policy = parsePolicy(text, 'bucket')
    read.set(text, policy)
    return policy
  }
  return {
    region: profile.region,

    async findPolicy(bucket) {
      const text = await store.findBucketSetting(bucket, 'policy')
      return text === undefined ? undefined : understand(text)
    },

    async findObjectAcl(bucket, key, versionId) {
      // No version has such an id, and what is not there has no ACL.
      if (versionId !== undefined && !/^(null|[0-9A-F]{32})$/.test(versionId)) return undefined
      try {
        requireObjectKey(key)
        const { acl } = (await store.getObject(bucket, key, versionId)).attributes
        return acl === 'default' ? undefined : acl
      } catch (error) {
        if (error instanceof OssError && error.status < 500) return undefined
        throw error
      }
    },
  }
}
