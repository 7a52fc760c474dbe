/** What the rules of a lifecycle want done with one thing at one moment. Pure. */

import type { LifecycleExpiration, LifecycleRule, LifecycleTime } from '@lading/protocol'

const DAY = 24 * 60 * 60 * 1000

/** From the warmest to the coldest; nothing is ever moved to a warmer one. */
const classes = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive']

/** What of an object or an upload rules look at. */
export interface Ageing {
  readonly key: string
  /** When it was made or, of an older version, when it stopped being the newest. */
  readonly since: Date
  readonly tags: Readonly<Record<string, string>>
  /** Bytes; `undefined` for an upload, which has no size yet. */
  readonly size: number | undefined
}

export function isAbortDue(rules: readonly LifecycleRule[], upload: Ageing, now: Date): boolean {
  return rules.some(
    (rule) =>
      rule.abortMultipartUpload !== undefined &&
      fits(rule, upload) &&
      isDue(rule.abortMultipartUpload, upload.since, now),
  )
}

export function isExpirationDue(
  rules: readonly LifecycleRule[],
  object: Ageing,
  now: Date,
): boolean {
  return rules.some(
    (rule) =>
      rule.expiration !== undefined &&
      fits(rule, object) &&
      isExpired(rule.expiration, object.since, now),
  )
}

/** Of a version that is not the newest any more. */
export function isNoncurrentExpirationDue(
  rules: readonly LifecycleRule[],
  version: Ageing,
  now: Date,
): boolean {
  return rules.some(
    (rule) =>
      rule.noncurrentVersionExpirationDays !== undefined &&
      fits(rule, version) &&
      isDue({ days: rule.noncurrentVersionExpirationDays }, version.since, now),
  )
}

/** Whether delete markers of the key are cleared away once they hide nothing. */
export function clearsMarkers(rules: readonly LifecycleRule[], key: string): boolean {
  return rules.some(
    ({ prefix, tags, expiration }) =>
      expiration?.expiredObjectDeleteMarker === true && tags.length === 0 && key.startsWith(prefix),
  )
}

/** The coldest class that a rule wants the object in by now, if it is colder than the one it has. */
export function dueClass(
  rules: readonly LifecycleRule[],
  object: Ageing & { readonly storageClass: string; readonly latest: boolean },
  now: Date,
): string | undefined {
  let coldest = object.storageClass
  for (const rule of rules) {
    if (!fits(rule, object)) continue
    const moves: readonly (LifecycleTime & { readonly storageClass: string })[] = object.latest
      ? rule.transitions
      : rule.noncurrentVersionTransitions.map(({ noncurrentDays, storageClass }) => ({
          days: noncurrentDays,
          storageClass,
        }))
    for (const move of moves) {
      if (!isDue(move, object.since, now)) continue
      if (classes.indexOf(move.storageClass) > classes.indexOf(coldest)) coldest = move.storageClass
    }
  }
  return coldest === object.storageClass ? undefined : coldest
}

function fits({ prefix, tags, filter }: LifecycleRule, { key, tags: own, size }: Ageing): boolean {
  if (!key.startsWith(prefix)) return false
  if (!tags.every((tag) => own[tag.key] === tag.value)) return false
  if (!filter) return true
  const { not, objectSizeGreaterThan, objectSizeLessThan } = filter
  const excluded = not.some(
    (one) => key.startsWith(one.prefix) && (!one.tag || own[one.tag.key] === one.tag.value),
  )
  if (excluded) return false
  if (size === undefined) return true
  return (
    (objectSizeGreaterThan === undefined || size > objectSizeGreaterThan) &&
    (objectSizeLessThan === undefined || size < objectSizeLessThan)
  )
}

function isExpired(expiration: LifecycleExpiration, since: Date, now: Date): boolean {
  if (expiration.expiredObjectDeleteMarker !== undefined) return false
  if (expiration.date) return now >= expiration.date
  return isDue(expiration, since, now)
}

/**
 * Days are whole ones: what they lead to is due at the midnight of UTC that follows.
 * Source: "Lifecycle rules", OSS user guide.
 */
function isDue({ days, createdBeforeDate }: LifecycleTime, since: Date, now: Date): boolean {
  if (createdBeforeDate) return since < createdBeforeDate
  return now.getTime() >= Math.ceil((since.getTime() + days * DAY) / DAY) * DAY
}
