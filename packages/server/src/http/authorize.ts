/**
 * Whether who asks may have what is asked for: the rights of the key and the policy of its session, the
 * bucket's policy, whose bucket it is, and the ACLs, in this order.
 */

import { OssError } from '@lading/protocol'
import type { KeyPrincipal, Principal } from '../access/principal.ts'
import type { Bucket, Operation, WantedAccess } from '../api/operation.ts'
import { evaluate, type Policy, type Question } from '../policy/policy.ts'

/** What there is to know about what is asked for. */
export interface AccessLookups {
  /** Bare, such as `cn-hangzhou`. */
  readonly region: string
  readonly findPolicy: (bucket: string) => Promise<Policy | undefined>
  /** `undefined` when there is no such object, or it has no ACL of its own. */
  readonly findObjectAcl: (
    bucket: string,
    key: string,
    versionId: string | undefined,
  ) => Promise<string | undefined>
}

export interface Asked extends Pick<WantedAccess, 'access' | 'key' | 'versionId'> {
  /** All of them have to be allowed. */
  readonly actions: readonly string[]
  /** The bucket as it was found; `undefined` for the service, and for a bucket to be made. */
  readonly bucket: Pick<Bucket, 'name' | 'owner' | 'acl'> | undefined
  /** What a bucket is to be called that may have to be made. */
  readonly newBucket?: string | undefined
}

/** By what a policy may judge a request, besides who sends it. */
export type Facts = ReadonlyMap<string, string>

/**
 * @throws {OssError} `AccessDenied`.
 */
export async function authorize(
  asked: Asked,
  principal: Principal,
  facts: Facts,
  lookups: AccessLookups,
): Promise<void> {
  const { bucket, newBucket } = asked
  const questions = questionsOf(asked, principal, facts, lookups.region)
  if (principal.kind === 'key') requireWithinLimits(principal, questions)
  else if (!bucket || newBucket !== undefined) {
    throw denied('Anonymous access is forbidden for this operation.')
  }
  const isOwner = principal.kind === 'key' && (!bucket || bucket.owner === principal.owner)
  if (!bucket) return
  // That a bucket to be made is somebody else's is the operation's to tell: it is
  // BucketAlreadyExists, not AccessDenied.
  if (newBucket !== undefined && !isOwner) return

  const policy = await lookups.findPolicy(bucket.name)
  const verdicts = policy ? questions.map((question) => evaluate(policy, question)) : []
  if (verdicts.includes('deny') && !(isOwner && mayMendPolicy(asked, principal))) {
    throw denied('You have no right to access this object because of bucket policy.')
  }
  if (isOwner || (policy && verdicts.every((verdict) => verdict === 'allow'))) return
  if (!granted(asked.access, await decidingAcl(asked, bucket, lookups), principal)) {
    throw denied('You have no right to access this object because of bucket acl.')
  }
}

/** Whether the limits of who asks leave the bucket in sight. */
export function maySeeBucket(
  { limits, names, owner }: KeyPrincipal,
  bucket: string,
  facts: Facts,
  region: string,
): boolean {
  const question: Question = {
    names,
    action: 'oss:GetBucketInfo',
    resource: { bucket, owner, region },
    facts,
  }
  return limits.every((limit) => evaluate(limit, question) === 'allow')
}

function questionsOf(
  { actions, bucket, newBucket, key }: Asked,
  principal: Principal,
  facts: Facts,
  region: string,
): readonly Question[] {
  const isKey = principal.kind === 'key'
  const owner = bucket?.owner ?? (isKey ? principal.owner : undefined)
  const resource = { bucket: bucket?.name ?? newBucket, key, owner, region }
  const all = isKey ? new Map([...facts, ['acs:accessid', principal.accessKeyId]]) : facts
  const names = isKey ? principal.names : []
  return actions.map((action) => ({ names, action, resource, facts: all }))
}

function requireWithinLimits({ limits }: KeyPrincipal, questions: readonly Question[]): void {
  for (const limit of limits) {
    if (questions.every((question) => evaluate(limit, question) === 'allow')) continue
    throw denied('You have no right to access this object because of the rights of your key.')
  }
}

/** Else a policy that denies everything to everybody could never be taken back. */
function mayMendPolicy({ actions }: Asked, principal: Principal): boolean {
  const unlimited = principal.kind === 'key' && principal.limits.length === 0
  return unlimited && actions.every((action) => /^oss:(Get|Put|Delete)BucketPolicy$/.test(action))
}

/** An object's own goes before its bucket's. What only owners may do no ACL grants. */
async function decidingAcl(
  { access, key, versionId }: Asked,
  bucket: Pick<Bucket, 'name' | 'acl'>,
  { findObjectAcl }: AccessLookups,
): Promise<string> {
  if (key === undefined || access === 'owner') return bucket.acl
  return (await findObjectAcl(bucket.name, key, versionId)) ?? bucket.acl
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
