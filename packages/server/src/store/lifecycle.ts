/**
 * Ends what has grown too old, as the lifecycles of buckets and the operator say. Every step is
 * guarded by what was seen of the thing, so that several processes may do it at once, and what was
 * replaced meanwhile stays.
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { decodeLifecycleConfiguration, type LifecycleRule } from '@lading/protocol'
import type { Bucket, ObjectVersion, StoredObject, Upload } from '../ports/metadata-store.ts'
import type { StoreDependencies } from './dependencies.ts'
import {
  type Ageing,
  clearsMarkers,
  dueClass,
  isAbortDue,
  isExpirationDue,
  isNoncurrentExpirationDue,
} from './lifecycle-due.ts'

export interface LifecycleOptions {
  /** Milliseconds after which an upload is aborted whatever its bucket says; `undefined`: never. */
  readonly abortUploadsAfterMs: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface LifecycleReport {
  readonly abortedUploads: number
  /** Objects deleted, or marked as deleted where versions are kept. */
  readonly expiredObjects: number
  /** Older versions, and delete markers, deleted for good. */
  readonly expiredVersions: number
  /** Objects moved to a colder class. */
  readonly transitions: number
}

/** Rows that are looked at in one turn; requests are served between two. */
const SLICE = 500

type Progress = { -readonly [Name in keyof LifecycleReport]: LifecycleReport[Name] }

interface Run extends StoreDependencies {
  readonly options: LifecycleOptions
  readonly at: Date
  readonly progress: Progress
}

/**
 * A bucket that fails holds no other up.
 *
 * @throws `options.signal.reason`, between two steps; at the end, what the first bucket failed with.
 */
