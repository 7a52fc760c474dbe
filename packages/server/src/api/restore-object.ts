/**
 * `POST /KEY?restore`: makes the bytes of an archived object readable for some days, after a while.
 * Source: RestoreObject, OSS API reference; the order of the checks is that of the suites of ali-oss
 * and the Python SDK.
 */

import {
  decodeRestoreRequest,
  MAX_CONFIG_BODY,
  malformedXml,
  type RestoreRequest,
} from '@lading/protocol'
import { type RestoreTimes, restoring } from '../store/restore.ts'
import type { StoredObject } from '../store/store.ts'
import { requireDigest } from './expected-sums.ts'
import { versionHeaders } from './object-attributes.ts'
import type { Operation } from './operation.ts'
import { invalidArgument, objectOf, versionIdOf } from './parameters.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** What restores of one storage class may ask for, and how long each takes. Milliseconds. */
interface ArchiveClass {
  readonly maxDays: number
  /** By tier; a class without a choice has one that nobody names. */
  readonly tiers: Readonly<Record<string, number>>
}

/** The longest that the reference gives for each tier. */
const archiveClasses: Readonly<Record<string, ArchiveClass>> = {
  Archive: { maxDays: 7, tiers: { Standard: MINUTE } },
  ColdArchive: {
    maxDays: 365,
    tiers: { Expedited: HOUR, Standard: 5 * HOUR, Bulk: 12 * HOUR },
  },
  DeepColdArchive: { maxDays: 365, tiers: { Expedited: 12 * HOUR, Standard: 48 * HOUR } },
}

export const restoreObject: Operation = {
  name: 'RestoreObject',
  method: 'POST',
  resource: 'object',
  query: ['restore'],
  action: 'oss:RestoreObject',
  access: 'write',
  takesSpace: true,
  body: { kind: 'text', limit: MAX_CONFIG_BODY },

  async handle(request, { store, restoreMs }) {
    const xml = await request.body.text()
    requireDigest(request.headers, xml)
    const asked = decodeRestoreRequest(xml)
    const ref = { ...objectOf(request), versionId: versionIdOf(request) }
    let before: StoredObject | undefined
    const object = await store.updateObject(ref, (current) => {
      before = current
      const { takesMs, lastsMs } = timesOf(current, asked)
      return restoring(current, { takesMs: restoreMs ?? takesMs, lastsMs }, request.time)
    })
    const begun = before?.restore?.readyAt.getTime() !== object.restore?.readyAt.getTime()
    const chooses = object.attributes.storageClass !== 'Archive'
    return {
      status: begun ? 202 : 200,
      headers: {
        ...versionHeaders(request, object),
        ...(chooses && { 'x-oss-object-restore-priority': asked.tier ?? 'Standard' }),
      },
    }
  },
}

/** @throws {OssError} `MalformedXML`, `InvalidArgument` for what the class does not allow. */
function timesOf({ attributes }: StoredObject, { days, tier }: RestoreRequest): RestoreTimes {
  const { storageClass } = attributes
  const archive = archiveClasses[storageClass]
  // What is in no archive is refused as such.
  if (!archive) return { takesMs: 0, lastsMs: 0 }
  if (storageClass === 'Archive' && tier !== undefined) {
    throw malformedXml('An object of class Archive has no JobParameters.')
  }
  if (days !== undefined && days > archive.maxDays) {
    throw invalidArgument(
      'Days',
      String(days),
      `The Days of class ${storageClass} are from 1 to ${archive.maxDays}.`,
    )
  }
  const takesMs = archive.tiers[tier ?? 'Standard']
  if (takesMs === undefined || !Object.hasOwn(archive.tiers, tier ?? 'Standard')) {
    throw invalidArgument('Tier', tier ?? '')
  }
  return { takesMs, lastsMs: (days || 1) * DAY }
}
