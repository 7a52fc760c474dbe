/** What a request needs leave for, and by what a policy may judge it. */

import type { Query } from '@lading/protocol'
import type { Operation, RequestHeaders } from '../api/operation.ts'
import type { Facts } from './authorize.ts'

const wholeObjects = ['AppendObject', 'CopyObject', 'PutObject', 'PutSymlink']

/** Operations that take the ACL of an object out of their headers: in parts, at either end. */
const takeAcl = new Set([...wholeObjects, 'CompleteMultipartUpload', 'InitiateMultipartUpload'])

/** Operations that take its tags: in parts, at the beginning. */
const takeTags = new Set([...wholeObjects, 'InitiateMultipartUpload'])

/** Actions on objects that are another one besides where a version is named. */
const ofVersions: Readonly<Record<string, string>> = {
  'oss:GetObject': 'oss:GetObjectVersion',
  'oss:DeleteObject': 'oss:DeleteObjectVersion',
  'oss:GetObjectAcl': 'oss:GetObjectVersionAcl',
  'oss:PutObjectAcl': 'oss:PutObjectVersionAcl',
  'oss:GetObjectTagging': 'oss:GetObjectVersionTagging',
  'oss:PutObjectTagging': 'oss:PutObjectVersionTagging',
  'oss:DeleteObjectTagging': 'oss:DeleteObjectVersionTagging',
  'oss:RestoreObject': 'oss:RestoreObjectVersion',
}

/**
 * The operation's own action and those that its query and headers add: whoever may only write does not
 * publish what it writes. Source: the permissions named with each operation, OSS API reference.
 */
export function requiredActions(
  operation: Pick<Operation, 'name' | 'action' | 'resource' | 'createsBucket'>,
  query: Query,
  headers: RequestHeaders,
  /** Whether there is no bucket yet, so that an operation that makes one would. */
  { makesBucket }: { readonly makesBucket: boolean },
): readonly string[] {
  const { name, action, resource, createsBucket } = operation
  const actions = [action]
  if (createsBucket && makesBucket && action !== 'oss:PutBucket') actions.push('oss:PutBucket')
  const ofVersion = ofVersions[action]
  if (resource === 'object' && ofVersion && query.has('versionId')) actions.push(ofVersion)
  const acl = headers.get('x-oss-object-acl') ?? 'default'
  if (takeAcl.has(name) && acl !== 'default') actions.push('oss:PutObjectAcl')
  const tags = headers.get('x-oss-tagging')
  if (takeTags.has(name) && tags !== undefined) actions.push('oss:PutObjectTagging')
  if (name === 'PutBucket' && headers.get('x-oss-acl') !== undefined) {
    actions.push('oss:PutBucketAcl')
  }
  if (name === 'PutBucket' && headers.get('x-oss-server-side-encryption') !== undefined) {
    actions.push('oss:PutBucketEncryption')
  }
  return actions
}

export interface Judged {
  /** The peer's address; never what a header says that it is. */
  readonly remote: string | undefined
  readonly scheme: 'http' | 'https'
  readonly time: Date
  readonly query: Query
  readonly headers: RequestHeaders
  /** What the request asks for. */
  readonly action: string
}

const headerFacts = [
  'x-oss-acl',
  'x-oss-object-acl',
  'x-oss-storage-class',
  'x-oss-server-side-encryption',
]

/** The facts of a request by the names that conditions have for them. */
export function factsOf({ remote, scheme, time, query, headers, action }: Judged): Facts {
  const facts = new Map([
    ['acs:securetransport', String(scheme === 'https')],
    ['acs:currenttime', time.toISOString()],
  ])
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined) facts.set(name, value)
  }
  // One that came over IPv4 is known by that, and a link-local one without its link.
  add('acs:sourceip', remote?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, ''))
  add('acs:useragent', headers.get('user-agent'))
  for (const name of headerFacts) add(`oss:${name}`, headers.get(name))
  if (action.startsWith('oss:List')) {
    // Whoever names no prefix asks for all there is.
    add('oss:prefix', query.text('prefix') ?? '')
    add('oss:delimiter', query.text('delimiter'))
    add('oss:maxkeys', query.text('max-keys'))
  }
  return facts
}
