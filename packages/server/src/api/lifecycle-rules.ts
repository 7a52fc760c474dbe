/**
 * Whether the rules of a lifecycle go together. Source: PutBucketLifecycle, OSS API reference, and
 * the live suites of the Python, Java and Go SDKs.
 */

import {
  isTagText,
  keyByteLength,
  type LifecycleRule,
  type LifecycleTransition,
  malformedXml,
  OssError,
} from '@lading/protocol'
import { invalidArgument } from './parameters.ts'

/** From the warmest, which nothing can be moved to, to the coldest. */
const classes = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']

/** Characters of an id, and bytes of a prefix. */
const MAX_ID = 255
const MAX_PREFIX = 1023

/** @throws {OssError} `InvalidArgument`, `InvalidRequest`, `MalformedXML`. */
export function requireLifecycle(
  rules: readonly LifecycleRule[],
  options: { readonly allowOverlap: boolean },
): void {
  const ids = new Set<string>()
  for (const rule of rules) {
    requireRule(rule)
    if (rule.id === undefined) continue
    if (ids.has(rule.id)) throw invalidArgument('ID', rule.id, 'The ID of a rule must be unique.')
    ids.add(rule.id)
  }
  if (!options.allowOverlap) requireNoOverlap(rules.filter(({ enabled }) => enabled))
}

function requireRule(rule: LifecycleRule): void {
  const { id, prefix, tags, filter } = rule
  if (id !== undefined && id.length > MAX_ID) throw invalidArgument('ID', id)
  for (const { prefix: excluded } of filter?.not ?? []) {
    // What is left out must be part of what is meant.
    if (!excluded.startsWith(prefix)) throw invalidArgument('Prefix', excluded)
  }
  if (keyByteLength(prefix) > MAX_PREFIX) throw invalidArgument('Prefix', prefix)
  const allTags = [...tags, ...(filter?.not ?? []).flatMap(({ tag }) => tag ?? [])]
  for (const { key, value } of allTags) {
    if (key === '' || !isTagText(key)) throw invalidArgument('Key', key)
    if (!isTagText(value)) throw invalidArgument('Value', value)
  }
  const { objectSizeGreaterThan = -1, objectSizeLessThan = Number.POSITIVE_INFINITY } = filter ?? {}
  if (objectSizeLessThan <= objectSizeGreaterThan) {
    throw invalidArgument('ObjectSizeLessThan', String(objectSizeLessThan))
  }
  requireOneKindOfTime(rule)
  requireTransitions(rule)
  requireNoncurrentTransitions(rule)
}

/** @throws {OssError} `InvalidRequest` for a rule that counts days here and names a date there. */
function requireOneKindOfTime({
  expiration,
  abortMultipartUpload,
  transitions,
}: LifecycleRule): void {
  const actions = [expiration, abortMultipartUpload, ...transitions]
  const dated = actions.some((action) => action?.createdBeforeDate !== undefined)
  const counted = actions.some((action) => action?.days !== undefined)
  if (!dated || !counted) return
  throw new OssError('InvalidRequest', {
    message: 'Days and CreatedBeforeDate cannot be in one rule.',
    ec: '0014-00000080',
  })
}

function requireTransitions({ expiration, transitions }: LifecycleRule): void {
  const seen: LifecycleTransition[] = []
  for (const transition of transitions) {
    const { storageClass, days } = transition
    requireTarget(storageClass, transition.isAccessTime)
    if (days !== undefined && expiration?.days !== undefined && days >= expiration.days) {
      throw invalidArgument('Days', String(days))
    }
    for (const other of seen) {
      if (other.storageClass === storageClass) throw invalidArgument('StorageClass', storageClass)
      requireColderLater(
        { storageClass, days: days ?? 0 },
        { storageClass: other.storageClass, days: other.days ?? 0 },
      )
    }
    seen.push(transition)
  }
}

function requireNoncurrentTransitions(rule: LifecycleRule): void {
  const { noncurrentVersionExpirationDays: expiration } = rule
  const seen: { storageClass: string; days: number }[] = []
  for (const transition of rule.noncurrentVersionTransitions) {
    const { storageClass, noncurrentDays: days } = transition
    requireTarget(storageClass, transition.isAccessTime)
    if (expiration !== undefined && days > expiration) {
      throw invalidArgument('NoncurrentDays', String(days))
    }
    for (const other of seen) {
      if (other.storageClass === storageClass) throw invalidArgument('StorageClass', storageClass)
      requireColderLater({ storageClass, days }, other)
    }
    seen.push({ storageClass, days })
  }
}

function requireTarget(storageClass: string, isAccessTime: boolean | undefined): void {
  // The time of the last read is not kept here, as in a bucket whose access monitor is off.
  if (isAccessTime) throw malformedXml('IsAccessTime needs an access monitor that is enabled.')
  if (classes.indexOf(storageClass) < 1) throw invalidArgument('StorageClass', storageClass)
}

interface Move {
  readonly storageClass: string
  readonly days: number
}

function requireColderLater(one: Move, other: Move): void {
  const colder = classes.indexOf(one.storageClass) > classes.indexOf(other.storageClass)
  const [warm, cold] = colder ? [other, one] : [one, other]
  if (cold.days < warm.days) throw invalidArgument('Days', String(cold.days))
}

interface ComparedRule {
  readonly prefix: string
  readonly tags: ReadonlySet<string>
  readonly actions: readonly string[]
}

/** @throws {OssError} `InvalidArgument` when all that one rule means, another one means too. */
function requireNoOverlap(rules: readonly LifecycleRule[]): void {
  const compared = rules.map(
    (rule): ComparedRule => ({
      prefix: rule.prefix,
      tags: new Set(rule.tags.map(({ key, value }) => `${key}\0${value}`)),
      actions: actionsOf(rule),
    }),
  )
  compared.forEach((rule, index) => {
    for (const other of compared.slice(index + 1)) {
      if (!overlap(rule, other)) continue
      const shared = rule.actions.find((action) => other.actions.includes(action))
      if (shared === undefined) continue
      throw new OssError('InvalidArgument', {
        message: `Overlap for same action type ${shared}`,
        details: { ArgumentName: 'Prefix', ArgumentValue: other.prefix.slice(0, 200) },
      })
    }
  })
}

function actionsOf(rule: LifecycleRule): readonly string[] {
  const { noncurrentVersionExpirationDays } = rule
  return [
    ...(rule.expiration ? ['Expiration'] : []),
    ...(rule.abortMultipartUpload ? ['AbortMultipartUpload'] : []),
    ...rule.transitions.map(({ storageClass }) => `Transition ${storageClass}`),
    ...(noncurrentVersionExpirationDays === undefined ? [] : ['NoncurrentVersionExpiration']),
    ...rule.noncurrentVersionTransitions.map(
      ({ storageClass }) => `NoncurrentVersionTransition ${storageClass}`,
    ),
  ]
}

function overlap(one: ComparedRule, other: ComparedRule): boolean {
  const nested = one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)
  return nested && (holds(one.tags, other.tags) || holds(other.tags, one.tags))
}

function holds(all: ReadonlySet<string>, some: ReadonlySet<string>): boolean {
  for (const tag of some) if (!all.has(tag)) return false
  return true
}