export async function runLifecycle(
  dependencies: StoreDependencies,
  options: LifecycleOptions,
): Promise<LifecycleReport> {
  const progress: Progress = {
    abortedUploads: 0,
    expiredObjects: 0,
    expiredVersions: 0,
    transitions: 0,
  }
  const { now, patientNow = now } = dependencies
  const run: Run = { ...dependencies, options, at: patientNow(), progress }
  const failures: unknown[] = []
  for await (const bucket of allBuckets(run)) {
    try {
      await ageBucket(run, bucket)
    } catch (error) {
      options.signal?.throwIfAborted()
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
  return progress
}

async function ageBucket(run: Run, bucket: Bucket): Promise<void> {
  const xml = await run.metadata.findBucketSetting(bucket.name, 'lifecycle')
  const rules = xml === undefined ? [] : decodeLifecycleConfiguration(xml).rules
  const enabled = rules.filter((rule) => rule.enabled)
  await abortUploads(run, bucket, enabled)
  await ageObjects(run, bucket, enabled)
}

async function* allBuckets({ metadata }: Run): AsyncIterable<Bucket> {
  let after: string | undefined
  for (;;) {
    const query = { owner: undefined, prefix: '', after, limit: SLICE }
    const { rows, truncated } = await metadata.listBuckets(query)
    yield* rows
    after = rows.at(-1)?.name
    if (!truncated) return
  }
}

async function abortUploads(
  run: Run,
  bucket: Bucket,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const { metadata, options, at, progress } = run
  const own = rules.filter((rule) => rule.abortMultipartUpload)
  const { abortUploadsAfterMs } = options
  if (own.length === 0 && abortUploadsAfterMs === undefined) return
  const prefix = abortUploadsAfterMs === undefined ? commonPrefix(own) : ''
  let last: Upload | undefined
  for (;;) {
    await nextTurn()
    options.signal?.throwIfAborted()
    const { rows, truncated } = await metadata.listUploads(bucket.name, {
      prefix,
      delimiter: '',
      after: last?.key,
      afterUploadId: last?.uploadId,
      limit: SLICE,
    })
    for (const entry of rows) {
      if (entry.kind !== 'row') continue
      last = entry.row
      const age = at.getTime() - last.initiatedAt.getTime()
      const tooOld = abortUploadsAfterMs !== undefined && age >= abortUploadsAfterMs
      if (!tooOld && !isAbortDue(own, ageOfUpload(last), at)) continue
      if (await metadata.abortUpload(last)) progress.abortedUploads += 1
    }
    if (!truncated) return
  }
}

function ageOfUpload({ key, initiatedAt, attributes }: Upload): Ageing {
  return { key, since: initiatedAt, tags: attributes.tags ?? {}, size: undefined }
}

async function ageObjects(
  run: Run,
  bucket: Bucket,
  rules: readonly LifecycleRule[],
): Promise<void> {
  const { metadata, options } = run
  const own = rules.filter(agesObjects)
  if (own.length === 0) return
  const prefix = commonPrefix(own)
  let last: ObjectVersion | undefined
  for (;;) {
    await nextTurn()
    options.signal?.throwIfAborted()
    const { rows, truncated } = await metadata.listVersions(bucket.name, {
      prefix,
      delimiter: '',
      after: last?.key,
      afterVersionId: last && versionIdOf(last),
      limit: SLICE,
    })
    for (const entry of rows) {
      if (entry.kind !== 'row') continue
      const version = entry.row
      const newer = last?.key === version.key ? last : undefined
      await ageVersion(run, bucket, own, version, newer)
      last = version
    }
    if (!truncated) return
  }
}

function agesObjects(rule: LifecycleRule): boolean {
  return (
    rule.expiration !== undefined ||
    rule.transitions.length > 0 ||
    rule.noncurrentVersionExpirationDays !== undefined ||
    rule.noncurrentVersionTransitions.length > 0
  )
}

/** `newer` is the version that came after this one; the newest has none. */
async function ageVersion(
  run: Run,
  bucket: Bucket,
  rules: readonly LifecycleRule[],
  version: ObjectVersion,
  newer: ObjectVersion | undefined,
): Promise<void> {
  if (!version.latest) {
    // Its successor was deleted while the page was read: it is the newest now, or soon looked at again.
    if (newer) await ageNoncurrent(run, bucket, rules, version, modifiedAtOf(newer))
    return
  }
  if (version.kind === 'marker') {
    if (clearsMarkers(rules, version.key)) await clearMarker(run, bucket, version)
    return
  }
  const { object } = version
  const ageing = { ...ageOf(object), since: object.modifiedAt }
  if (isExpirationDue(rules, ageing, run.at)) {
    const deleted = await unlessChanged((check) =>
      run.metadata.deleteObject(bucket.name, object.key, (current) => check(object, current)),
    )
    if (deleted && deleted.kind !== 'missing') run.progress.expiredObjects += 1
    return
  }
  await move(run, rules, object, { ...ageing, latest: true })
}

async function ageNoncurrent(
  run: Run,
  bucket: Bucket,
  rules: readonly LifecycleRule[],
  version: ObjectVersion,
  since: Date,
): Promise<void> {
  const object = version.kind === 'object' ? version.object : undefined
  const ageing = object
    ? { ...ageOf(object), since }
    : { key: version.key, since, tags: {}, size: undefined }
  if (isNoncurrentExpirationDue(rules, ageing, run.at)) {
    await endVersion(run, bucket, version)
    return
  }
  if (object) await move(run, rules, object, { ...ageing, latest: false })
}

/** A marker that is all there is of its key says nothing that its absence does not say. */
async function clearMarker(run: Run, bucket: Bucket, version: ObjectVersion): Promise<void> {
  const { key } = version
  const { rows } = await run.metadata.listVersions(bucket.name, {
    prefix: key,
    delimiter: '',
    after: key,
    afterVersionId: versionIdOf(version),
    limit: 1,
  })
  if (rows.some((entry) => entry.kind === 'row' && entry.row.key === key)) return
  await endVersion(run, bucket, version)
}

/**
 * Deletes the version for good if it is still what was seen, in the place where it was seen: another
 * may have its id by now where that is `null`, and one whose marker was taken away is the newest again.
 */
async function endVersion(run: Run, bucket: Bucket, seen: ObjectVersion): Promise<void> {
  const { metadata, progress } = run
  const deleted = await unlessChanged((check) =>
    metadata.deleteVersion(bucket.name, seen.key, versionIdOf(seen), (current) => {
      if (current?.kind !== seen.kind || current.latest !== seen.latest) throw new Changed()
      if (seen.kind === 'object' && current.kind === 'object') check(seen.object, current.object)
    }),
  )
  if (deleted && deleted !== 'missing') progress.expiredVersions += 1
}

async function move(
  { metadata, at, progress }: Run,
  rules: readonly LifecycleRule[],
  object: StoredObject,
  ageing: Ageing & { readonly latest: boolean },
): Promise<void> {
  const { storageClass } = object.attributes
  // A link has no bytes of its own to be kept anywhere.
  const target =
    object.type === 'Symlink' ? undefined : dueClass(rules, { ...ageing, storageClass }, at)
  if (target === undefined) return
  const moved = await unlessChanged((check) =>
    metadata.updateObject(object, (current) => {
      check(object, current)
      return { ...current, attributes: { ...current.attributes, storageClass: target } }
    }),
  )
  if (moved) progress.transitions += 1
}

class Changed extends Error {
  constructor() {
    super('What was seen has changed.')
  }
}

type Check = (seen: StoredObject, current: StoredObject | undefined) => void

/** `undefined` when what was seen is not there any more; the rules look at what is there next time. */
async function unlessChanged<Result>(
  work: (check: Check) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work((seen, current) => {
      const same =
        current?.versionId === seen.versionId &&
        current.etag === seen.etag &&
        current.modifiedAt.getTime() === seen.modifiedAt.getTime()
      if (!same) throw new Changed()
    })
  } catch (error) {
    if (error instanceof Changed) return undefined
    throw error
  }
}

function ageOf({ key, size, attributes }: StoredObject): Omit<Ageing, 'since'> {
  return { key, size, tags: attributes.tags ?? {} }
}

function versionIdOf(version: ObjectVersion): string {
  return version.kind === 'object' ? version.object.versionId : version.marker.versionId
}

function modifiedAtOf(version: ObjectVersion): Date {
  return version.kind === 'object' ? version.object.modifiedAt : version.marker.modifiedAt
}

/** What the prefixes of all of the rules begin with. */
function commonPrefix(rules: readonly LifecycleRule[]): string {
  const [first = '', ...others] = rules.map(({ prefix }) => prefix)
  let length = first.length
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length -= 1
  }
  // Half of a surrogate pair begins no key.
  return first.slice(0, length).replace(/[\uD800-\uDBFF]$/, '')
}
